"""An agency's endpoint: a real HTTP server that keeps what it gets, and does as it is told."""

import asyncio
import json
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from standardwebhooks.webhooks import Webhook

HOST = "127.0.0.1"
HANG, BREAK, GARBAGE = "hang", "break", "garbage"


@dataclass(frozen=True)
class Got:
    """A request as it came, and when."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    def verified(self, secret: str) -> dict[str, Any]:
        """Return the event, its signature checked as receivers do it."""
        read: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers))
        return read


@dataclass
class Reply:
    """What the endpoint answers."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after_seconds: float = 0.0


@dataclass
class Receiver:
    """`script` holds what is done with the next requests: a reply, or hang, break, garbage; afterwards `usual`."""

    usual: Reply | str = field(default_factory=Reply)
    got: list[Got] = field(default_factory=list)
    script: deque[Reply | str] = field(default_factory=deque)
    port: int = 0
    most_at_once: int = 0
    tls: ssl.SSLContext | None = None
    refused: set[str] = field(default_factory=set)
    """Petitions of which it takes nothing."""
    _at_once: int = 0
    _server: asyncio.Server | None = None
    _lines: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}/hooks"

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._line, HOST, self.port, ssl=self.tls)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Go away with every connection."""
        if self._server is not None:
            self._server.close()
            for line in list(self._lines):
                line.cancel()
            await asyncio.gather(*self._lines, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def ids(self) -> Counter[str]:
        return Counter(got.id for got in self.got)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._lines.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.got.append(Got(head[0].split(" ")[1], headers, body, perf_counter()))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._answer(writer, self.got[-1])
        finally:
            self._at_once -= 1

    async def _answer(self, writer: asyncio.StreamWriter, got: Got) -> bool:
        wanted = self.script.popleft() if self.script else self.usual
        if self.refused and got.event["subject"] in self.refused:
            wanted = Reply(500)
        if wanted == HANG:
            await asyncio.Event().wait()
        if wanted == BREAK:
            return False
        if isinstance(wanted, str):
            writer.write(b"SSH-2.0-none of your business\r\n\r\n")
            await writer.drain()
            return False
        if wanted.after_seconds:
            await asyncio.sleep(wanted.after_seconds)  # the slowness of a real endpoint, not a wait of the test
        headers = {"Content-Length": str(len(wanted.body)), **wanted.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {wanted.status} Said\r\n{lines}\r\n".encode() + wanted.body)
        await writer.drain()
        return True


@asynccontextmanager
async def receiving(**given: Any) -> AsyncIterator[Receiver]:
    """An endpoint that listens."""
    receiver = Receiver(**given)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()
