"""The demonstration's gateway for SMS and Zalo: it delivers nothing, and puts what would have been delivered beside the mails.

It speaks the protocol of docs/notices.md as any adapter would: it knows a repeat by its key, and reports that it delivered.
"""

import asyncio
import hmac
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.environment import CHANNELS
from deploy.local.mailbox import Mailbox
from shared.kernel.clock import Clock

KNOWN_MAX = 100_000
REPORT_ATTEMPTS, REPORT_SECONDS = 5, 1.0
_NAMES = {"sms": "SMS", "zalo": "Zalo"}


class PhoneDoors:
    """The gateway's doors; `url` is where notify is, for reports: what a message names is not called."""

    def __init__(self, mailbox: Mailbox, key_file: Path, clock: Clock, *, url: str) -> None:
        self._mailbox = mailbox
        self._key_file = key_file
        self._clock = clock
        self._url = url
        self._known: dict[str, str] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/{channel}/messages", self.messages, methods=["POST"]),
                Route("/{channel}/status", self.status, methods=["GET"]),
            ]
        )

    async def status(self, request: Request) -> Response:
        """GET …/status: the gateway is there."""
        return JSONResponse({"status": "ok"} if self._may(request) else {}, status_code=200 if self._may(request) else 401)

    async def messages(self, request: Request) -> Response:
        """POST …/messages: take a message."""
        if not self._may(request):
            return JSONResponse({"reason": "wrong_key"}, status_code=401)
        said: dict[str, Any] = await request.json()
        channel, key = request.path_params["channel"], str(said["id"])
        provider_id = self._known.get(key)
        if provider_id is None:
            provider_id = self._known[key] = self._kept(channel, said)
            while len(self._known) > KNOWN_MAX:
                self._known.pop(next(iter(self._known)))
        report = BackgroundTask(self._report, channel, {"id": key, "provider_id": provider_id, "status": "delivered"})
        return JSONResponse({"status": "accepted", "provider_id": provider_id}, background=report)

    def _may(self, request: Request) -> bool:
        key = f"Bearer {self._key_file.read_text(encoding='ascii').strip()}"
        is_ours = hmac.compare_digest(request.headers.get("Authorization", "").encode(), key.encode())
        return is_ours and request.path_params["channel"] in CHANNELS

    def _kept(self, channel: str, said: dict[str, Any]) -> str:
        """Put a message into the mailbox; return its id there."""
        message, number = EmailMessage(policy=SMTP), str(said["to"])
        message["From"] = Address(display_name=str(said.get("sender") or _NAMES[channel]), username=channel, domain="gateway")
        message["To"] = number
        message["Subject"] = f"[{_NAMES[channel]}] {str(said['text'])[:60]}"
        message["Message-ID"] = f"<{said['id']}@{channel}.gateway>"
        message.set_content(f"{said['text']}\n\n-- \n{said.get('template')} → {number}\n")
        return self._mailbox.add(bytes(message), sender=channel, recipients=[number], now=self._clock.now())

    async def _report(self, channel: str, report: dict[str, str]) -> None:
        """Say that a message was delivered, as gateways do: after a while, and again where nobody listens."""
        async with httpx.AsyncClient(base_url=self._url, trust_env=False) as http:
            body = http.build_request("POST", "", json=report).content
            key = self._key_file.read_bytes().strip()
            for _ in range(REPORT_ATTEMPTS):
                stamp = str(int(self._clock.now().timestamp()))
                signed = hmac.digest(key, stamp.encode() + b"." + body, "sha256").hex()
                headers = {"Content-Type": "application/json", "Caunoi-Signature": f"t={stamp},v1={signed}"}
                try:
                    answer = await http.post(f"/api/gateways/{channel}/reports", content=body, headers=headers)
                except httpx.HTTPError:
                    answer = None
                if answer is not None and answer.status_code < 500:  # noqa: PLR2004 - not a server's trouble
                    return
                await asyncio.sleep(REPORT_SECONDS)
