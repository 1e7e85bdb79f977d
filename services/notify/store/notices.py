"""Notices as they are written down, in the transaction that remembers what they tell of; sending them: store/attempts.py."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import Notice
from services.notify.store.tables import NOTICES
from shared.contracts import Cause
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is to be sent, with what it answers and how often it was tried.

    `is_uncertain`: an earlier attempt has no known end, so that the message may have arrived already. `tries` are the attempts by
    `channel`, the one that was tried last; `given_up` are channels that will not be tried again; `pinned` is the wording that the
    last attempt used; `round` counts how often it was taken up again after it was settled, `reason` says why it was.
    """

    id: UUID
    petition_id: UUID
    notice: Notice
    is_sealed: bool
    cause: Cause | None
    correlation_id: UUID
    traceparent: str | None
    due_at: datetime | None = None
    attempts: int = 0
    is_uncertain: bool = False
    is_urgent: bool = False
    channel: str | None = None
    tries: int = 0
    given_up: frozenset[str] = frozenset()
    pinned: str | None = None
    round: int = 0
    person: str | None = None
    reason: str | None = None


async def add(connection: AsyncConnection, waiting: Sequence[tuple[Waiting, datetime]], *, now: datetime) -> None:
    """Write notices, each to be sent from its instant on; one that is there already is left alone."""
    rows = [
        {
            "id": item.id,
            "petition_id": item.petition_id,
            "petitioner_id": item.notice.petitioner_id,
            "about": item.notice.about,
            "audience": item.notice.audience,
            "office": item.notice.office,
            "language": item.notice.language,
            "facts": json.dumps(dict(item.notice.facts), ensure_ascii=False),
            "due_at": item.due_at,
            "is_sealed": item.is_sealed,
            "cause_id": item.cause.event_id if item.cause else None,
            "cause_source": item.cause.source if item.cause else None,
            "cause_version": item.cause.version if item.cause else None,
            "is_urgent": item.is_urgent,
            "person": item.person,
            "correlation_id": item.correlation_id,
            "traceparent": item.traceparent,
            "created_at": now,
            "state": "waiting",
            "attempts": item.attempts,
            "next_try_at": from_at,
        }
        for item, from_at in waiting
    ]
    await bulk.insert(connection, NOTICES, rows, on_conflict="ON CONFLICT (id) DO NOTHING")


_TELL_DUE = text(
    """
    UPDATE notices n SET due_at = d.due_at, next_try_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:due AS timestamptz[])) AS d (id, due_at)
    WHERE n.id = d.id AND n.state = 'waiting' AND n.attempts = 0 AND n.due_at IS NULL
        AND n.next_try_at = n.created_at + CAST(:held AS interval)
    """
)


async def tell_due(connection: AsyncConnection, due: Mapping[UUID, datetime], *, held: timedelta, now: datetime) -> None:
    """Write the due moment into notices that are `held` for it, and let them go."""
    if due:
        values = {"ids": list(due), "due": list(due.values()), "held": held, "now": now}
        await connection.execute(_TELL_DUE, values)
