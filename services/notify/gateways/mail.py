"""A real SMTP server: connections are kept, several mails go over each, a broken one is made again.

Invariant: `send` tells of every mail, once and as soon as it is known, whether it was taken, refused, not handed over, or handed
over without an answer. Only the last may repeat a mail, and the caller can say so.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Protocol

import aiosmtplib
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.delivery import TAKEN, Mail, Reply
from shared.kernel.refusals import Trouble

COMMAND_SECONDS_MAX = 20.0
CONNECT_SECONDS_MAX = 20.0
LEAVE_SECONDS_MAX = 0.5
MAILS_PER_CONNECTION = 8
"""Mails of one round over one connection. Few: as many as a kill can make uncertain. Many: fewer transactions per mail."""
CLOSING = 421
NOT_HANDED_OVER = Reply(None, is_taken=False, why="not_handed_over", is_ours=True)
NO_ANSWER = Reply(None, is_taken=False, why="no_answer", is_unknown=True)
_BROKEN = (aiosmtplib.SMTPException, OSError, TimeoutError)


Tell = Callable[[int, Reply], None]
"""Told the place of a mail and its reply."""


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
    bounces: str = Field(default="", description="address that mails come back to that cannot be delivered: name@domain")
    connections: int = Field(default=4, ge=1, le=32, description="to the mail server at the same time")


class MailServer(Protocol):
    """Takes mails; a gateway or push services take their messages in the same way."""

    @property
    def round_size(self) -> int:
        """How many mails are best given to `send` at once."""
        ...

    async def connect(self) -> None:
        """See that mails can be handed over. Raises Trouble where they cannot."""
        ...

    async def send(self, mails: Sequence[Mail], *, within: timedelta, tell: Tell) -> None:
        """Hand over `mails` `within` a time; `tell` the reply to each. Never raises for what the server or the line does."""
        ...


class SmtpServer:
    """A real SMTP server."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._idle: list[aiosmtplib.SMTP] = []

    @property
    def round_size(self) -> int:
        return self._settings.connections * MAILS_PER_CONNECTION

    async def connect(self) -> None:
        self._idle.append(await self._connection())

    async def send(self, mails: Sequence[Mail], *, within: timedelta, tell: Tell) -> None:
        waiting = deque(enumerate(mails))
        lines = min(self._settings.connections, -(-len(mails) // MAILS_PER_CONNECTION))
        try:
            async with asyncio.timeout(within.total_seconds()), asyncio.TaskGroup() as group:
                for _ in range(lines):
                    group.create_task(self._empty(waiting, tell))
        except TimeoutError:
            pass  # what was in hand has told how far it came
        for place, _ in waiting:
            tell(place, NOT_HANDED_OVER)

    async def _empty(self, waiting: deque[tuple[int, Mail]], tell: Tell) -> None:
        """Hand over mail after mail, over one connection after another, until none waits or no connection is to be had."""
        while waiting:
            try:
                client = await self._connection()
            except Trouble:
                return
            is_open = False
            try:
                is_open = await _converse(client, waiting, tell)
            finally:  # also where the time was up in the middle of a conversation: that connection is of no use any more
                if is_open:
                    self._idle.append(client)
                else:
                    client.close()

    async def _connection(self) -> aiosmtplib.SMTP:
        """Return a connection that is kept, or a new one. Raises Trouble."""
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client
            client.close()
        try:
            client = self._new_client()
            async with asyncio.timeout(CONNECT_SECONDS_MAX):
                await client.connect()
        except _BROKEN as error:
            name = type(error).__name__
            raise Trouble(f"the mail server does not take our mails: {name}", code="mail_server_unreachable") from error
        return client

    def _new_client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = (
            settings.password_file.read_text(encoding="utf-8").strip() if settings.user and settings.password_file else None
        )
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=COMMAND_SECONDS_MAX,
            username=settings.user if password else None,
            password=password,
            use_tls=settings.security is Security.TLS,
            start_tls=settings.security is Security.STARTTLS,
            tls_context=None if settings.security is Security.NONE else ssl.create_default_context(),
        )

    async def close(self) -> None:
        """Take leave of the server, not for long."""
        await asyncio.gather(*(_leave(client) for client in self._idle))
        self._idle.clear()


async def _leave(client: aiosmtplib.SMTP) -> None:
    if client.is_connected:
        try:
            await client.quit(timeout=LEAVE_SECONDS_MAX)
        except _BROKEN:
            client.close()


async def _converse(client: aiosmtplib.SMTP, waiting: deque[tuple[int, Mail]], tell: Tell) -> bool:
    """Hand over what waits, mail after mail; return whether the connection can be used again."""
    is_open = True
    while waiting and is_open:
        place, mail = waiting.popleft()
        begun_at = perf_counter()
        attempt = _Attempt(client, mail)
        try:
            is_open = await attempt.hand_over()
        finally:  # also where the time was up in the middle of it
            tell(place, replace(attempt.reply, took=timedelta(seconds=perf_counter() - begun_at)))
    return is_open


@dataclass(slots=True)
class _Attempt:
    """One mail on one connection; `reply` is at every moment what is known of it."""

    client: aiosmtplib.SMTP
    mail: Mail
    reply: Reply = NOT_HANDED_OVER

    async def hand_over(self) -> bool:
        """Hand the mail over; return whether the connection can be used again."""
        try:
            await self.client.mail(self.mail.sender, encoding="ascii")
            await self.client.rcpt(self.mail.to, encoding="ascii")
            self.reply = NO_ANSWER  # from here on the server may have it
            await self.client.data(self.mail.content)
            self.reply = Reply(TAKEN, is_taken=True, why="taken")
        except aiosmtplib.SMTPResponseException as error:
            is_ours = isinstance(error, aiosmtplib.SMTPSenderRefused)
            self.reply = Reply(error.code, is_taken=False, why=type(error).__name__, is_ours=is_ours)
            return error.code != CLOSING and await _is_reset(self.client)
        except _BROKEN:
            return False
        return True


async def _is_reset(client: aiosmtplib.SMTP) -> bool:
    try:
        await client.rset()
    except _BROKEN:
        return False
    return True
