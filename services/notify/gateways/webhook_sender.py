"""Agencies' endpoints over HTTP: one POST, one answer, of which a beginning is kept.

Invariants: no redirect is followed, no proxy of the environment is used, an attempt ends in its time whatever the other side
does, and `post` never raises for what the other side or the line does.
"""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import perf_counter
from typing import Protocol
from urllib.parse import quote, urlsplit

import httpcore

from services.notify.domain.webhook_rules import Answer, Why
from services.notify.domain.webhook_targets import Rules, read_url
from services.notify.gateways.webhook_network import AddressForbidden, Guarded, NameNotFound, Resolver
from shared.kernel.refusals import Malformed

TIMEOUT_SECONDS = 15.0
BODY_BYTES_KEPT = 4096
HEADERS_KEPT, HEADER_CHARACTERS_KEPT = 40, 500
IDLE_SECONDS = 30.0
ORIGINS_KEPT = 500
AGENT = "CauNoi-Webhooks/1.0"
_NOT_KEPT = frozenset({"set-cookie"})
_DELAY_DIGITS_MAX = 9
_CONNECTING = (httpcore.ConnectError, httpcore.ConnectTimeout)
_LINE = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError)
_TIME = (TimeoutError, httpcore.TimeoutException)


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: headers and the beginning of the body, from which machine; `is_cut`: there was more."""

    answer: Answer
    address: str | None = None
    headers: Mapping[str, str] | None = None
    body: str | None = None
    is_cut: bool = False


class Endpoints(Protocol):
    """Takes events to agencies' endpoints."""

    async def check(self, url: str) -> None:
        """See that webhooks may go to an address. Raises Malformed with the field `url`."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Said:
        """Send once, and return what came of it. Never raises for what the other side or the line does."""
        ...

    async def close(self) -> None:
        """Take leave of everybody."""
        ...


class HttpEndpoints:
    """Over HTTP/1.1, connections kept."""

    def __init__(
        self,
        rules: Rules,
        resolver: Resolver,
        *,
        connections: int,
        timeout_seconds: float = TIMEOUT_SECONDS,
        authorities: Path | None = None,
    ) -> None:
        self._rules = rules
        self._timeout_seconds = timeout_seconds
        self._network = Guarded(resolver, rules)
        self._connections = connections
        self._context = ssl.create_default_context()
        if authorities is not None:
            self._context.load_verify_locations(authorities)
        self._pools: OrderedDict[str, httpcore.AsyncConnectionPool] = OrderedDict()

    async def check(self, url: str) -> None:
        target = read_url(url, self._rules)
        try:
            await self._network.checked(target.host, target.port)
        except NameNotFound as error:
            raise _unknown_name() from error
        except AddressForbidden as error:
            raise error.__cause__ or error from None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Said:
        began = perf_counter()
        said = await self._told(url, headers, body, now)
        return replace(said, answer=replace(said.answer, took=timedelta(seconds=perf_counter() - began)))

    async def _told(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Said:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(url, headers, body, now)
        except _TIME:
            why = Why.TIMED_OUT
        except NameNotFound:
            why = Why.NOT_FOUND
        except (AddressForbidden, Malformed):  # rules may have become stricter since it was written
            why = Why.FORBIDDEN
        except _CONNECTING as error:
            why = Why.NOT_TRUSTED if _is_about_trust(error) else Why.NOT_CONNECTED
        except _LINE:
            why = Why.BROKEN
        return Said(Answer(why))

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Said:
        target, parts = read_url(url, self._rules), urlsplit(url)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{parts.query}" if parts.query else "")
        asked = httpcore.URL(scheme=parts.scheme.encode(), host=target.host.encode(), port=target.port, target=path.encode())
        sent = {"Host": parts.netloc, "User-Agent": AGENT, "Accept-Encoding": "identity", "Content-Length": str(len(body))}
        every = self._timeout_seconds
        times = {"connect": every, "read": every, "write": every, "pool": every}
        async with (await self._pool(f"{parts.scheme}://{parts.netloc}")).stream(
            "POST", asked, headers=list((sent | dict(headers)).items()), content=body, extensions={"timeout": times}
        ) as response:
            kept, is_cut = await _beginning(response)
            named = _headers(response.headers)
            answer = Answer(Why.ANSWERED, response.status, retry_after=_retry_after(named.get("retry-after"), now))
            return Said(answer, _machine(response), named, _text(kept), is_cut)

    async def _pool(self, origin: str) -> httpcore.AsyncConnectionPool:
        """Return the connections to an origin, the last used ones kept: a pool looks through all of its connections each time."""
        pool = self._pools.pop(origin, None)
        if pool is None:
            pool = httpcore.AsyncConnectionPool(
                ssl_context=self._context,
                max_connections=self._connections,
                max_keepalive_connections=self._connections,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=self._network,
            )
        self._pools[origin] = pool
        if len(self._pools) > ORIGINS_KEPT:
            oldest, idle = next(iter(self._pools.items()))
            if all(line.is_idle() or line.is_closed() for line in idle.connections):
                del self._pools[oldest]
                await idle.aclose()
        return pool

    async def close(self) -> None:
        """Take leave of everybody."""
        await asyncio.gather(*(pool.aclose() for pool in self._pools.values()))
        self._pools.clear()


async def _beginning(response: httpcore.Response) -> tuple[bytes, bool]:
    """Read the beginning of the body; what goes on after it is not listened to."""
    kept = bytearray()
    async for part in response.aiter_stream():
        kept += part
        if len(kept) > BODY_BYTES_KEPT:
            return bytes(kept[:BODY_BYTES_KEPT]), True
    return bytes(kept), False


def _headers(given: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    named = [(name.decode("latin-1").lower(), _text(value[:HEADER_CHARACTERS_KEPT])) for name, value in given[:HEADERS_KEPT]]
    return {name: value for name, value in named if name not in _NOT_KEPT}


def _text(raw: bytes) -> str:
    """Return bytes as text that every table and JSON document takes."""
    return raw.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _machine(response: httpcore.Response) -> str | None:
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    return str(peer[0]) if peer else None


def _retry_after(written: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date; what cannot be read counts as not said."""
    if not written:
        return None
    if written.isascii() and written.isdigit():
        return timedelta(seconds=int(written[:_DELAY_DIGITS_MAX]))
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(at - now, timedelta(0))


def _is_about_trust(error: Exception) -> bool:
    """Whether a connection was made, but the certificate is not one that we trust for this name."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _unknown_name() -> Malformed:
    mistake = {
        "field": "url",
        "reason": "không tìm thấy tên miền này · no such name is known",
        "remedy": "kiểm tra chính tả tên miền, rồi thử lại · check how the name is written, then try again",
    }
    return Malformed("url: no such name is known", errors=[mistake])
