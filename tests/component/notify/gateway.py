"""A real HTTP gateway for SMS and Zalo that does as it is told, and a push service that decrypts as a browser does."""

import asyncio
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared.testing import wait_until
from tests.component.notify.scene import HOST

KEY = "the key that we and the gateway share"


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve on a free port; yield the address."""
    config = uvicorn.Config(app, host=HOST, port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await wait_until(lambda: server.started)
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await running
        listener.close()


@dataclass
class Gateway:
    """`answers[number]` is a script, one answer per message: accepted, refused, later, 500, hang, drop; then all is accepted.

    `is_hanging`: no answer at all, not even about its state. `taken` holds what a person would see: a repeat is known by its key.
    """

    answers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    asked: list[dict[str, Any]] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_hanging: bool = False
    is_down: bool = False
    delay_seconds: float = 0.0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> Starlette:
        return Starlette(
            routes=[Route("/messages", self._messages, methods=["POST"]), Route("/status", self._status, methods=["GET"])]
        )

    async def _status(self, request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        if self.is_hanging:
            await self.let_go.wait()
        return JSONResponse({"status": "ok"}, status_code=503 if self.is_down else 200)

    async def _messages(self, request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        said: dict[str, Any] = await request.json()
        assert request.headers["Idempotency-Key"] == said["id"]
        self.asked.append(said)
        if self.is_hanging:
            await self.let_go.wait()
        if self.is_down:
            return Response(status_code=503)
        await asyncio.sleep(self.delay_seconds)  # the slowness of a real gateway, not a wait of the test
        script = self.answers[said["to"]]
        answer = script.pop(0) if script else "accepted"
        if answer == "500":
            return Response("<html>oops", status_code=500)
        if answer in ("accepted", "drop"):
            self.taken.setdefault(said["id"], said)
        if answer == "drop":
            return Response("not json", status_code=200)
        told = {"status": answer, "provider_id": f"p-{said['id'][:8]}", "reason": "blocked_number"}
        return JSONResponse(told, status_code=200)

    def to(self, number: str) -> list[str]:
        return [said["text"] for said in self.taken.values() if said["to"] == number]

    def asked_of(self) -> Counter[str]:
        return Counter(said["id"] for said in self.asked)


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """What a browser keeps of its subscription; `read` decrypts a message as it does (RFC 8291)."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "keys": {"p256dh": b64(self.point), "auth": b64(self.secret)}}

    def read(self, body: bytes) -> bytes:
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        info = b"WebPush: info\x00" + self.point + theirs
        ikm = HKDF(hashes.SHA256(), 32, self.secret, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(ikm)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(ikm)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        return plain.rstrip(b"\x00").removesuffix(b"\x02")


@dataclass
class PushService:
    """A push service: it checks who asks (RFC 8292), and keeps what it gets for each browser."""

    point: bytes
    got: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, int] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/push/{browser}", self._push, methods=["POST"])])

    async def _push(self, request: Request) -> Response:
        browser = request.path_params["browser"]
        scheme, _, said = request.headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in said.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(parts["k"]))
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"], options={"verify_aud": False})
        assert (scheme, unb64(parts["k"]), claims["sub"][:7]) == ("vapid", self.point, "mailto:")
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert int(request.headers["TTL"]) > 0
        assert len(request.headers["Topic"]) <= 32
        status = self.statuses.get(browser, 201)
        if status == 201:
            self.got[browser].append(await request.body())
        return Response(status_code=status)
