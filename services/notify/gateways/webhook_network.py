"""The network as webhooks may use it: we resolve a name, check every address of it, and connect to one that was checked.

Invariant: between the check and the connection nobody is asked again, so an answer that changes (DNS rebinding) changes nothing.
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import httpcore
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream

from services.notify.domain.webhook_targets import Address, Rules, addresses_of, check_addresses, literal
from shared.kernel.refusals import Malformed

RESOLVERS_MAX = 32
"""Threads that may wait for names at once; a name server that hangs holds as many as there are endpoints with such names."""
RESOLVE_SECONDS_MAX = 5.0
ADDRESSES_TRIED_MAX = 4


class NameNotFound(Exception):  # noqa: N818 - a fact about the world
    """The name has no address, or nobody says which."""


class AddressForbidden(Exception):  # noqa: N818 - a decision of ours
    """The name leads to an address that webhooks may not go to."""


class Resolver(Protocol):
    """Knows the addresses of names."""

    async def addresses(self, host: str) -> list[Address]:
        """Return all addresses of a name. Raises NameNotFound."""
        ...


class SystemResolver:
    """The name service of this machine, asked in threads of its own: one that hangs holds nothing else up."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVERS_MAX, thread_name_prefix="webhook-names")

    async def addresses(self, host: str) -> list[Address]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(RESOLVE_SECONDS_MAX):
                found = await loop.run_in_executor(self._threads, _ask, host)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise NameNotFound(type(error).__name__) from error
        return addresses_of(found)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ask(host: str) -> list[str]:
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))


class Guarded(AsyncNetworkBackend):
    """Connects to checked addresses alone; the name stays what the certificate is checked against."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        self._resolver = resolver
        self._rules = rules
        self._lines = httpcore.AnyIOBackend()

    async def checked(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host. Raises NameNotFound, AddressForbidden."""
        written = literal(host)
        addresses = [written] if written else await self._resolver.addresses(host)
        if not addresses:
            raise NameNotFound(host)
        try:
            check_addresses(addresses, port, self._rules)
        except Malformed as error:
            raise AddressForbidden from error
        return addresses

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        failure: Exception | None = None
        for address in (await self.checked(host, port))[:ADDRESSES_TRIED_MAX]:
            try:
                return await self._lines.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        del path, timeout, socket_options
        raise AddressForbidden

    async def sleep(self, seconds: float) -> None:
        await self._lines.sleep(seconds)
