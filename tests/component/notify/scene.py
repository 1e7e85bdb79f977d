"""What stands around notify: a mail server that does as it is told, intake and routing as far as notices need them, readers."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from nats.js import JetStreamContext
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.notify.app import DURABLE, build
from shared.contracts.words import Role
from shared.identity import IdentitySettings, TokenVerifier
from shared.kernel.clock import Clock, SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import STREAMS
from shared.persistence import Database, DatabaseSettings, ledger
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from shared.web import Service

HOST = "127.0.0.1"
NAME = "Nguyễn Thị Bưởi"
PHONE = "+84912345678"
SENDER_DOMAIN = "hanoi.example"
SETTLED_SECONDS_MAX = 30.0


class Answer(Enum):
    """What the mail server does with a mail."""

    TAKE = "250 OK"
    REFUSE = "550 no such mailbox here"
    LATER = "451 try again later"
    DROP = "taken, but the line breaks before the answer"


class MailServer:
    """A real SMTP server. `answers[address]` is a script, one answer per mail; after its end every mail is taken."""

    def __init__(self, *, delay_seconds: float = 0.0) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.taken: list[EmailMessage] = []
        self.senders: list[str] = []
        self.port = 0
        self._delay_seconds = delay_seconds
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.BaseTransport] = set()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.get_running_loop().create_server(self._protocol, HOST, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Go away with every connection."""
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            _break(line)
        self._lines.clear()
        await self._server.wait_closed()

    # The names are aiosmtpd's hooks.
    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if server.transport is not None:
            self._lines.add(server.transport)
        script = self.answers[address]
        if script and script[0] is Answer.REFUSE:
            return str(script.pop(0).value)
        envelope.rcpt_tos.append(address)
        return str(Answer.TAKE.value)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        script = self.answers[address]
        answer = script.pop(0) if script else Answer.TAKE
        if answer is Answer.LATER:
            return str(answer.value)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.senders.append(envelope.mail_from or "")
        if answer is Answer.DROP:
            _break(server.transport)
        await asyncio.sleep(self._delay_seconds)  # the slowness of a real server, not a wait of the test
        return str(Answer.TAKE.value)

    def arrived(self) -> Counter[str]:
        """Return how often each Message-ID arrived."""
        return Counter(str(message["Message-ID"]) for message in self.taken)

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.taken if message["To"] == address]

    def _protocol(self) -> SMTP:
        return SMTP(self, hostname="mail.test", ident="test")


def _break(line: asyncio.BaseTransport | None) -> None:
    """End a connection without a word."""
    assert isinstance(line, asyncio.Transport)
    line.abort()


