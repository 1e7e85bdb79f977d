"""An audit service with a database and a bus of its own, and somebody who may ask it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import httpx
import nats
import pytest
from nats.js import JetStreamContext

from services.audit.app import DURABLE, build
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS, provision
from shared.persistence import Database, DatabaseSettings
from shared.testing import FakeClock
from shared.testing.issuer import KeyIssuer
from shared.web import Service
from tests.component.audit.story import Asking

NOWHERE = "http://127.0.0.1:9"
"""Nobody answers there, and that is known at once."""
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture
async def url(service_database: Callable[[str], Awaitable[str]]) -> str:
    return await service_database("audit")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="audit")
    yield database
    await database.close()


@pytest.fixture
async def js(bus: BusSettings) -> AsyncIterator[JetStreamContext]:
    """A JetStream context on fresh streams with audit's consumers."""
    connection = await nats.connect(bus.url, user=bus.user, password=bus.password)
    context = connection.jetstream()
    for stream in STREAMS:
        try:
            await context.delete_stream(stream)
        except nats.js.errors.NotFoundError:
            continue
    await provision(context, [DURABLE])
    yield context
    await connection.close()


@pytest.fixture
async def service(js: JetStreamContext, url: str, bus: BusSettings, issuer: KeyIssuer) -> AsyncIterator[Service]:
    environ = {
        "AUDIT_DATABASE__URL": url,
        **{f"AUDIT_{name.upper()}_URL": f"{NOWHERE}/{name}" for name in ("intake", "routing", "escalation", "notify")},
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        **issuer.environ,
    }
    service = build(environ, clock=FakeClock(NOW))
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def ask(service: Service, issuer: KeyIssuer) -> AsyncIterator[Asking]:
    """A factory: ``ask("auditor")`` is a client for somebody with that role, in English unless said otherwise."""
    clients: list[httpx.AsyncClient] = []

    def make(role: str, *, language: str = "en", who: str = "kiemtoan") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {issuer.token(who, roles=[role])}", "Accept-Language": language}
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://audit", headers=headers))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()
