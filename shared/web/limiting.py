"""How often one address, or one account, may ask, for each kind of door.

Counted by the generic cell rate algorithm (ITU-T I.371): one number per key, as many requests at once as a minute allows, then at
that pace. (The package `limits` would do it too; its store in memory looks through all keys at every request.)

Invariant: what a person does at a desk is never refused; who tries out codes, secrets or passwords is, long before he can hope to
guess one. Who is signed in is counted by account, everybody else by address (of IPv6 the /64 that one household has). Our own
services, and programs on this machine that no proxy speaks for, are not counted. Each process counts for itself.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from math import ceil
from time import monotonic
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, IPvAnyNetwork
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.contracts.words import Role
from shared.identity import PRINCIPAL_KEY, NotSignedIn, Principal, TokenVerifier
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.web.language import language_of
from shared.web.problems import problem
from shared.web.signing_in import bearer_of, has_session_cookie, session_of

TOO_MANY = 429
COUNTED_MAX = 100_000
"""How many addresses and accounts are remembered: beyond it who asked longest ago begins anew."""
SEEN_MAX = 10_000
_MINUTE = 60.0
DOORS = "/api/"
_STATIC = "/static/"
_SIGN_IN = ("/sign-in", "/signed-in")
_FORWARDED = "x-forwarded-for"
_HOUSEHOLD_BITS = 64
_UNKNOWN = "unknown"


class Door(StrEnum):
    """Kinds of doors, by what too many requests would do there."""

    LOOK = "look"
    LODGE = "lodge"
    GUESS = "guess"
    """What a code, a secret or a phrase opens."""


DoorOf = Callable[[str, str], Door | None]
"""From method and path below the service's own to the kind of the door; None: it is not counted, like a question after health."""


def looking(_method: str, path: str) -> Door | None:
    """Return the kind of doors of services that have no others."""
    return Door.LOOK if path.startswith(DOORS) else None


def _listed(written: object) -> object:
    return [part.strip() for part in written.split(",") if part.strip()] if isinstance(written, str) else written


class LimitSettings(BaseModel):
    """How many requests per minute; 0: as many as anybody likes."""

    model_config = ConfigDict(frozen=True)

    look_per_minute: int = Field(default=600, ge=0, description="by address, without signing in")
    lodge_per_minute: int = Field(default=60, ge=0, description="by address: petitions and files")
    guess_per_minute: int = Field(default=20, ge=0, description="by address or account: what a secret opens, bad tokens")
    account_per_minute: int = Field(default=1200, ge=0, description="by account")
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_listed)] = Field(
        default=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="networks of our own proxies, by comma: their X-Forwarded-For is believed",
    )

    def per_minute(self, door: Door) -> int:
        """Return the limit of a kind of doors."""
        return {Door.LOOK: self.look_per_minute, Door.LODGE: self.lodge_per_minute, Door.GUESS: self.guess_per_minute}[door]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Too many: how many there may be in a minute, and after how many seconds to ask again."""

    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an address is: of which household, whether of our own proxies, whether of this machine."""

    household: str
    is_trusted: bool
    is_loopback: bool


class Limits:
    """Counts requests. `now` gives seconds that only grow; they have nothing to do with the law's time."""

    def __init__(self, settings: LimitSettings, *, now: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._now = now
        self._next: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._see = lru_cache(SEEN_MAX)(self._seen)

    def by_address(self, address: str, door: Door) -> Refusal | None:
        """Count a request of somebody who is not signed in."""
        return self._count((door, address), self._settings.per_minute(door))

    def by_account(self, principal: Principal, door: Door) -> Refusal | None:
        """Count a request of an account, also as a guess where it is one; our own services are not counted."""
        if principal.has(Role.SERVICE):
            return None
        account = self._count(("account", principal.subject), self._settings.account_per_minute)
        if account is not None or door is not Door.GUESS:
            return account
        return self._count(("account guess", principal.subject), self._settings.guess_per_minute)

    def address_of(self, connection: HTTPConnection) -> str | None:
        """Return who asks, as our own proxies tell it; None: a program on this machine."""
        told = [part.strip() for part in ",".join(connection.headers.getlist(_FORWARDED)).split(",") if part.strip()]
        chain = [*told, connection.client.host if connection.client else _UNKNOWN]
        for place, written in enumerate(reversed(chain)):
            seen = self._see(written)
            if seen is None or not seen.is_trusted:
                return seen.household if seen else _UNKNOWN
            if place == len(chain) - 1:
                return None if seen.is_loopback and not told else seen.household
        return _UNKNOWN

    def _seen(self, written: str) -> _Seen | None:
        address = _address(written)
        if address is None:
            return None
        networks = (network for network in self._settings.trusted_proxies if network.version == address.version)
        return _Seen(_household(address), any(address in network for network in networks), address.is_loopback)

    def _count(self, key: tuple[str, str], limit: int) -> Refusal | None:
        if limit == 0:
            return None
        now, apart = self._now(), _MINUTE / limit
        due = max(self._next.get(key, now), now) + apart
        if due - now > _MINUTE:
            return Refusal(limit, ceil(due - now - _MINUTE))
        self._next[key] = due
        self._next.move_to_end(key)
        if len(self._next) > COUNTED_MAX:
            self._next.popitem(last=False)
        return None


class Limited:
    """Refuses what is too much, before anything is read."""

    def __init__(self, app: ASGIApp, *, limits: Limits, door_of: DoorOf, verifier: TokenVerifier, clock: Clock) -> None:
        self._app = app
        self._limits = limits
        self._door_of = door_of
        self._verifier = verifier
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        door = self._door_of(scope["method"], path) or _of_pages(connection, path)
        if door is None:
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(connection, door)
        if refusal is None:
            await self._app(scope, receive, send)
            return
        facts = {"limit": refusal.limit, "seconds": refusal.seconds}
        answer = problem(TOO_MANY, "too_many_requests", language=language_of(connection), facts=facts)
        answer.headers["Retry-After"] = str(refusal.seconds)
        await answer(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection, door: Door) -> Refusal | None:
        known: Principal | None = connection.scope.get(PRINCIPAL_KEY)
        if known is not None:
            return self._limits.by_account(known, door)
        address = self._limits.address_of(connection)
        token = bearer_of(connection)
        if address is None:
            return None
        if token is not None:
            try:
                return self._limits.by_account(await self._verifier.verify(token, now=self._clock.now()), door)
            except NotSignedIn:
                door = Door.GUESS
            except Trouble:
                pass  # the door says it; meanwhile the address counts
        elif (session := session_of(connection)) is not None:
            return self._limits.by_account(session.principal, door)
        return self._limits.by_address(address, door)


def _of_pages(connection: HTTPConnection, path: str) -> Door | None:
    """Return the kind of a page's door: signing in, and what somebody asks who is, or says to be, signed in."""
    if path.startswith(_STATIC):
        return None
    return Door.LOOK if path in _SIGN_IN or has_session_cookie(connection) else None


def _address(written: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(written.removeprefix("[").partition("]")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _household(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _HOUSEHOLD_BITS), strict=False))