class Neighbours:
    """Intake and routing as notify asks them: whoever asks needs a service's token."""

    def __init__(self, issuer: KeyIssuer, *, clock: Clock | None = None) -> None:
        identity = IdentitySettings(
            issuer=issuer.address, jwks_url=f"{issuer.address}/jwks", service_secret_file=issuer.secret_file
        )
        self.contacts: dict[UUID, Mapping[str, str | None]] = {}
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.proofs: dict[tuple[str | None, str], tuple[UUID, UUID, bool]] = {}
        self.due: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.calendars: list[Mapping[str, Any]] = []
        self.is_away = False
        self.url = ""
        self._verifier = TokenVerifier(identity)
        self._clock = clock or SystemClock()

    def knows(self, petition_id: UUID, *, email: str | None, phone: str | None = None, language: str = "vi") -> None:
        self.contacts[petition_id] = {"name": NAME, "email": email, "phone": phone, "language": language}

    async def _contacts(self, request: Request) -> Response:
        asked = await self._asked(request)
        found = {key: self.contacts[UUID(key)] for key in asked["petition_ids"] if UUID(key) in self.contacts}
        return JSONResponse({"contacts": found}, status_code=503 if self.is_away else 200)

    async def _proofs(self, request: Request) -> Response:
        said = await request.json()
        found = self.proofs.get((said["code"], said["secret"]))
        if found is None:
            return JSONResponse({"code": "wrong_secret"}, status_code=422)
        petition_id, petitioner_id, is_sealed = found
        told = {"petition_id": str(petition_id), "petitioner_id": str(petitioner_id), "language": "vi", "is_sealed": is_sealed}
        return JSONResponse(told)

    async def _rulebook(self, _request: Request) -> Response:
        return JSONResponse({"calendars": self.calendars}, status_code=503 if self.is_away else 200)

    async def _due(self, request: Request) -> Response:
        items = self.due[request.path_params["office"]]
        return JSONResponse({"items": items, "next": None}, status_code=503 if self.is_away else 200)

    async def _asked(self, request: Request) -> Mapping[str, Any]:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        asking = await self._verifier.verify(token, now=self._clock.now())
        assert (asking.actor, asking.roles) == ("service:notify", frozenset({Role.SERVICE}))
        asked: Mapping[str, Any] = await request.json()
        self.asked.append((request.url.path, asked))
        return asked

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve on a free port."""
        app = Starlette(
            routes=[
                Route("/intake/api/internal/contacts", self._contacts, methods=["POST"]),
                Route("/intake/api/internal/proofs", self._proofs, methods=["POST"]),
                Route("/escalation/api/rulebook", self._rulebook, methods=["GET"]),
                Route("/escalation/api/offices/{office}/due", self._due, methods=["GET"]),
            ]
        )
        config = uvicorn.Config(app, host=HOST, port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        listener = config.bind_socket()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await wait_until(lambda: server.started)
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        yield
        server.should_exit = True
        await running
        listener.close()


def environ(*, url: str, bus: BusSettings, issuer: KeyIssuer, mail: MailServer, neighbours: Neighbours) -> dict[str, str]:
    """Return what notify is started with."""
    return {
        "NOTIFY_DATABASE__URL": url,
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        "NOTIFY_INTAKE_URL": f"{neighbours.url}/intake",
        "NOTIFY_ROUTING_URL": f"{neighbours.url}/routing",
        "NOTIFY_PUBLIC_URL": "https://caunoi.example",
        "NOTIFY_LEASE_SECONDS": "2",
        "NOTIFY_SMTP__HOST": HOST,
        "NOTIFY_SMTP__PORT": str(mail.port),
        "NOTIFY_SMTP__SECURITY": "none",
        "NOTIFY_SMTP__SENDER": f"Cầu Nối <khong-tra-loi@{SENDER_DOMAIN}>",
        **issuer.environ,
    }


@dataclass
class Scene:
    """Notify at work, and what a test needs to speak to it and to look at it."""

    service: Service
    http: httpx.AsyncClient
    database: Database
    js: JetStreamContext
    issuer: KeyIssuer
    mail: MailServer
    neighbours: Neighbours

    def as_person(self, role: Role, office: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token('p-1', roles=[role], office=office)}"}

    async def log(self, code: str) -> list[dict[str, Any]]:
        """Return the delivery log of a petition as an auditor reads it; empty where nothing is known of it yet."""
        answer = await self.http.get(f"/api/petitions/{code}/notices", headers=self.as_person(Role.AUDITOR))
        items: list[dict[str, Any]] = answer.json()["items"] if answer.is_success else []
        return items

    async def settled(self, code: str, *, notices: int) -> list[dict[str, Any]]:
        """Wait until so many notices about a petition wait no more; return the log."""

        async def is_settled() -> list[dict[str, Any]]:
            log = await self.log(code)
            return log if len(log) >= notices and all(item["state"] != "waiting" for item in log) else []

        return await wait_until(is_settled, SETTLED_SECONDS_MAX, what=f"{notices} notices about {code}")

    async def tried(self, code: str, *, attempts: int = 1) -> dict[str, Any]:
        """Wait until the only notice about a petition waits with so many ended attempts; return its entry in the log."""

        async def is_tried() -> dict[str, Any] | None:
            for item in await self.log(code):
                ended = [attempt for attempt in item["log"] or [] if attempt["ended_at"]]
                if item["state"] == "waiting" and len(ended) >= attempts:
                    return item
            return None

        return await wait_until(is_tried, SETTLED_SECONDS_MAX)

    async def has_heard_everything(self) -> bool:
        """Tell whether no message waits for notify or is in its hands."""
        infos = [await self.js.consumer_info(stream, DURABLE.name) for stream in STREAMS]
        return all(info.num_pending == 0 and info.num_ack_pending == 0 for info in infos)

    async def said(self) -> list[tuple[ledger.StoredEvent, dict[str, Any]]]:
        """Return every event of notify's ledger with its body."""
        return await said(self.database)


@dataclass(frozen=True)
class Around:
    """What is around notify."""

    js: JetStreamContext
    issuer: KeyIssuer
    mail: MailServer
    neighbours: Neighbours


@asynccontextmanager
async def at_work(around: Around, given: Mapping[str, str], clock: Clock) -> AsyncIterator[Scene]:
    """Notify at work, by this clock."""
    service = build(given, clock=clock)
    await service.start()
    database = Database(DatabaseSettings(url=given["NOTIFY_DATABASE__URL"]).sqlalchemy_url(), schema="notify")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://notify") as http:
        try:
            yield Scene(service, http, database, around.js, around.issuer, around.mail, around.neighbours)
        finally:
            await service.stop()
            await database.close()


async def said(database: Database) -> list[tuple[ledger.StoredEvent, dict[str, Any]]]:
    """Return every event of notify's ledger with its body."""
    async with database.reading() as connection:
        rows = await connection.execute(text(f"SELECT {ledger.EVENT_COLUMNS} FROM events ORDER BY seq"))
        stored = [ledger.stored_event(row, source="notify") for row in rows]
    return [(item, json.loads(item.body)) for item in stored]
