"""Two small schemas with nothing but a ledger, to try the bus without any service."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import nats
import pytest
from nats.js import JetStreamContext

from deploy.local.servers import Postgres
from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.persistence.database import Database
from shared.persistence.ledger_ddl import LEDGER_V1, LEDGER_V2
from tests.contract.messaging.listening import LISTENER, Ledgers, Listener


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
        for statement in (*LEDGER_V1, *LEDGER_V2):
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


@pytest.fixture
async def listener(ledgers: Ledgers, bus: BusSettings, js: JetStreamContext) -> AsyncIterator[Listener]:
    made = Listener(await ledgers("audit"), bus)
    await made.participant.start()
    yield made
    await made.participant.stop()


@pytest.fixture
async def speaker(ledgers: Ledgers) -> Database:
    return await ledgers("notify")
