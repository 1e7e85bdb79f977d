"""The client of the city's doors against a real HTTP server: repeated under one key, problems as exceptions, pages to the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from caunoi_sdk import City, Lodging, Malformed, NotFound, Outdated, Refused, TokenEndpoint, Trouble, Unreachable
from caunoi_sdk.events.words import Kind
from caunoi_sdk.problems import NotAllowed

RECEIPT = {
    "code": "HN8K-2FQ7-XM3P",
    "secret": "s",
    "petition_id": "01a221d6-3862-7317-8812-4c5316fd5eee",
    "lodged_at": "2026-11-27T02:07:00Z",
}
REPORT = Lodging(kind=Kind.FIELD_REPORT, text="Nắp cống bị vỡ.")
Scripted = tuple[int, dict[str, str], Any]
CUT: Scripted = (0, {}, None)


@dataclass
class Server:
    """An HTTP server that answers what it is told to, in order, and keeps what it was asked."""

    script: list[Scripted]
    port: int = 0
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        headers = {}
        while (each := (await reader.readline()).decode().strip()) != "":
            name, _, value = each.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append((line.split(" HTTP")[0], headers, body))
        status, more, content = self.script.pop(0)
        if status:
            written = orjson.dumps(content) if content is not None else b""
            lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(written)}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in more.items()]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + written)
            await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving(*script: Scripted) -> AsyncIterator[tuple[Server, City]]:
    server = Server(list(script))
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening, City(f"http://127.0.0.1:{server.port}", tries=3) as city:
        yield server, city


async def test_a_line_that_breaks_and_a_part_that_is_down_are_tried_again_under_one_key() -> None:
    busy = (503, {"Retry-After": "0"}, {"code": "trouble", "detail": "bus"})
    async with serving(CUT, busy, (201, {}, RECEIPT)) as (server, city):
        receipt = await city.lodge(REPORT)
    assert receipt.code == "HN8K-2FQ7-XM3P"
    keys = {headers["idempotency-key"] for _, headers, _ in server.asked}
    assert (len(server.asked), len(keys)) == (3, 1)
    assert orjson.loads(server.asked[0][2]) == {"kind": "field_report", "text": "Nắp cống bị vỡ."}


async def test_a_key_of_ones_own_is_kept_and_one_that_is_still_running_is_waited_for() -> None:
    running = (409, {"Retry-After": "0"}, {"code": "idempotency_key_running"})
    async with serving(running, (201, {}, RECEIPT)) as (server, city):
        await city.lodge(REPORT, key="letter-0001")
    assert {headers["idempotency-key"] for _, headers, _ in server.asked} == {"letter-0001"}


async def test_a_city_that_does_not_come_back_is_told_in_the_end() -> None:
    async with serving(CUT, CUT, CUT) as (_, city):
        with pytest.raises(Unreachable, match="after 3 tries"):
            await city.status("HN8K-2FQ7-XM3P")
    down = (503, {"Retry-After": "0"}, {"code": "trouble", "title": "…", "detail": "bus"})
    async with serving(down, down, down) as (_, city):
        with pytest.raises(Trouble) as told:
            await city.status("HN8K-2FQ7-XM3P")
    assert (told.value.code, told.value.detail) == ("trouble", "bus")


@pytest.mark.parametrize(
    ("status", "kind"), [(403, NotAllowed), (404, NotFound), (409, Refused), (412, Outdated), (422, Malformed), (500, Trouble)]
)
async def test_a_problem_is_an_exception_with_its_code_and_remedy(status: int, kind: type[Exception]) -> None:
    body = {
        "code": "not_possible_now",
        "title": "Chưa được",
        "detail": "Đơn đã kết thúc.",
        "possible": ["reopen"],
        "trace": "0af7",
        "errors": [{"field": "text", "reason": "trống", "remedy": "hãy viết"}] if status == 422 else [],
    }
    async with serving((status, {}, body)) as (_, city):
        with pytest.raises(kind) as told:
            await city.look("HN8K-2FQ7-XM3P")
    problem: Any = told.value
    assert (problem.status, problem.code, problem.trace) == (status, "not_possible_now", "0af7")
    assert problem.facts == {"possible": ["reopen"]}
    assert problem.remedy == ("text: hãy viết" if status == 422 else "Đơn đã kết thúc.")


async def test_an_answer_that_is_no_problem_is_an_exception_all_the_same() -> None:
    async with serving((404, {}, ["nginx"])) as (_, city):
        with pytest.raises(NotFound) as told:
            await city.look("X")
    assert told.value.code == "http_404"


async def test_a_list_is_read_to_its_end() -> None:
    item = {"code": "A", "kind": "complaint", "state": "routed", "lodged_at": "2026-11-27T02:07:00Z"}
    first: Scripted = (200, {}, {"items": [item, item], "next": "c1"})
    last: Scripted = (200, {}, {"items": [item], "next": None})
    async with serving(first, last) as (server, city):
        found = [each async for each in city.search("cống", overdue=True)]
    assert len(found) == 3
    assert "cursor=c1" in server.asked[1][0]
    assert "overdue=true" in server.asked[0][0]


async def test_an_act_names_the_version_that_was_seen() -> None:
    done: Scripted = (200, {}, {"code": "A", "version": 4, "state": "accepted"})
    async with serving(done) as (server, city):
        acts = city.petition("A").seen(3).stated(datetime(2026, 11, 27, tzinfo=UTC), "12/QĐ-UBND")
        assert (await acts.refuse("KN11_6")).is_done
    line, _, body = server.asked[0]
    assert line == "POST /routing/api/petitions/A/refuse"
    assert orjson.loads(body) == {
        "ground": "KN11_6",
        "version": 3,
        "effective_at": "2026-11-27T00:00:00+00:00",
        "time_evidence": "12/QĐ-UBND",
    }


async def test_a_token_is_kept_until_shortly_before_it_ends() -> None:
    now = [datetime(2026, 11, 27, tzinfo=UTC)]
    given_out: list[Scripted] = [(200, {}, {"access_token": name, "expires_in": 300}) for name in ("one", "two")]
    async with serving(*given_out, (401, {}, {"code": "invalid_client"})) as (server, _):
        given = TokenEndpoint(f"http://127.0.0.1:{server.port}/token", {"grant_type": "client_credentials"}, clock=lambda: now[0])
        assert [await given(), await given()] == ["one", "one"]
        now[0] += timedelta(seconds=280)
        assert await given() == "two"
        now[0] += timedelta(seconds=280)
        with pytest.raises(Exception, match="invalid_client"):
            await given()


async def test_health_says_what_is_missing_of_each_service() -> None:
    ready: Scripted = (200, {}, {"ready": True, "problems": []})
    not_ready: Scripted = (503, {}, {"ready": False, "problems": ["no bus"]})
    async with serving(ready, not_ready, ready, (404, {}, None), ready) as (_, city):
        found = await city.health()
    assert [(each.is_ready, list(each.problems)) for each in found[:2]] == [(True, []), (False, ["no bus"])]
    assert list(found[3].problems) == ["it answers 404"]
