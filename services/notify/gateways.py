"""What notify asks outside: a mail server, and our own services for addresses and answers."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import aiosmtplib
import httpx
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.delivery import Reply
from shared.identity import ServiceTokens
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble

TIMEOUT_SECONDS = 20.0
SMTP_TAKEN = 250


class Security(StrEnum):
    """How the line to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class SmtpSettings(BaseModel):
    """The mail server."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int = Field(ge=1, le=65535)
    security: Security = Security.STARTTLS
    user: str | None = None
    password_file: Path | None = None
    sender: str = Field(description="address that mails come from, for example Cầu Nối <khong-tra-loi@hanoi.example>")
    connections: int = Field(default=4, ge=1, le=32, description="to the mail server at the same time")


class MailServer(Protocol):
    """Takes mails."""

    async def send(self, mails: Sequence[EmailMessage]) -> list[Reply]:
        """Return the server's reply to each mail, in order. Never raises for what the server or the line does."""
        ...


class SmtpServer:
    """A real SMTP server; connections are kept and made again when they break."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._idle: list[aiosmtplib.SMTP] = []
        self._limit = asyncio.Semaphore(settings.connections)

    async def send(self, mails: Sequence[EmailMessage]) -> list[Reply]:
        return list(await asyncio.gather(*(self._send(mail) for mail in mails)))

    async def _send(self, mail: EmailMessage) -> Reply:
        async with self._limit:
            try:
                client = await self._connection()
                _, words = await client.send_message(mail)
            except aiosmtplib.SMTPRecipientsRefused as error:
                refused = error.recipients[0]
                self._idle.append(client)
                return Reply(refused.code, is_taken=False, why="recipient refused")
            except aiosmtplib.SMTPResponseException as error:
                return Reply(error.code, is_taken=False, why=type(error).__name__)
            except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
                return Reply(None, is_taken=False, why=type(error).__name__)
            self._idle.append(client)
            return Reply(SMTP_TAKEN, is_taken=True, why=words[:100])

    async def _connection(self) -> aiosmtplib.SMTP:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=TIMEOUT_SECONDS,
            use_tls=settings.security is Security.TLS,
            start_tls=settings.security is Security.STARTTLS,
            tls_context=None if settings.security is Security.NONE else ssl.create_default_context(),
        )
        await client.connect()
        if settings.user and settings.password_file:
            await client.login(settings.user, settings.password_file.read_text(encoding="utf-8").strip())
        return client

    async def close(self) -> None:
        """Take leave of the server."""
        for client in self._idle:
            if client.is_connected:
                try:
                    await client.quit()
                except (aiosmtplib.SMTPException, OSError, TimeoutError):
                    client.close()
        self._idle.clear()


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a petitioner can be told. Held only while a mail is written."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


class Neighbours(Protocol):
    """Our own services, as far as notices need them."""

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Return contacts by petition id. Raises Trouble."""
        ...

    async def answers(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return answers by petition id; none of denunciations. Raises Trouble."""
        ...


class HttpNeighbours:
    """Intake and routing over HTTP, with a token of ours."""

    def __init__(self, *, intake_url: str, routing_url: str, tokens: ServiceTokens, clock: Clock) -> None:
        self._intake = intake_url.rstrip("/")
        self._routing = routing_url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._tokens = tokens
        self._clock = clock

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        asked = {"petition_ids": [str(key) for key in ids], "purpose": "notify"}
        found = (await self._post(f"{self._intake}/api/internal/contacts", asked))["contacts"]
        return {UUID(key): Contact(value.get("name"), value.get("email"), value.get("phone")) for key, value in found.items()}

    async def answers(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        found = (await self._post(f"{self._routing}/api/internal/answers", {"petition_ids": [str(key) for key in ids]}))[
            "answers"
        ]
        return {UUID(key): value for key, value in found.items()}

    async def _post(self, address: str, asked: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens.token(now=self._clock.now())}"}
        try:
            answer = await self._http.post(address, json=asked, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Trouble("a service that notices need does not answer", code="neighbour_unreachable") from error
        return answer.json()

    async def close(self) -> None:
        await self._http.aclose()
