"""Web push: browsers are told through the push service of whoever made them (RFC 8030), encrypted for each (RFC 8291, 8292).

Invariant: a push service gets bytes that it cannot read and is asked only where it is one that the city trusts, over HTTPS.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict, Field
from webpush import WebPush, WebPushSubscription  # type: ignore[import-untyped]  # the package has no py.typed

from services.notify.domain.delivery import TAKEN, Mail, Reply
from services.notify.gateways.mail import Tell
from services.notify.gateways.rounds import MESSAGES_PER_LINE, send_round
from shared.kernel.refusals import Malformed

ANSWER_SECONDS_MAX = 10.0
KEPT = timedelta(days=2)
"""So long a push service keeps what it cannot deliver, because the browser is not there."""
LINES = 4
_GONE = frozenset({404, 410})
_REFUSED = frozenset({400, 413})
PUSH_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".notify.windows.com",
    ".push.apple.com",
)


class PushSettings(BaseModel):
    """Web push; without a key there is none."""

    model_config = ConfigDict(frozen=True)

    key_file: Path | None = Field(default=None, description="PEM file with the private key of the city (VAPID, P-256)")
    contact: str = Field(default="", description="address that push services write to when something is wrong")
    hosts: str = Field(default=" ".join(PUSH_SERVICES), description="push services that are trusted, by space; .x: all below x")
    is_local: bool = Field(default=False, description="for trials: push services on this machine, without HTTPS")


class PushKey:
    """The city's key at push services."""

    def __init__(self, pem: bytes) -> None:
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except ValueError as error:
            raise Malformed("the key for web push is not a PEM file", code="bad_push_key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Malformed("the key for web push is not one of P-256", code="bad_push_key")
        form, spki = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        self.private = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.public = key.public_key().public_bytes(form, spki)
        self.point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def is_trusted(endpoint: str, settings: PushSettings) -> bool:
    """Return whether an address is that of a push service that the city trusts: nothing else is ever asked."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if settings.is_local and host in ("127.0.0.1", "localhost"):
        return parts.scheme in ("http", "https")
    known = any(host.endswith(name) if name.startswith(".") else host == name for name in settings.hosts.split())
    return parts.scheme == "https" and known and port in (None, 443) and "@" not in parts.netloc


class PushServices:
    """Encrypts for browsers and hands over to their push services. A message's content: its text and the subscriptions."""

    def __init__(self, settings: PushSettings, key: PushKey) -> None:
        self._settings = settings
        self._push = WebPush(BytesIO(key.private), BytesIO(key.public), subscriber=settings.contact)
        self._http = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, follow_redirects=False, trust_env=False)

    @property
    def round_size(self) -> int:
        return LINES * MESSAGES_PER_LINE

    async def connect(self) -> None:
        """Nothing to see: push services are many, and each answers for itself."""

    async def send(self, mails: Sequence[Mail], *, within: timedelta, tell: Tell) -> None:
        """Hand over messages; `tell` the reply to each. Never raises for what push services or lines do."""
        await send_round(mails, self._to_all, lines=LINES, within=within, tell=tell)

    async def _to_all(self, mail: Mail) -> Reply:
        """Hand a message over for every browser of a petitioner; it is taken where one of their services takes it."""
        content = orjson.loads(mail.content)
        replies = [(item["id"], await self._to(item, orjson.dumps(content["message"]), mail.key)) for item in content["to"]]
        gone = tuple(key for key, reply in replies if reply.is_final and reply.why == "gone")
        best = min((reply for _, reply in replies), key=lambda reply: (not reply.is_taken, reply.is_final))
        return Reply(best.code, best.is_taken, best.why, best.is_unknown, best.is_ours, is_final=best.is_final, gone=gone)

    async def _to(self, item: dict[str, str], message: bytes, key: str) -> Reply:
        endpoint = item["endpoint"]
        if not is_trusted(endpoint, self._settings):
            return Reply(None, is_taken=False, why="gone", is_final=True)
        keys = {"p256dh": item["p256dh"], "auth": item["auth"]}
        try:
            subscription = WebPushSubscription.model_validate({"endpoint": endpoint, "keys": keys})
            made = await asyncio.to_thread(self._push.get, message, subscription, ttl=int(KEPT.total_seconds()))
        except ValueError:  # not a point of the curve: no browser made it
            return Reply(None, is_taken=False, why="gone", is_final=True)
        headers = {**made.headers, "Content-Type": "application/octet-stream", "Urgency": "normal", "Topic": key}
        try:
            answer = await self._http.post(endpoint, content=made.encrypted, headers=headers)
        except httpx.HTTPError as error:
            return Reply(None, is_taken=False, why=type(error).__name__, is_unknown=not isinstance(error, httpx.ConnectError))
        return _meaning(answer.status_code)

    async def close(self) -> None:
        await self._http.aclose()


def _meaning(status: int) -> Reply:
    if httpx.codes.is_success(status):
        return Reply(TAKEN, is_taken=True, why="taken")
    if status in _GONE:
        return Reply(None, is_taken=False, why="gone", is_final=True)
    if status in _REFUSED:
        return Reply(None, is_taken=False, why=f"refused_http_{status}", is_final=True)
    return Reply(None, is_taken=False, why=f"http_{status}", is_ours=True)
