"""Whatever goes wrong below /open311 is said in Open311's form: by the router, the limits, a missing neighbour, a bug."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.environment import environment, make_secrets
from deploy.local.rights import NOWHERE
from deploy.local.secrets import client_line
from services.intake.app import build
from services.intake.domain import code as codes
from services.intake.gateways.client_keys import ClientKeys
from services.intake.gateways.topics import RoutingTopics
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import Malformed, Trouble
from shared.testing import FakeClock
from shared.testing.issuer import KeyIssuer
from tests.component.intake.open311.scene import FORMS, KEY, POSTED, Client, errors, shape

OUTSIDE = {"X-Forwarded-For": "203.0.113.9"}
"""Who comes through our own proxy is counted; the tests' own questions are not."""


async def test_unknown_addresses_are_not_found_in_either_form(client: Client) -> None:
    for form in FORMS:
        for path in ("nothing", "v2/nothing", "v2/requests/a/b", "v1/requests", "v2/services/a/b"):
            answer = await client.get(path, form=form)
            assert (path, answer.status_code) == (path, 404)
            errors(answer)


async def test_an_unknown_address_is_told_where_the_known_ones_are(client: Client) -> None:
    for form in FORMS:
        for language in ("vi", "en"):
            answer = await client.get("v2/nothing", form=form, headers={"Accept-Language": language})
            assert f"/intake/open311/discovery.{form}" in answer.text
            assert "openapi" not in answer.text
            assert ("Không có" in answer.text) is (language == "vi")
    known = await client.get("v2/services/nothing")
    assert (known.status_code, "discovery" in known.text) == (404, False)


@pytest.mark.parametrize("path", ["/open311/", "/open311/v2/requests", "/open311/v2/requests.html"])
async def test_an_address_without_a_form_is_answered_in_xml(client: Client, path: str) -> None:
    answer = await client.intake.http.get(path)
    assert (answer.status_code, shape(answer).tag) == (404, "errors")


async def test_other_methods_are_refused_and_the_allowed_ones_named(client: Client) -> None:
    for form in FORMS:
        for method in ("DELETE", "PUT", "PATCH"):
            answer = await client.intake.http.request(method, f"/open311/v2/requests.{form}")
            assert answer.status_code == 405
            assert {part.strip() for part in answer.headers["allow"].split(",")} >= {"GET", "POST"}
            errors(answer)


async def test_a_door_that_is_only_read_is_not_posted_to(client: Client) -> None:
    errors(answer := await client.post("v2/services", form="xml"))
    assert answer.status_code == 405


