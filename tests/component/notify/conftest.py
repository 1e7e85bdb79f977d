"""Notify with a real database, a real bus and a real mail server; intake and routing played by a small server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.notify.app import DURABLE
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.testing.issuer import KeyIssuer
from tests.component.notify.scene import Around, MailServer, Neighbours, Scene, at_work, environ
from tests.component.notify.story import office, publish
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
        await publish(js, office(code, mailbox=mailbox))
    async with at_work(Around(js, issuer, mail, neighbours), given, SystemClock()) as started:
        yield started
