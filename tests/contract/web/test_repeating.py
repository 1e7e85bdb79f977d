"""Every POST under an Idempotency-Key is done once and answered alike, over a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Response
from sqlalchemy import text

from shared.contracts.words import Role
from shared.identity import EnvelopeCipher, IdentitySettings, TokenVerifier
from shared.kernel.refusals import Refused
from shared.persistence import Database
from shared.persistence.keyed import KEPT, LEASE
from shared.testing import FakeClock, wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from shared.web import LimitSettings, Repeats, build_app

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
KEY = {"Idempotency-Key": "key-00000001"}
SECRET = "Điều chỉ người hỏi được biết"


@dataclass
class House:
    """A service that counts how often something was done."""

    http: httpx.AsyncClient
    database: Database
    issuer: KeyIssuer
    clock: FakeClock
    done: list[Any] = field(default_factory=list)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, path: str = "do", *, body: Any = None, headers: dict[str, str] = KEY) -> httpx.Response:
        return await self.http.post(f"/api/{path}", json=body or {"number": 1}, headers=headers)

    def bearer(self, name: str) -> dict[str, str]:
        return KEY | {"Authorization": f"Bearer {self.issuer.token(name, roles=[Role.OFFICER])}"}


def routes(done: list[Any], goes_on: asyncio.Event) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.post("/do", status_code=201)
    async def do(asked: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        done.append(asked)
        return {"said": SECRET, "number": len(done)}

    @router.post("/silent", status_code=204)
    async def silent(asked: Annotated[dict[str, Any], Body()]) -> Response:
        done.append(asked)
        return Response(status_code=204)

    @router.post("/refuse")
    async def refuse(asked: Annotated[dict[str, Any], Body()]) -> None:
        done.append(asked)
        raise Refused("no", code="no")

    @router.post("/wait")
    async def wait(asked: Annotated[dict[str, Any], Body()]) -> dict[str, int]:
        done.append(asked)
        await goes_on.wait()
        return {"number": len(done)}

    return router


@pytest.fixture
async def house(service_database: Callable[[str], Awaitable[str]], tmp_path: Path) -> AsyncIterator[House]:
    url = await service_database("intake")
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"), schema="intake")
    clock, done, goes_on = FakeClock(NOW), list[Any](), asyncio.Event()

    async def ready() -> list[str]:
        return []

    with serving_issuer(tmp_path) as issuer:
        identity = IdentitySettings(
            issuer=issuer.address, jwks_url=f"{issuer.address}/jwks", service_secret_file=issuer.secret_file
        )
        app = build_app(
            name="house",
            routers=[routes(done, goes_on)],
            verifier=TokenVerifier(identity),
            clock=clock,
            readiness=ready,
            limits=LimitSettings(),
            repeats=Repeats(database, EnvelopeCipher(bytes(32))),
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house") as http:
            yield House(http, database, issuer, clock, done, goes_on)
    await database.close()


async def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(house: House) -> None:
    first, again = await house.ask(), await house.ask()
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, {"said": SECRET, "number": 1})
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert len(house.done) == 1
    async with house.database.reading() as connection:
        kept = (await connection.execute(text("SELECT body FROM keyed_answers"))).scalar_one()
    assert SECRET.encode() not in kept


async def test_an_answer_without_words_is_repeated_too(house: House) -> None:
    first, again = await house.ask("silent"), await house.ask("silent")
    assert (first.status_code, again.status_code, again.content, len(house.done)) == (204, 204, b"", 1)


async def test_another_request_under_the_key_is_refused(house: House) -> None:
    await house.ask()
    other = await house.ask(body={"number": 2})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (await house.ask("silent")).status_code == 204  # another door


async def test_everybody_has_keys_of_his_own(house: House) -> None:
    answers = [await house.ask(headers=headers) for headers in (KEY, house.bearer("a"), house.bearer("b"), house.bearer("a"))]
    assert [answer.json()["number"] for answer in answers] == [1, 2, 3, 2]


async def test_what_was_refused_may_be_mended_and_sent_again(house: House) -> None:
    assert [(await house.ask("refuse", body={"number": number})).status_code for number in (1, 2)] == [409, 409]
    assert len(house.done) == 2


async def test_of_two_at_once_one_is_done_and_the_other_told_to_wait_until_the_first_is_taken_for_dead(house: House) -> None:
    first = asyncio.create_task(house.ask("wait"))
    await wait_until(lambda: bool(house.done))
    assert (await house.ask("wait")).json()["code"] == "idempotency_key_running"
    house.clock.advance(LEASE + timedelta(seconds=1))
    taken_over = asyncio.create_task(house.ask("wait"))
    house.goes_on.set()
    await asyncio.gather(first, taken_over)
    assert len(house.done) == 2


async def test_keys_are_forgotten_after_a_week(house: House) -> None:
    await house.ask()
    house.clock.advance(KEPT + timedelta(seconds=1))
    assert (await house.ask()).json()["number"] == 2


@pytest.mark.parametrize("key", ["short", "x" * 201, "with space"])
async def test_a_key_without_the_form_of_one_is_named(house: House, key: str) -> None:
    answer = await house.ask(headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert house.done == []


async def test_a_body_that_is_too_large_is_told_so_under_a_key_too(house: House) -> None:
    answer = await house.ask(body={"x": "x" * (1024 * 1024)})
    assert (answer.status_code, answer.json()["code"]) == (413, "http_413")


async def test_without_a_key_everything_is_done_each_time(house: House) -> None:
    await house.ask(headers={})
    await house.ask(headers={})
    assert len(house.done) == 2
