"""Notify with a real database, a real bus and a real mail server; intake and routing played by a small server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from email.headerregistry import Address
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.notify.app import DURABLE
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.handlers.writing import Post
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.persistence import Database, DatabaseSettings
from shared.testing.issuer import KeyIssuer
from tests.component.notify.desk import LEASE, NIGHT, Everybody, tell
from tests.component.notify.hooks import hooked, hooks_at_work
from tests.component.notify.receiver import Receiver, receiving
from tests.component.notify.scene import Around, MailServer, Neighbours, Scene, at_work, environ
from tests.component.notify.story import Story, office, publish
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT


@pytest.fixture
async def js(bus: BusSettings) -> AsyncIterator[JetStreamContext]:
    """A JetStream context on fresh streams with notify's consumers."""
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
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def neighbours(issuer: KeyIssuer) -> AsyncIterator[Neighbours]:
    around = Neighbours(issuer)
    async with around.serving():
        yield around


@pytest.fixture
async def given(
    mail: MailServer,
    neighbours: Neighbours,
    bus: BusSettings,
    issuer: KeyIssuer,
    service_database: Callable[[str], Awaitable[str]],
) -> dict[str, str]:
    """What notify is started with."""
    url = await service_database("notify")
    return environ(url=url, bus=bus, issuer=issuer, mail=mail, neighbours=neighbours)


@pytest.fixture
async def scene(
    js: JetStreamContext, mail: MailServer, neighbours: Neighbours, issuer: KeyIssuer, given: dict[str, str]
) -> AsyncIterator[Scene]:
    """Notify at work in a city of three offices; the department has no mailbox."""
    for code, mailbox in ((COMMUNE, "phuong@hanoi.example"), (DEPARTMENT, None), (CITY, "thanhpho@hanoi.example")):
        await publish(js, office(code, mailbox=mailbox, parent=None if code == CITY else CITY))
    async with at_work(Around(js, issuer, mail, neighbours), given, SystemClock()) as started:
        yield started


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    """Of a city whose two offices stand below the third."""
    database = Database(DatabaseSettings(url=await service_database("notify")).sqlalchemy_url(), schema="notify")
    registered = [
        bodies.office(code, mailbox=f"{code}@hanoi.example", parent=None if code == CITY else CITY)
        for code in (COMMUNE, DEPARTMENT, CITY)
    ]
    await tell(database, [Story().hears(body) for body in registered], NIGHT)
    yield database
    await database.close()


@pytest.fixture
def post(database: Database) -> Post:
    server = SmtpServer(SmtpSettings(host="127.0.0.1", port=1, security="none", sender="x <x@hanoi.example>"))
    return Post(database, server, Everybody(), Address("x", "x", "hanoi.example"), "https://caunoi.example", LEASE)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """An agency's endpoint."""
    async with receiving() as started:
        yield started


@pytest.fixture
def around(js: JetStreamContext, issuer: KeyIssuer, mail: MailServer, neighbours: Neighbours) -> Around:
    return Around(js, issuer, mail, neighbours)


@pytest.fixture
async def hooked_scene(around: Around, given: dict[str, str], tmp_path: Path) -> AsyncIterator[Scene]:
    """Notify at work in a city of three offices, webhooks set up and allowed to go to this machine."""
    async with hooks_at_work(around, hooked(given, tmp_path), SystemClock()) as started:
        yield started
