"""A service that notes what it heard, and senders, careful and careless, for trying the bus."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from nats.js import JetStreamContext
from sqlalchemy import text

from shared.contracts import Cause, EventBody, NewEvent
from shared.contracts.notify import NoticeFailedV1
from shared.contracts.routing import PetitionClosedV1
from shared.messaging import BusSettings, Incoming, Participant
from shared.messaging.topology import STREAMS, Durable
from shared.persistence import ledger
from shared.persistence.database import Database, Transaction

AT = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
LISTENER = Durable(name="listener", hears=("notify", "routing"))


class FixedClock:
    def now(self) -> datetime:
        return AT


Ledgers = Callable[[str], Awaitable[Database]]
WAIT_SECONDS = 30.0


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - the condition is in other processes
            await asyncio.sleep(0.02)


class Listener:
    """A service that notes what it heard; `obey` may raise."""

    def __init__(self, database: Database, bus: BusSettings) -> None:
        self.database = database
        self.batches: list[int] = []
        self.obey: Callable[[Incoming], None] = lambda _item: None
        self.participant = Participant(
            database=database,
            bus=bus,
            durable=LISTENER,
            handled=(NoticeFailedV1, PetitionClosedV1),
            handler=self.handle,
            clock=FixedClock(),
        )

    async def handle(self, transaction: Transaction, batch: Sequence[Incoming], _now: datetime) -> None:
        self.batches.append(len(batch))
        for item in batch:
            self.obey(item)
            envelope = item.envelope
            note = text("INSERT INTO seen (aggregate_id, source, version) VALUES (:a, :s, :v)")
            await transaction.connection.execute(note, {"a": envelope.aggregate_id, "s": envelope.source, "v": envelope.version})

    async def seen(self) -> list[tuple[UUID, str, int]]:
        async with self.database.reading() as connection:
            rows = await connection.execute(text("SELECT aggregate_id, source, version FROM seen ORDER BY place"))
            return [(row.aggregate_id, row.source, row.version) for row in rows]

    async def has_seen(self, number: int) -> None:
        async def enough() -> bool:
            return len(await self.seen()) >= number

        await eventually(enough)

    async def is_settled(self, js: JetStreamContext) -> None:
        async def nothing_pending() -> bool:
            infos = [await js.consumer_info(stream, LISTENER.name) for stream in STREAMS]
            return all(not info.num_pending and not info.num_ack_pending for info in infos)

        await eventually(nothing_pending)


async def say(database: Database, events: Sequence[NewEvent]) -> list[ledger.StoredEvent]:
    """Commit `events`; return what is unpublished."""
    async with database.transaction() as transaction:
        transaction.emit(events)
    async with database.reading() as connection:
        return await ledger.unsent(connection, source=database.schema, limit=10_000)


async def publish(js: JetStreamContext, events: Sequence[ledger.StoredEvent]) -> None:
    """Publish as a careless sender would: without the id that lets the server drop repeats."""
    for event in events:
        headers = event.envelope.headers()
        del headers["Nats-Msg-Id"]
        await js.publish(event.envelope.subject, event.body, headers=headers)


def a_relay(database: Database, bus: BusSettings) -> Participant:
    return Participant(database=database, bus=bus, durable=None, clock=FixedClock())


def failed(aggregate_id: UUID, number: int = 0, *, is_sealed: bool = False) -> NewEvent:
    """What notify might say of a petition."""
    body = NoticeFailedV1(notice_id=uuid4(), about="lodged", audience="office", channel="email", reason="none", attempts=number)
    return _event(aggregate_id, body, cause=None, is_sealed=is_sealed)


def closed(aggregate_id: UUID, *, cause: Cause | None = None) -> NewEvent:
    """What routing might say of a petition."""
    return _event(aggregate_id, PetitionClosedV1(office="hanoi", outcome="answered"), cause=cause, is_sealed=False)


def _event(aggregate_id: UUID, body: EventBody, *, cause: Cause | None, is_sealed: bool) -> NewEvent:
    return NewEvent(
        id=uuid4(),
        aggregate_id=aggregate_id,
        body=body,
        effective_at=AT,
        recorded_at=AT,
        actor="test",
        correlation_id=aggregate_id,
        cause=cause,
        is_sealed=is_sealed,
    )
