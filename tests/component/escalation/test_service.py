"""The whole service on a real PostgreSQL and nats-server: what comes twice, or while it was away, changes nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.escalation.app import DURABLE, build
from shared.messaging import BusSettings, Incoming
from shared.messaging.topology import STREAMS, provision
from shared.persistence import Database
from shared.web import Service
from tests.component.escalation.scene import SetClock, Told, clock, told
from tests.component.escalation.story import Story, hanoi

__all__ = ["clock"]

PATIENCE_SECONDS = 30.0
NEXT_LOOK_SECONDS = 0.05


@pytest.fixture
async def js(bus: BusSettings) -> AsyncIterator[JetStreamContext]:
    connection = await nats.connect(bus.url, user=bus.user, password=bus.password)
    context = connection.jetstream()
    for stream in STREAMS:
        with suppress(NotFoundError):
            await context.delete_stream(stream)
    await provision(context, [DURABLE])
    yield context
    await connection.close()


@pytest.fixture
def environ(database_url: str, bus: BusSettings, tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "secret"
    secret.write_text("s" * 40, encoding="utf-8")
    return {
        "ESCALATION_DATABASE__URL": database_url,
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        "CAUNOI_IDENTITY__ISSUER": "http://issuer",
        "CAUNOI_IDENTITY__JWKS_URL": "http://issuer/keys",
        "CAUNOI_IDENTITY__SERVICE_SECRET_FILE": str(secret),
    }


@pytest.fixture
async def database_url(service_database: Callable[[str], Awaitable[str]]) -> str:
    return await service_database("escalation")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url.replace("postgresql://", "postgresql+asyncpg://"), schema="escalation")
    yield database
    await database.close()


async def publish(js: JetStreamContext, item: Incoming, *, repeat: int = 0) -> None:
    """Publish an event; a repeat gets another message id, so that the server lets it through."""
    headers = item.envelope.headers()
    if repeat:
        headers["Nats-Msg-Id"] += f"-{repeat}"
    await js.publish(item.envelope.subject, item.raw, headers=headers)


async def heads(database: Database) -> list[Told]:
    """Return what was said, the published included."""
    return await told(database, everything=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - the database gives no signal
            await asyncio.sleep(NEXT_LOOK_SECONDS)


async def test_answers_that_wait_in_the_stream_are_heard_before_time_speaks(
    js: JetStreamContext, environ: dict[str, str], database: Database, clock: SetClock
) -> None:
    stories = [Story() for _ in range(300)]
    clock.instant = hanoi("2026-11-16 09:02")
    for story in stories:
        await publish(js, story.lodge(hanoi("2026-11-16 09:00")))
        await publish(js, story.route(hanoi("2026-11-16 09:01")))
    async with running(environ, clock):
        await until(lambda: says(database, len(stories)))
    for story in stories:
        await publish(js, story.refuse(hanoi("2026-11-16 11:00")))
    clock.instant = hanoi("2026-11-30 09:00")
    async with running(environ, clock):
        await until(lambda: says(database, 2 * len(stories)))
    verbs = Counter(item.envelope.type.split(".")[-2] for item in await heads(database))
    assert verbs == {"set": len(stories), "met": len(stories)}


async def test_twice_out_of_order_and_with_a_restart_the_story_is_told_once(
    js: JetStreamContext, environ: dict[str, str], database: Database, clock: SetClock
) -> None:
    stories = [Story() for _ in range(20)]
    for story in stories:
        story.lodge(hanoi("2026-11-16 09:00"))
        story.route(hanoi("2026-11-16 09:01"))
    clock.instant = hanoi("2026-11-16 09:02")
    async with running(environ, clock):
        for story in reversed(stories):
            for repeat in (0, 1):
                for item in reversed(story.events):
                    await publish(js, item, repeat=repeat)
        await until(lambda: says(database, len(stories)))
    for story in stories:
        await publish(js, story.accept(hanoi("2026-11-16 15:00")))
    clock.instant = datetime(2026, 11, 30, tzinfo=UTC)
    async with running(environ, clock):
        await until(lambda: says(database, 9 * len(stories)))
    said = await heads(database)
    assert len(said) == 9 * len(stories)
    for story in stories:
        verbs = [item.envelope.type.split(".")[-2] for item in said if item.envelope.aggregate_id == story.id]
        assert verbs[:4] == ["set", "reminded", "met", "set"]
        assert verbs[4:] == ["reminded", "reminded", "breached", "escalated", "escalated"]


@asynccontextmanager
async def running(environ: dict[str, str], clock: SetClock) -> AsyncIterator[Service]:
    service = build(environ, clock=clock)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def says(database: Database, events: int) -> bool:
    return len(await heads(database)) >= events
