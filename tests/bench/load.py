"""Clients that each send one request after another over a connection of their own, with as little work of their own as can be."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CREATED = b"201"
_HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Measured:
    """What the clients saw: seconds of each request, and of the whole run."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


async def run_clients(port: int, request: Callable[[], bytes], *, clients: int, requests: int) -> Measured:
    """Send `requests` in all from `clients` at once. Raises AssertionError where one is not answered 201."""
    measured = Measured()
    left = requests

    async def client() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left > 0:
            left -= 1
            began = time.perf_counter()
            writer.write(request())
            await _created(reader)
            measured.latencies.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*[client() for _ in range(clients)])
    measured.seconds = time.perf_counter() - began
    return measured


async def _created(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(_HEAD_END)
    status = head[9:12]
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if status != CREATED:
        raise AssertionError(f"{status!r}: {body[:500]!r}")
