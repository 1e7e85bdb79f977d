"""An HTTP gateway for SMS and Zalo: a small protocol of ours (docs/notices.md), to which any provider can be adapted.

Invariant: a message keeps its key however often it is handed over, so that the gateway knows a repeat; what it answers is taken,
refused for good, or later, and nothing else.
"""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.delivery import TAKEN, Mail, Reply
from services.notify.gateways.mail import Tell
from services.notify.gateways.rounds import MESSAGES_PER_LINE, send_round
from shared.kernel.refusals import Malformed, Trouble

ANSWER_SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 64 * 1024
SIGNATURE_AGE_MAX = timedelta(minutes=5)
SIGNATURE_HEADER = "Caunoi-Signature"
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_WORD = re.compile(r"[a-z0-9_.-]{1,40}")
_REFUSING = frozenset({400, 404, 409, 410, 413, 422})
"""The request itself is not right: the same one will be refused again."""


class GatewaySettings(BaseModel):
    """A gateway; without `url` there is none."""

    model_config = ConfigDict(frozen=True)

    url: str | None = Field(default=None, description="base address; messages go to URL/messages")
    key_file: Path | None = Field(default=None, description="file with the key that we and the gateway share")
    sender: str = Field(default="", max_length=40, description="name or number that people see")
    connections: int = Field(default=8, ge=1, le=64)
    per_second: float = Field(default=0, ge=0, le=10_000, description="at most so many messages; 0: as many as it takes")
    is_plain: bool = Field(default=False, description="without accents: more letters in each part of an SMS")


class HttpGateway:
    """Takes messages for one channel to its gateway."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._url = (settings.url or "").rstrip("/")
        self._key_file = settings.key_file
        self._lines = settings.connections
        self._per_second = settings.per_second
        limits = httpx.Limits(max_connections=settings.connections, max_keepalive_connections=settings.connections)
        self._http = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, limits=limits, follow_redirects=False, trust_env=False)

    @property
    def round_size(self) -> int:
        size = self._lines * MESSAGES_PER_LINE
        return size if not self._per_second else max(1, min(size, int(self._per_second)))

    async def connect(self) -> None:
        """See that the gateway is there. Raises Trouble."""
        try:
            answer = await self._http.get(f"{self._url}/status", headers=self._headers())
        except httpx.HTTPError as error:
            raise Trouble(f"the gateway cannot be reached: {type(error).__name__}", code="gateway_unreachable") from error
        if not answer.is_success:
            raise Trouble(f"the gateway answers {answer.status_code}", code="gateway_unreachable")

    async def send(self, mails: Sequence[Mail], *, within: timedelta, tell: Tell) -> None:
        """Hand over messages; `tell` the reply to each. Never raises for what the gateway or the line does."""
        lines = self._lines if not self._per_second else max(1, min(self._lines, int(self._per_second)))
        await send_round(mails, self._hand_over, lines=lines, within=within, tell=tell)

    async def _hand_over(self, mail: Mail) -> Reply:
        headers = {**self._headers(), "Content-Type": "application/json", "Idempotency-Key": mail.key}
        try:
            answer = await self._http.post(f"{self._url}/messages", content=mail.content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Reply(None, is_taken=False, why=type(error).__name__, is_ours=True, is_away=True)
        except httpx.HTTPError as error:
            return Reply(None, is_taken=False, why=type(error).__name__, is_unknown=True, is_away=True)
        return reply_of(answer.status_code, answer.content[:ANSWER_BYTES_MAX])

    def _headers(self) -> dict[str, str]:
        key = read_key(self._key_file)
        return {"Authorization": f"Bearer {key.decode()}"} if key else {}

    async def close(self) -> None:
        await self._http.aclose()


def reply_of(status: int, content: bytes) -> Reply:
    """Return what a gateway's answer means."""
    said = _object(content)
    reason = str(said.get("reason", ""))
    word = reason if _WORD.fullmatch(reason) else f"http_{status}"  # a gateway's own prose may hold a number
    provider_id = said.get("provider_id")
    if httpx.codes.is_success(status):
        match said.get("status"):
            case "accepted":
                return Reply(TAKEN, is_taken=True, why="taken", provider_id=provider_id if isinstance(provider_id, str) else None)
            case "refused":
                return Reply(None, is_taken=False, why=f"refused_{word}", is_final=True)
            case "later":
                return Reply(None, is_taken=False, why=f"later_{word}")
        return Reply(None, is_taken=False, why="not_understood", is_unknown=True, is_ours=True)
    if status in _REFUSING:
        return Reply(None, is_taken=False, why=f"refused_{word}", is_final=True)
    return Reply(None, is_taken=False, why=f"http_{status}", is_ours=True, is_away=True)


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def read_key(file: Path | None) -> bytes:
    """Return the key that we and the gateway share; empty where there is none."""
    return file.read_bytes().strip() if file else b""


def signature(key: bytes, body: bytes, *, now: datetime) -> str:
    """Return the signature of a delivery report: HMAC-SHA256 over the instant and the body."""
    stamp = str(int(now.timestamp()))
    return f"t={stamp},v1={hmac.digest(key, stamp.encode() + b'.' + body, 'sha256').hex()}"


def check_signature(key: bytes, header: str, body: bytes, *, now: datetime) -> None:
    """Raise Malformed unless the gateway signed this body a moment ago."""
    found = _SIGNATURE.fullmatch(header)
    if not key or found is None:
        raise _unsigned("missing")
    stamp, signed = found.groups()
    expected = hmac.digest(key, stamp.encode() + b"." + body, "sha256").hex()
    if not hmac.compare_digest(signed, expected):
        raise _unsigned("wrong")
    if abs(now.timestamp() - int(stamp)) > SIGNATURE_AGE_MAX.total_seconds():
        raise _unsigned("too_old")


def _unsigned(reason: str) -> Malformed:
    remedy = "ký lại bằng khoá của cổng và giờ hiện tại · sign with the gateway's key and the present time"
    mistake = {"field": SIGNATURE_HEADER, "reason": reason, "remedy": remedy}
    return Malformed("the report is not signed by the gateway", code="bad_signature", errors=[mistake])
