"""A notify process killed with SIGKILL while two hundred notices are being sent: all arrive, and what came twice is marked."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from signal import SIGKILL

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from sqlalchemy import text

from deploy.local.processes import free_port
from services.notify.app import DURABLE
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.persistence import Database, DatabaseSettings
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.component.notify.scene import HOST, SENDER_DOMAIN, MailServer, Neighbours, environ, said
from tests.component.notify.story import Story, publish
from tests.system.processes import Logged

NOTICES = 200
KILL_AFTER = 40
KILLS = 3
SLOW_SECONDS = 0.05
SETTLED_SECONDS_MAX = 60.0

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyIssuer]:
    with serving_issuer(tmp_path_factory.mktemp("issuer")) as served:
        yield served


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
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer(delay_seconds=SLOW_SECONDS)
    await server.start()
    yield server
    await server.stop()


@contextmanager
def notify_process(given: dict[str, str], log: Path) -> Iterator[Logged]:
    """Notify as a container runs it; ended at the end of the block if nobody has killed it."""
    running = Logged("serve", "notify", "--host", HOST, "--port", str(free_port()), log=log, environ=given)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


@asynccontextmanager
async def looking_into(url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="notify")
    try:
        yield database
    finally:
        await database.close()


async def _attempts(database: Database) -> list[tuple[str, bool]]:
    """Return the notice of every attempt, and whether the attempt has no known end."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT notice_id, ended_at IS NULL AS is_open FROM attempts"))
        return [(str(row.notice_id), row.is_open) for row in rows]


@pytest.fixture
async def around(
    mail: MailServer, bus: BusSettings, issuer: KeyIssuer, service_database: Callable[[str], Awaitable[str]]
) -> AsyncIterator[tuple[Neighbours, dict[str, str]]]:
    """Intake and routing, and what a notify process is started with."""
    url, neighbours = await service_database("notify"), Neighbours(issuer)
    async with neighbours.serving():
        yield neighbours, environ(url=url, bus=bus, issuer=issuer, mail=mail, neighbours=neighbours)


async def test_a_kill_while_sending_loses_no_notice_and_every_repeat_is_marked(
    js: JetStreamContext, mail: MailServer, around: tuple[Neighbours, dict[str, str]], tmp_path: Path
) -> None:
    (neighbours, given), log = around, tmp_path / "notify.log"
    for story in [Story() for _ in range(NOTICES)]:
        neighbours.knows(story.id, email=f"{story.id.hex}@example.vn")
        await publish(js, story.lodge())
    for kill in range(1, KILLS + 1):
        with notify_process(given, log) as running:
            await wait_until(partial(_have_arrived, mail, KILL_AFTER * kill), SETTLED_SECONDS_MAX)
            running.end(SIGKILL)
    assert len(mail.arrived()) < NOTICES, "the kills came too late to prove anything"
    async with looking_into(given["NOTIFY_DATABASE__URL"]) as database:
        with notify_process(given, log):
            await wait_until(partial(_all_are_said, database), SETTLED_SECONDS_MAX)
        bodies = [body for _, body in await said(database)]
        attempts = await _attempts(database)
    _check(mail, bodies, attempts)
    assert "@example.vn" not in log.read_text(), "no address of a person stands in a log"


def _have_arrived(mail: MailServer, number: int) -> bool:
    return len(mail.taken) >= number


async def _all_are_said(database: Database) -> bool:
    return len(await said(database)) >= NOTICES


def _check(mail: MailServer, bodies: list[dict[str, object]], attempts: list[tuple[str, bool]]) -> None:
    """Everything arrived, was said once, and whatever came or may have come twice says so."""
    arrived = mail.arrived()
    assert {body["message_id"] for body in bodies} == set(arrived)
    assert len(bodies) == len({body["notice_id"] for body in bodies}) == NOTICES
    marked = {str(body["message_id"]) for body in bodies if body["is_possible_repeat"]}
    assert {key for key, times in arrived.items() if times > 1} <= marked, "a repeat without a mark"
    broken_off = {f"<{notice}@{SENDER_DOMAIN}>" for notice, is_open in attempts if is_open}
    assert broken_off, "no kill fell between the beginning of an attempt and its record"
    assert marked == broken_off, "the log and the events tell the same attempts"
    assert all(json.dumps(body).count("@") == 2 for body in bodies), "an event names no address: only template and Message-ID"
