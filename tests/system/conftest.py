"""A city in this process: all five services, real servers, every span, log line and mail within reach of the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from deploy.bus import jetstream
from deploy.house import durables, room
from deploy.local.environment import Places, environment, make_secrets
from deploy.local.hosting import house, listening, running, serve
from deploy.local.mail import Sink
from deploy.local.nats_accounts import nats_accounts
from deploy.local.servers import Nats
from deploy.names import LOOPBACK, SERVICES
from shared.kernel.clock import Clock, SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import provision
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer


@dataclass(frozen=True, slots=True)
class OpenCity:
    """All five services behind one port, the mails that they sent, who signs in, and where things lie."""

    url: str
    sink: Sink
    issuer: KeyIssuer
    databases: Mapping[str, str]
    bus: BusSettings
    directory: Path


@pytest.fixture(scope="module")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """A nats-server with accounts, as in production, for one test module."""
    var = tmp_path_factory.mktemp("nats")
    server = Nats(var, accounts=nats_accounts(var, now=SystemClock().now()))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bus(nats_server: Nats) -> BusSettings:
    assert nats_server.accounts is not None
    return BusSettings(url=nats_server.url, credentials_file=nats_server.accounts.services_credentials)


@pytest.fixture
def city_clock() -> Clock:
    """The clock of every service; a module may put another in its place."""
    return SystemClock()


@pytest.fixture
async def city(
    city_database: Callable[[], Awaitable[Mapping[str, str]]],
    bus: BusSettings,
    nats_server: Nats,
    tmp_path: Path,
    city_clock: Clock,
) -> AsyncIterator[OpenCity]:
    clock = city_clock
    sink = Sink(tmp_path / "mail", clock)
    make_secrets(tmp_path)
    databases = await city_database()
    async with jetstream(bus) as js:
        for stream in await js.streams_info():  # those of the test before
            await js.delete_stream(stream.config.name or "")
        await provision(js, durables())
    with contextlib.closing(listening(LOOPBACK, 0)) as listener, serving_issuer(tmp_path) as issuer:
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        places = Places(url, 0, bus.url, await sink.start(LOOPBACK, 0))
        environ = environment(tmp_path, places, given={}) | _addresses(databases, nats_server) | issuer.environ
        services = [room(name).build(environ, clock=clock) for name in SERVICES]
        async with running(services):
            serving = asyncio.create_task(serve(house({service.name: service.app for service in services}), listener))
            async with httpx.AsyncClient(base_url=url) as http:
                for name in SERVICES:
                    await wait_until(partial(_is_ready, http, name), what=f"{name} is ready")
            yield OpenCity(url, sink, issuer, databases, bus, tmp_path)
            serving.cancel()
            await asyncio.wait({serving})
    await sink.stop()


async def _is_ready(http: httpx.AsyncClient, name: str) -> bool:
    return (await http.get(f"/{name}/ready")).is_success


def _addresses(urls: Mapping[str, str], nats: Nats) -> dict[str, str]:
    """Return where this test's databases and bus are, in place of those that `make run` would have."""
    assert nats.accounts is not None
    found = {
        "CAUNOI_BUS__CREDENTIALS_FILE": str(nats.accounts.services_credentials),
        "NOTIFY_AGENCIES__SIGNING_KEY_FILE": str(nats.accounts.signing_key),
        "NOTIFY_AGENCIES__ACCOUNTS_FILE": str(nats.accounts.accounts_file),
    }
    for service, url in urls.items():
        found |= {f"{service.upper()}_DATABASE__URL": url, f"{service.upper()}_DATABASE__PASSWORD_FILE": ""}
    return found
