"""Messages that a person must look at: kept with their reason, shown, and replayed when the cause is mended.

Invariant: a message leaves the stream's pending list only after it stands here.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence.database import Database

LIST_MAX = 1000
_COLUMNS = "id, consumer, stream, stream_seq, subject, headers, body, reason, deliveries, aggregate_id, parked_at, replayed_at"
_PARK = text(
    """
    INSERT INTO parked (id, consumer, stream, stream_seq, subject, headers, body, reason, deliveries, aggregate_id, parked_at)
    VALUES (:id, :consumer, :stream, :stream_seq, :subject, CAST(:headers AS jsonb), :body, :reason, :deliveries,
        :aggregate_id, :parked_at)
    ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, deliveries = excluded.deliveries,
        parked_at = excluded.parked_at, replayed_at = NULL
    """
)
# Replaying one event opens the way for the later ones of the same petition or office that were parked behind it.
_CHAIN = text(
    f"""
    SELECT {_COLUMNS} FROM parked
    WHERE replayed_at IS NULL AND (id = :id OR (aggregate_id = :aggregate_id AND stream = :stream AND stream_seq > :stream_seq))
    ORDER BY stream_seq LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """One parked message. Headers and body are as they were received."""

    id: UUID
    consumer: str
    stream: str
    stream_seq: int
    subject: str
    headers: Mapping[str, str]
    body: bytes
    reason: str
    deliveries: int
    aggregate_id: UUID | None
    parked_at: datetime
    replayed_at: datetime | None = None

    @staticmethod
    def id_for(consumer: str, stream: str, stream_seq: int) -> UUID:
        """Return the id: the same message parked twice is one row."""
        return derived("parked", consumer, stream, stream_seq)


def aggregate_of(headers: Mapping[str, str]) -> UUID | None:
    """Return the aggregate that the headers name, None where they name none: an unreadable message may still be placed."""
    try:
        return UUID(headers["ce-subject"])
    except (KeyError, ValueError):
        return None


async def park(connection: AsyncConnection, message: ParkedMessage) -> None:
    """Keep `message`; a repeat updates its reason."""
    await connection.execute(
        _PARK,
        {
            "id": message.id,
            "consumer": message.consumer,
            "stream": message.stream,
            "stream_seq": message.stream_seq,
            "subject": message.subject,
            "headers": json.dumps(dict(message.headers)),
            "body": message.body,
            "reason": message.reason,
            "deliveries": message.deliveries,
            "aggregate_id": message.aggregate_id,
            "parked_at": message.parked_at,
        },
    )


async def count_waiting(connection: AsyncConnection) -> int:
    """Return how many messages wait for a person."""
    return int((await connection.execute(text("SELECT count(*) FROM parked WHERE replayed_at IS NULL"))).scalar_one())


Replay = Callable[[ParkedMessage], Awaitable[None]]


class ParkedMessages:
    """The parked messages of one service, as its operators see them. `replay` hands a message to the service's handler."""

    def __init__(self, database: Database, replay: Replay) -> None:
        self._database = database
        self._replay = replay

    async def list(self, limit: int, *, after: tuple[datetime | None, UUID] | None = None) -> Sequence[ParkedMessage]:
        """Return the waiting messages, oldest first, those after a place in that order."""
        behind = "" if after is None else "AND (parked_at, id) > (:at, :last)"
        query = f"SELECT {_COLUMNS} FROM parked WHERE replayed_at IS NULL {behind} ORDER BY parked_at, id LIMIT :limit"
        values: dict[str, object] = {"limit": min(limit, LIST_MAX)}
        if after is not None:
            values |= {"at": after[0], "last": after[1]}
        async with self._database.reading() as connection:
            return [_message(row) for row in await connection.execute(text(query), values)]

    async def get(self, message_id: UUID) -> ParkedMessage:
        """Return one parked message, replayed ones too. Raises Unknown."""
        query = text(f"SELECT {_COLUMNS} FROM parked WHERE id = :id")
        async with self._database.reading() as connection:
            row = (await connection.execute(query, {"id": message_id})).one_or_none()
        if row is None:
            raise Unknown("there is no such parked message", code="parked_not_found")
        return _message(row)

    async def replay(self, message_id: UUID, now: datetime) -> int:
        """Handle the message again, and the later ones of its aggregate after it; return how many went through.

        Raises Refused where it was replayed before, and whatever its handling raises: then it stays parked.
        """
        first = await self.get(message_id)
        if first.replayed_at is not None:
            raise Refused("this message was replayed before", code="parked_already_replayed")
        chain = {
            "id": first.id,
            "aggregate_id": first.aggregate_id,
            "stream": first.stream,
            "stream_seq": first.stream_seq,
            "limit": LIST_MAX,
        }
        async with self._database.reading() as connection:
            waiting = [_message(row) for row in await connection.execute(_CHAIN, chain)]
        for message in waiting:
            await self._replay(message)
            async with self._database.transaction() as transaction:
                done = text("UPDATE parked SET replayed_at = :now WHERE id = :id")
                await transaction.connection.execute(done, {"now": now, "id": message.id})
        return len(waiting)


def _message(row: Row[Any]) -> ParkedMessage:
    return ParkedMessage(
        id=row.id,
        consumer=row.consumer,
        stream=row.stream,
        stream_seq=row.stream_seq,
        subject=row.subject,
        headers=row.headers,
        body=bytes(row.body),
        reason=row.reason,
        deliveries=row.deliveries,
        aggregate_id=row.aggregate_id,
        parked_at=row.parked_at,
        replayed_at=row.replayed_at,
    )
