"""What is around a notify process that is killed: a bus, a slow mail server, intake and routing as far as notices need them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.notify.app import DURABLE
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.component.notify.scene import MailServer, Neighbours, environ

SLOW_SECONDS = 0.05


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


@pytest.fixture
async def around(
    mail: MailServer, bus: BusSettings, issuer: KeyIssuer, service_database: Callable[[str], Awaitable[str]]
) -> AsyncIterator[tuple[Neighbours, dict[str, str]]]:
    """Intake and routing, and what a notify process is started with."""
    url, neighbours = await service_database("notify"), Neighbours(issuer)
    async with neighbours.serving():
        yield neighbours, environ(url=url, bus=bus, issuer=issuer, mail=mail, neighbours=neighbours)
