"""An operator who registers agencies, petitions whose events are said, and clients of agencies in two languages."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import nats
from nats.aio.client import Client, RawCredentials
from nats.js import JetStreamContext

from services.notify.app import build
from shared.contracts.words import Role
from shared.kernel.clock import Clock, SystemClock
from shared.messaging.accounts.claims import credentials
from shared.messaging.accounts.keys import Key, Kind
from shared.messaging.accounts.layout import AGENCY_STREAM
from shared.persistence import Database, DatabaseSettings
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from shared.web import Service
from tests.component.notify.story import office, publish

OFFICES = ("hanoi-so-xd", "hanoi-so-yt", "hanoi-00070")
OURS, THEIRS, _ = OFFICES
SCRIPT_SECONDS_MAX = 20.0
JAVASCRIPT = Path(__file__).resolve().parents[2] / "javascript"


@dataclass
class Given:
    """Credentials of a client, as `caunoi agency add` writes them."""

    id: UUID
    public_key: str
    content: str


@dataclass
class Agent:
    """A client with nats-py, and what came to its error callback."""

    client: Client
    errors: list[str] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def js(self) -> JetStreamContext:
        return self.client.jetstream(timeout=2)


@dataclass
class AgencyScene:
    """Notify at work with nats-server's accounts."""

    js: JetStreamContext
    issuer: KeyIssuer
    service: Service
    http: httpx.AsyncClient
    database: Database
    url: str

    def as_operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token('op-1', roles=[Role.OPERATOR])}"}

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        return await self.http.post(f"/api{path}", json=body, headers=self.as_operator())

    async def get(self, path: str) -> Any:
        answer = await self.http.get(f"/api{path}", headers=self.as_operator())
        assert answer.is_success, answer.text
        return answer.json()

    async def agency(self, office: str = OURS) -> Given:
        """Register an office's agency and give it credentials."""
        answer = await self.post("/agencies", {"office": office})
        assert answer.status_code == 201, answer.text
        assert answer.json()["is_in_force"], answer.text
        return await self.issue(office)

    async def issue(self, office: str = OURS, **more: object) -> Given:
        key = Key.new(Kind.USER)
        answer = await self.post(f"/agencies/{office}/credentials", {"public_key": key.public, **more})
        assert answer.status_code == 201, answer.text
        issued = answer.json()
        assert issued["is_in_force"]
        return Given(UUID(issued["id"]), key.public, credentials(issued["token"], key.seed))

    async def say(
        self, count: int = 1, *, office: str = OURS, petition: UUID | None = None, root: str = "petitions"
    ) -> list[UUID]:
        """Say events of an office, of a kind that notify does not hear; return their ids."""
        ids = [uuid4() for _ in range(count)]
        for event_id in ids:
            subject = f"{root}.audit.petition.noted.v1.{office}.{petition or uuid4()}"
            await self.js.publish(subject, b'{"office": "x"}', headers={"Nats-Msg-Id": str(event_id), "ce-id": str(event_id)})
        return ids

    async def has_taken(self, agent: Agent, count: int) -> None:
        """Wait until the agency's stream holds so many events."""

        async def is_there() -> bool:
            return int((await agent.js.stream_info(AGENCY_STREAM)).state.messages) >= count

        await wait_until(is_there, 20, what=f"{count} events in {AGENCY_STREAM}")

    @asynccontextmanager
    async def agent(self, given: Given, **more: Any) -> AsyncIterator[Agent]:
        """Connect with nats-py."""
        agent = Agent(Client())

        async def on_error(error: Exception) -> None:
            agent.errors.append(str(error).lower())

        async def on_closed() -> None:
            agent.closed.set()

        options: dict[str, Any] = {"error_cb": on_error, "closed_cb": on_closed, "allow_reconnect": False} | more
        await agent.client.connect(self.url.split(","), user_credentials=RawCredentials(given.content), **options)
        try:
            yield agent
        finally:
            await agent.client.close()


@asynccontextmanager
async def agency_scene(
    js: JetStreamContext, issuer: KeyIssuer, given: Mapping[str, str], clock: Clock | None = None
) -> AsyncIterator[AgencyScene]:
    """Notify at work."""
    for code in OFFICES:
        await publish(js, office(code, mailbox=None, parent=None))
    service = build(given, clock=clock or SystemClock())
    await service.start()
    database = Database(DatabaseSettings(url=given["NOTIFY_DATABASE__URL"]).sqlalchemy_url(), schema="notify")
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", timeout=30) as http:
        scene = AgencyScene(js, issuer, service, http, database, given["CAUNOI_BUS__URL"])
        try:

            async def knows_offices() -> bool:
                info = await js.consumer_info("PETITIONS", "notify")
                return not info.num_pending and not info.num_ack_pending

            await wait_until(knows_offices, 20, what="notify knows the offices")
            yield scene
        finally:
            await service.stop()
            await database.close()


async def javascript_running(url: str, given: Given, script: str, tmp_path: Path, *arguments: str) -> Process:
    """Start `script` of tests/javascript with the JavaScript client."""
    file = tmp_path / "agency.creds"
    file.write_text(given.content)
    node = Path(sys.executable).with_name("node")
    words = (str(JAVASCRIPT / script), url, str(file), *arguments)
    environ = {"PATH": os.environ["PATH"]}
    return await asyncio.create_subprocess_exec(node, *words, cwd=JAVASCRIPT, env=environ, stdout=PIPE, stderr=PIPE)


async def said_next(process: Process) -> dict[str, Any]:
    """Return the next line that the script says."""
    assert process.stdout is not None
    async with asyncio.timeout(SCRIPT_SECONDS_MAX):
        said: dict[str, Any] = json.loads(await process.stdout.readline())
    return said


async def javascript(url: str, given: Given, script: str, tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    """Run `script` to its end; return the JSON lines that it said."""
    process = await javascript_running(url, given, script, tmp_path, *arguments)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode() + out.decode()
    return [json.loads(line) for line in out.decode().splitlines()]


async def refused(url: str, given: Given) -> str:
    """Try to connect; return why it failed, empty where it did not."""
    why: list[str] = []

    async def on_error(error: Exception) -> None:
        why.append(str(error).lower())

    client = Client()
    try:
        await client.connect(
            url, user_credentials=RawCredentials(given.content), allow_reconnect=False, error_cb=on_error, connect_timeout=3
        )
    except nats.errors.Error as error:
        return str(error).lower() or "refused"
    finally:
        await client.close()
    return ""
