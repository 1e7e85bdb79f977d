"""Routing with a real database, a real bus, and a small server that plays intake's texts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import nats
import uvicorn
from nats.aio.client import Client
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.processes import free_port
from services.routing.app import DURABLE, build
from shared.contracts import Envelope, EventBody
from shared.contracts.intake import AttachmentV1, PetitionLodgedV1, PetitionSupplementedV1, SourceFactsV1
from shared.contracts.words import Channel, Kind, Language, Role
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import provision
from shared.persistence import Database
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from shared.web import Service

READY_SECONDS_MAX = 30.0


@dataclass
class Intake:
    """Plays intake: gives the texts that it was told, while it is there."""

    texts: dict[str, str] = field(default_factory=dict)
    is_away: bool = False
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        if self.is_away:
            return JSONResponse({}, status_code=503)
        ids = (await request.json())["petition_ids"]
        self.asked += ids
        return JSONResponse({"texts": {key: self.texts[key] for key in ids if key in self.texts}})


@dataclass
class Escalation:
    """Plays escalation: answers what the law says of an act as it was told to, with the status it was told."""

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=lambda: {"effects": []})
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        self.asked.append(await request.json() | {"language": request.headers.get("accept-language")})
        return JSONResponse(dict(self.body), status_code=self.status)


@dataclass
class Scene:
    """The service under test, and what a test needs to speak with it."""

    service: Service
    http: httpx.AsyncClient
    database: Database
    issuer: KeyIssuer
    bus: Client
    intake: Intake
    escalation: Escalation
    versions: dict[UUID, int] = field(default_factory=dict)

    def officer(self, office: str, role: Role = Role.OFFICER) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token(f'p-{office}', roles=[role], office=office)}"}

    async def lodged(
        self,
        code: str,
        *,
        text: str = "",
        source: SourceFactsV1 | None = None,
        days_ago: int = 0,
        is_sealed: bool = False,
        **fields: Any,
    ) -> UUID:
        """Say petition.lodged as intake would."""
        petition_id = uuid4()
        self.intake.texts[str(petition_id)] = text
        given: dict[str, Any] = {"kind": Kind.FIELD_REPORT, "jurisdiction": "hanoi", "is_physical": False} | fields
        body = PetitionLodgedV1(
            code=code, channel=Channel.WEB, language=Language.VI, is_reachable=False, has_text=bool(text), source=source, **given
        )
        await self.say(petition_id, body, days_ago=days_ago, is_sealed=is_sealed)
        return petition_id

    async def evidence(self, petition_id: UUID) -> UUID:
        """Say that an officer added a photo."""
        file = AttachmentV1(id=uuid4(), media_type="image/jpeg", size_bytes=1, sha256="0" * 64, purpose="evidence")
        await self.say(petition_id, PetitionSupplementedV1(attachments=[file]))
        return file.id

    async def say(
        self, petition_id: UUID, body: EventBody, *, times: int = 1, days_ago: int = 0, is_sealed: bool = False
    ) -> None:
        version = self.versions[petition_id] = self.versions.get(petition_id, 0) + 1
        now = SystemClock().now()
        envelope = Envelope(
            id=uuid4(),
            type=body.TYPE,
            source="intake",
            aggregate_id=petition_id,
            version=version,
            effective_at=now - timedelta(days=days_ago),
            recorded_at=now,
            actor="petitioner",
            correlation_id=petition_id,
            cause=None,
            office="_",
            is_sealed=is_sealed,
            traceparent=None,
        )
        headers = {key: value for key, value in envelope.headers().items() if key != "Nats-Msg-Id"}
        for _ in range(times):
            await self.bus.jetstream().publish(envelope.subject, body.model_dump_json().encode(), headers=headers)

    async def said(self, aggregate_id: UUID | None = None, kind: str = "") -> list[Mapping[str, Any]]:
        """Return what routing said, of one aggregate or of all."""
        query = "SELECT type, office, body, version, actor, authority FROM events WHERE type LIKE :kind AND (:all OR aggregate_id = :id) ORDER BY seq"
        async with self.database.reading() as connection:
            values = {"kind": f"%{kind}%", "all": aggregate_id is None, "id": aggregate_id or uuid4()}
            return [dict(row) for row in (await connection.execute(text(query), values)).mappings()]

    async def routed(self, petition_id: UUID) -> Mapping[str, Any]:
        """Wait until the petition is routed; return what was said."""
        found: list[Mapping[str, Any]] = await wait_until(
            lambda: self.said(petition_id, "petition.routed"), READY_SECONDS_MAX, what="routed"
        )
        return found[0]

    async def act(
        self, office: str, code: str, act: str, *, key: str | None = None, role: Role = Role.OFFICER, **body: Any
    ) -> httpx.Response:
        headers = self.officer(office, role) | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(f"/api/petitions/{code}/{act}", json=body, headers=headers)


@asynccontextmanager
async def routing(url: str, bus: BusSettings, directory: Path, issuer: KeyIssuer, intake: Intake) -> AsyncIterator[Scene]:
    """Run the service with everything around it."""
    escalation = Escalation()
    async with _serving(intake, escalation) as neighbours:
        connection = await nats.connect(bus.url, **bus.signing_in())
        await provision(connection.jetstream(), [DURABLE])
        (directory / "master").write_text("ab" * 32)
        (directory / "sealed").write_text("cd" * 32)
        environ = {
            "ROUTING_DATABASE__URL": url,
            "ROUTING_MASTER_KEY_FILE": str(directory / "master"),
            "ROUTING_SEALED_KEY_FILE": str(directory / "sealed"),
            "ROUTING_INTAKE_URL": f"{neighbours}/intake",
            "ROUTING_ESCALATION_URL": f"{neighbours}/escalation",
            "CAUNOI_BUS__URL": bus.url,
            "CAUNOI_BUS__USER": bus.user or "",
            "CAUNOI_BUS__PASSWORD": bus.password or "",
            "CAUNOI_BUS__CREDENTIALS_FILE": str(bus.credentials_file or ""),
            **issuer.environ,
        }
        service = build(environ, clock=SystemClock())
        await service.start()
        database = Database(url.replace("postgresql://", "postgresql+asyncpg://"), schema="routing")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://routing") as http:
            await wait_until(lambda: _is_ready(http), READY_SECONDS_MAX, what="routing is ready")
            yield Scene(service, http, database, issuer, connection, intake, escalation)
        await service.stop()
        await database.close()
        await connection.close()


async def _is_ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/ready")).is_success


@asynccontextmanager
async def _serving(intake: Intake, escalation: Escalation) -> AsyncIterator[str]:
    app = Starlette(
        routes=[
            Route("/intake/api/internal/texts", intake.answer, methods=["POST"]),
            Route("/escalation/api/petitions/{petition_id}/acts/check", escalation.answer, methods=["POST"]),
        ]
    )
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    await wait_until(lambda: server.started, READY_SECONDS_MAX, what="the played neighbours")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
