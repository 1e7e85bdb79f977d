"""Notify with a real nats-server that has accounts, as in production; three offices are in the directory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.local.nats_accounts import NatsAccounts, nats_accounts
from deploy.local.servers import Nats
from services.notify.app import DURABLE
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.component.agencies.scene import AgencyScene, agency_scene
from tests.component.notify.scene import MailServer, Neighbours, environ


@pytest.fixture(scope="module")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    var = tmp_path_factory.mktemp("nats")
    server = Nats(var, accounts=nats_accounts(var, now=SystemClock().now()))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def accounts(nats_server: Nats) -> NatsAccounts:
    assert nats_server.accounts is not None
    return nats_server.accounts


@pytest.fixture(scope="module")
def bus(nats_server: Nats, accounts: NatsAccounts) -> BusSettings:
    return BusSettings(url=nats_server.url, credentials_file=accounts.services_credentials)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyIssuer]:
    with serving_issuer(tmp_path_factory.mktemp("issuer")) as served:
        yield served


@pytest.fixture
async def js(bus: BusSettings) -> AsyncIterator[JetStreamContext]:
    """Our services' JetStream context, on fresh streams with notify's consumers."""
    connection = await nats.connect(bus.url, **bus.signing_in())
    context = connection.jetstream()
    for stream in STREAMS:
        with suppress(NotFoundError):
            await context.delete_stream(stream)
    await provision(context, [DURABLE])
    yield context
    await connection.close()


@pytest.fixture
async def given(
    bus: BusSettings, accounts: NatsAccounts, issuer: KeyIssuer, service_database: Callable[[str], Awaitable[str]]
) -> dict[str, str]:
    """What notify is started with; there is no mail in these tests."""
    url = await service_database("notify")
    made = environ(url=url, bus=bus, issuer=issuer, mail=MailServer(), neighbours=Neighbours(issuer))
    return made | {
        "NOTIFY_SMTP__PORT": "9",
        "CAUNOI_BUS__CREDENTIALS_FILE": str(accounts.services_credentials),
        "NOTIFY_AGENCIES__SIGNING_KEY_FILE": str(accounts.signing_key),
        "NOTIFY_AGENCIES__ACCOUNTS_FILE": str(accounts.accounts_file),
    }


@pytest.fixture
async def scene(js: JetStreamContext, issuer: KeyIssuer, given: dict[str, str]) -> AsyncIterator[AgencyScene]:
    async with agency_scene(js, issuer, given) as started:
        yield started
