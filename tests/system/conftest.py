"""A city in this process: all five services, real servers, every span, log line and mail within reach of the test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
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


@pytest.fixture
def city_clock() -> Clock:
    """The clock of every service; a module may put another in its place."""
    return SystemClock()


@pytest.fixture
async def city(
    city_database: Callable[[], Awaitable[Mapping[str, str]]], bus: BusSettings, tmp_path: Path, city_clock: Clock
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
        environ = environment(tmp_path, places, given={}) | _addresses(databases, bus) | issuer.environ
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


def _addresses(urls: Mapping[str, str], bus: BusSettings) -> dict[str, str]:
    """Return where this test's databases and bus are, in place of those that `make run` would have."""
    found = {"CAUNOI_BUS__USER": bus.user or "", "CAUNOI_BUS__PASSWORD": bus.password or "", "CAUNOI_BUS__PASSWORD_FILE": ""}
    for service, url in urls.items():
        found |= {f"{service.upper()}_DATABASE__URL": url, f"{service.upper()}_DATABASE__PASSWORD_FILE": ""}
    return found
