"""Intake with a real database and a real bus; its doors asked through ASGI, its issuer a key of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Mount

from services.intake.app import build
from shared.contracts.words import Role
from shared.identity import Ciphers, ServiceTokens
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.persistence import Database
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from shared.web import Service
from tests.component.intake.neighbour import PlayedRouting
from tests.component.intake.played_log import PlayedLog


@dataclass
class Intake:
    """The service under test, and what a test needs to ask it."""

    service: Service
    http: httpx.AsyncClient
    database: Database
    issuer: KeyIssuer
    tokens: ServiceTokens
    url: str
    ciphers: Ciphers

    def as_person(self, role: Role, office: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token('p-1', roles=[role], office=office)}"}

    async def only(self) -> dict[str, str]:
        """Return code and id of the one petition that was lodged, as its office knows it: a denunciation's receipt names neither."""
        async with self.database.reading() as connection:
            (row,) = await connection.execute(text("SELECT code, id FROM petitions"))
        return {"code": row.code, "petition_id": str(row.id)}

    def as_service(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.token(now=SystemClock().now())}"}


@pytest.fixture
def more_settings() -> dict[str, str]:
    """What a folder of tests wants intake to be told beside what it needs."""
    return {}


@pytest.fixture
async def routing() -> AsyncIterator[PlayedRouting]:
    """Routing as intake asks it, away at first."""
    played = PlayedRouting()
    async with played.serving():
        yield played


@pytest.fixture
async def log() -> AsyncIterator[PlayedLog]:
    """Audit's log as intake asks it, away at first: to be used before `intake`."""
    played = PlayedLog()
    async with played.serving():
        yield played


@pytest.fixture
def known_topics(routing: PlayedRouting) -> tuple[str, ...]:
    """Topics that routing has from the beginning: to be used before `intake`."""
    routing.topics = ("giao-thong", "dat-dai")
    return routing.topics


@pytest.fixture
async def intake(  # noqa: PLR0917 - pytest hands fixtures in by name
    service_database: Callable[[str], Awaitable[str]],
    bus: BusSettings,
    tmp_path: Path,
    issuer: KeyIssuer,
    more_settings: dict[str, str],
    routing: PlayedRouting,
) -> AsyncIterator[Intake]:
    url = await service_database("intake")
    (tmp_path / "master").write_text("ab" * 32)
    (tmp_path / "sealed").write_text("cd" * 32)
    environ = {
        "INTAKE_DATABASE__URL": url,
        "INTAKE_MASTER_KEY_FILE": str(tmp_path / "master"),
        "INTAKE_SEALED_KEY_FILE": str(tmp_path / "sealed"),
        "INTAKE_ROUTING_URL": routing.url,
        "INTAKE_ATTACHMENTS_DIR": str(tmp_path / "attachments"),
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        **issuer.environ,
        **more_settings,
    }
    service = build(environ, clock=SystemClock())
    await service.start()
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"), schema="intake")
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as http:
        ciphers = Ciphers.from_files(tmp_path / "master", tmp_path / "sealed")
        yield Intake(service, http, database, issuer, ServiceTokens(issuer.secret_file, "routing"), url, ciphers)
    await service.stop()
    await database.close()


@dataclass(frozen=True)
class Served:
    """The service under test behind a real port, for whatever asks over HTTP."""

    intake: Intake
    url: str


@pytest.fixture
async def served(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """Serve intake below /intake on a free port; the command line finds it, signed in as an operator."""
    whole = Starlette(routes=[Mount("/intake", app=intake.service.app)])
    config = uvicorn.Config(whole, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await wait_until(lambda: server.started)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("CAUNOI_URL", url)
    monkeypatch.setenv("CAUNOI_TOKEN", intake.issuer.token("vanhanh", roles=[Role.OPERATOR]))
    yield Served(intake, url)
    server.should_exit = True
    await running
    listener.close()
