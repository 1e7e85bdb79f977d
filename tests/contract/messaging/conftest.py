"""Two small schemas with nothing but a ledger, to try the bus without any service."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import nats
import pytest
from nats.js import JetStreamContext

from deploy.local.servers import Postgres
from shared.contracts import Cause, EventBody, NewEvent
from shared.contracts.notify import NoticeFailedV1
from shared.contracts.routing import PetitionClosedV1
from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS, Durable, provision
from shared.persistence.database import Database
from shared.persistence.ledger_ddl import LEDGER_V1

AT = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
LISTENER = Durable(name="listener", hears=("notify", "routing"))


class FixedClock:
    def now(self) -> datetime:
        return AT


@pytest.fixture
async def ledgers(postgres_server: Postgres) -> AsyncIterator[Callable[[str], Awaitable[Database]]]:
    """A factory: ``database = await ledgers("notify")``: a schema of that name in a database of this test."""
    name = f"ledger_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres_server.url)
    await admin.execute(f"CREATE DATABASE {name}")
    opened: list[Database] = []
    url = postgres_server.url_of("postgres", postgres_server.password, database=name)

    async def make(schema: str) -> Database:
        connection = await asyncpg.connect(url, server_settings={"search_path": schema})
        await connection.execute(f"CREATE SCHEMA {schema}")
        for statement in LEDGER_V1:
            await connection.execute(statement)
        await connection.execute("CREATE TABLE seen (place bigserial PRIMARY KEY, aggregate_id uuid, source text, version int)")
        await connection.close()
        database = Database(url.replace("postgresql://", "postgresql+asyncpg://"), schema=schema)
        opened.append(database)
        return database

    yield make
    for database in opened:
        await database.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def js(bus: BusSettings) -> AsyncIterator[JetStreamContext]:
    """A JetStream context on fresh streams with the listener's consumers."""
    connection = await nats.connect(bus.url, user=bus.user, password=bus.password)
    context = connection.jetstream()
    for stream in STREAMS:
        try:
            await context.delete_stream(stream)
        except nats.js.errors.NotFoundError:
            continue
    await provision(context, [LISTENER])
    yield context
    await connection.close()


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