BODIES: dict[str, dict[str, Any]] = {
    "JSON": {"json": {"api_key": KEY, **POSTED}},
    "bytes that are no UTF-8": {"content": b"api_key=%ff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "bytes that were not packed": {"content": b"api_key=\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "too many fields": {"data": {f"attribute[{number}]": "x" for number in range(200)}},
    "a multipart without a boundary": {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
}


@pytest.mark.parametrize("name", BODIES)
async def test_what_cannot_be_read_is_refused(client: Client, name: str) -> None:
    for form in FORMS:
        answer = await client.intake.http.post(f"/open311/v2/requests.{form}", **BODIES[name])
        assert answer.status_code == 400
        errors(answer)


@pytest.mark.parametrize("form", FORMS)
async def test_a_form_without_files_may_have_a_megabyte(client: Client, form: str) -> None:
    large = await client.post(form=form, **(POSTED | {"description": "x" * 1_100_000}))
    assert large.status_code == 413
    errors(large)
    declared = await client.intake.http.post(
        f"/open311/v2/requests.{form}",
        content=b"x",
        headers={"Content-Length": str(2**40), "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert declared.status_code == 413
    errors(declared)


@pytest.mark.parametrize("form", FORMS)
async def test_too_many_requests_are_told_when_to_come_again(client: Client, form: str) -> None:
    posted = [await client.post(form=form, key=None, headers=OUTSIDE) for _ in range(4)]
    assert [answer.status_code for answer in posted] == [403, 403, 403, 429]
    assert int(posted[3].headers["retry-after"]) > 0
    errors(posted[3])
    looked = [(await client.get("discovery", form=form, headers=OUTSIDE)).status_code for _ in range(4)]
    assert looked == [200, 200, 200, 429]


@pytest.mark.parametrize("form", FORMS)
async def test_what_xml_cannot_carry_does_not_break_an_answer(client: Client, form: str) -> None:
    answer = await client.post(form=form, **(POSTED | {"attribute[commune]": "\x01\x0b<&>"}))
    assert answer.status_code == 400
    errors(answer)


async def test_a_question_after_the_head_alone_gets_no_body(client: Client) -> None:
    good = await client.intake.http.head("/open311/v2/services.xml")
    bad = await client.intake.http.head("/open311/v2/requests/1.xml")
    assert (good.status_code, bad.status_code, bad.content) == (200, 404, b"")


@pytest.fixture
async def alone(
    service_database: Callable[[str], Awaitable[str]], tmp_path: Path, issuer: KeyIssuer
) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """A factory of clients of an intake that has no routing beside it, and is told something else than usual."""
    make_secrets(tmp_path)
    url = await service_database("intake")
    made: list[tuple[httpx.AsyncClient, Any]] = []

    def client(**more: str) -> httpx.AsyncClient:
        given = environment(tmp_path, NOWHERE, given={}) | issuer.environ | {"INTAKE_DATABASE__URL": url} | more
        del given["INTAKE_DATABASE__PASSWORD_FILE"]
        service = build({name: value for name, value in given.items() if value}, clock=SystemClock())
        transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
        made.append((httpx.AsyncClient(transport=transport, base_url="http://intake"), service))
        return made[-1][0]

    yield client
    for http, service in made:
        await http.aclose()
        await service.stop()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", ["services", "services/ngap-ung", "requests"])
async def test_while_routing_was_never_reachable_services_are_not_available(
    alone: Callable[..., httpx.AsyncClient], path: str, form: str
) -> None:
    answer = await alone().get(f"/open311/v2/{path}.{form}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    errors(answer)


@pytest.mark.parametrize("form", FORMS)
async def test_while_the_database_is_gone_a_number_is_neither_there_nor_not(
    alone: Callable[..., httpx.AsyncClient], form: str
) -> None:
    number = codes.mint(bytes(codes.ENTROPY_BYTES))
    assert (await alone().get(f"/open311/v2/tokens/{number}.{form}")).status_code == 404
    answer = await alone(INTAKE_DATABASE__URL="postgresql://intake@127.0.0.1:9/nothing").get(
        f"/open311/v2/tokens/{number}.{form}"
    )
    assert answer.status_code == 503
    errors(answer)


@pytest.mark.parametrize("form", FORMS)
async def test_where_clients_reach_it_is_what_the_operator_says(alone: Callable[..., httpx.AsyncClient], form: str) -> None:
    answer = await alone(INTAKE_OPEN311_URL="https://caunoi.example/open311").get(f"/open311/discovery.{form}")
    assert "https://caunoi.example/open311/v2" in answer.text


@pytest.mark.parametrize("form", FORMS)
async def test_where_nobody_was_given_a_key_whoever_posts_is_told_so(alone: Callable[..., httpx.AsyncClient], form: str) -> None:
    http = alone(INTAKE_OPEN311_KEYS_FILE="")
    answer = await http.post(f"/open311/v2/requests.{form}", data={"api_key": KEY, **POSTED})
    assert answer.status_code == 403
    assert "Chưa có khoá api_key nào" in errors(answer)[0][1]


async def test_a_key_is_known_as_soon_as_it_stands_in_the_file_and_no_longer_than_that(client: Client, keys_file: Path) -> None:
    assert (await client.post(key="moi", **POSTED)).status_code == 403
    await asyncio.to_thread(keys_file.write_text, client_line("app-3", "moi"))
    assert (await client.post(key="moi", **POSTED)).status_code == 201
    assert (await client.post(key=KEY, **POSTED)).status_code == 403
    await asyncio.to_thread(keys_file.write_text, "app-3 not-a-digest")
    broken = await client.post(key="moi", **POSTED)
    assert broken.status_code == 503
    errors(broken)


def test_a_file_of_keys_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="nothing"):
        ClientKeys(tmp_path / "nothing")
    (tmp_path / "keys").write_text("App 1234\n")
    with pytest.raises(Malformed, match="line 1"):
        ClientKeys(tmp_path / "keys")
    (tmp_path / "keys").write_text(client_line("app", KEY))
    keys = ClientKeys(tmp_path / "keys")
    (tmp_path / "keys").unlink()
    with pytest.raises(Trouble):
        keys.client_of(KEY)


async def test_topics_that_were_heard_once_are_served_while_routing_is_away(routing_url: str) -> None:
    clock = FakeClock(SystemClock().now())
    topics = RoutingTopics(routing_url, clock)
    known = await topics.topics()
    assert "ngap-ung" in known
    await topics.close()
    topics._http = httpx.AsyncClient(base_url="http://127.0.0.1:9")
    for seconds in (10, 600, 1200):
        clock.advance(timedelta(seconds=seconds))
        assert await topics.topics() == known
    await topics.close()
