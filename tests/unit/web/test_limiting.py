"""How often one may ask: by address or account, believed only from our own proxies; guesses least of all."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from shared.contracts.words import Role
from shared.identity import IdentitySettings, Principal, ServiceTokens, TokenVerifier
from shared.kernel.clock import SystemClock
from shared.testing.issuer import KeyIssuer, serving_issuer
from shared.web import LimitSettings, build_app
from shared.web.limiting import COUNTED_MAX, Door, Limits

SETTINGS = LimitSettings(look_per_minute=6, lodge_per_minute=4, guess_per_minute=2, account_per_minute=5)


@dataclass
class Ticking:
    """Seconds that go on when told."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Counted:
    """Limits with a clock of the test's own."""

    now: Ticking = field(default_factory=Ticking)
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        self.limits = Limits(SETTINGS, now=self.now)

    def asks(self, number: int, address: str = "203.0.113.7", door: Door = Door.LOOK) -> list[bool]:
        return [self.limits.by_address(address, door) is None for _ in range(number)]


def test_as_many_at_once_as_a_minute_allows_and_then_at_that_pace() -> None:
    counted = Counted()
    assert counted.asks(8) == [True] * 6 + [False] * 2
    refusal = counted.limits.by_address("203.0.113.7", Door.LOOK)
    assert refusal is not None
    assert (refusal.limit, refusal.seconds) == (6, 10)
    counted.now.at += 10
    assert counted.asks(2) == [True, False]
    counted.now.at += 60
    assert counted.asks(7) == [True] * 6 + [False]


def test_doors_and_addresses_are_counted_apart() -> None:
    counted = Counted()
    assert counted.asks(3, door=Door.GUESS) == [True, True, False]
    assert counted.asks(1, door=Door.LODGE) == [True]
    assert counted.asks(1, "203.0.113.8", Door.GUESS) == [True]


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_minute_lets_more_through_than_twice_its_limit(pauses: list[float]) -> None:
    counted, passed = Counted(), []
    for pause in pauses:
        counted.now.at += pause
        if counted.asks(1) == [True]:
            passed.append(counted.now.at)
    assert all(sum(start <= at < start + 60 for at in passed) <= 2 * SETTINGS.look_per_minute for start in passed)


def test_what_is_remembered_is_bounded() -> None:
    counted = Counted()
    counted.asks(3, "first", Door.GUESS)
    for number in range(COUNTED_MAX):
        counted.limits.by_address(str(number), Door.LOOK)
    assert counted.asks(1, "first", Door.GUESS) == [True]


def connection(client: str, forwarded: str | None = None) -> HTTPConnection:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return HTTPConnection({"type": "http", "headers": headers, "client": (client, 1)})


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # it may say what it likes
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"),  # what stands before it was said by whoever asks
        ("10.1.2.3", "nonsense", "unknown"),
        ("10.1.2.3", "10.4.4.4", "10.4.4.4"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", None, None),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", None, "203.0.113.7"),
    ],
)
def test_who_asks_is_what_our_own_proxies_say(client: str, forwarded: str | None, address: str | None) -> None:
    networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("10.0.0.0/8"))
    assert Limits(LimitSettings(trusted_proxies=networks)).address_of(connection(client, forwarded)) == address


def test_networks_are_written_with_commas() -> None:
    settings = LimitSettings.model_validate({"trusted_proxies": "10.0.0.0/8, ::1/128"})
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


@dataclass(frozen=True)
class House:
    """A service whose only door greets, and who may knock."""

    http: httpx.AsyncClient
    issuer: KeyIssuer

    async def ask(self, number: int, **headers: str) -> list[int]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return [(await self.http.get("/api/greeting", headers=sent)).status_code for _ in range(number)]

    def bearer(self, name: str) -> str:
        return f"Bearer {self.issuer.token(name, roles=[Role.OFFICER])}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    router = APIRouter()

    @router.get("/api/greeting")
    async def greet() -> str:
        return "xin chào"

    async def ready() -> list[str]:
        return []

    with serving_issuer(tmp_path) as issuer:
        identity = IdentitySettings(
            issuer=issuer.address, jwks_url=f"{issuer.address}/jwks", service_secret_file=issuer.secret_file
        )
        app = build_app(
            name="house",
            routers=[router],
            verifier=TokenVerifier(identity),
            clock=SystemClock(),
            readiness=ready,
            limits=SETTINGS,
        )
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            yield House(http, issuer)


async def test_who_asks_too_often_is_told_when_to_come_back_in_his_language(house: House) -> None:
    assert await house.ask(7, X_Forwarded_For="203.0.113.7") == [200] * 6 + [429]
    refused = await house.http.get("/api/greeting", headers={"X-Forwarded-For": "203.0.113.7", "Accept-Language": "en"})
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["Retry-After"] == str(refused.json()["seconds"])
    assert "at most 6 a minute" in refused.json()["detail"]
    assert await house.ask(1, X_Forwarded_For="203.0.113.8") == [200]


async def test_an_account_is_counted_wherever_it_asks_from(house: House) -> None:
    bearer = house.bearer("an-officer")
    asked = [await house.ask(1, Authorization=bearer, X_Forwarded_For=f"203.0.113.{number}") for number in range(6)]
    assert [status for (status,) in asked] == [200] * 5 + [429]
    assert await house.ask(1, Authorization=house.bearer("another")) == [200]


async def test_tokens_that_are_tried_out_count_as_guesses(house: House) -> None:
    statuses = [(await house.ask(1, Authorization=f"Bearer x{number}", X_Forwarded_For="203.0.113.7"))[0] for number in range(3)]
    assert statuses == [200, 200, 429]


async def test_our_own_services_and_this_machine_s_programs_are_not_counted(house: House) -> None:
    token = ServiceTokens(house.issuer.secret_file, "routing").token(now=SystemClock().now())
    assert await house.ask(20, Authorization=f"Bearer {token}", X_Forwarded_For="203.0.113.7") == [200] * 20
    assert await house.ask(20) == [200] * 20
    assert await house.ask(20, Authorization=house.bearer("an-importer")) == [200] * 20


def test_an_account_is_counted_by_who_it_is() -> None:
    counted = Counted()
    officer = Principal(subject="x", roles=frozenset({Role.OFFICER}))
    assert [counted.limits.by_account(officer, Door.LOOK) is None for _ in range(6)] == [True] * 5 + [False]
    other = Principal(subject="y", roles=frozenset({Role.OFFICER}))
    assert [counted.limits.by_account(other, Door.GUESS) is None for _ in range(3)] == [True, True, False]
