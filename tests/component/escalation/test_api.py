"""The doors of escalation over HTTP: derivations, queues and verdicts, each by right."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import httpx
import orjson
import pytest
from fastapi import FastAPI

from services.escalation import api
from services.escalation.domain.counting import canonical, digest
from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook, keep_calendars
from services.escalation.timers import Sweep
from shared.contracts.words import Kind, Role
from shared.identity import Principal
from shared.persistence import Database
from shared.web import LimitSettings, build_app
from tests.component.escalation.scene import SetClock, always, clock, database, lawbook
from tests.component.escalation.story import CITY, COMMUNE, DEPARTMENT, Story, hanoi, office

__all__ = ["clock", "database", "lawbook"]

As = Callable[..., httpx.AsyncClient]


class Believes:
    """A verifier that takes the token for the principal: ``role,role@office``, with ``:who`` where it matters."""

    async def verify(self, token: str, *, now: datetime) -> Principal:
        assert now.tzinfo is not None
        said, _, who = token.partition(":")
        roles, _, where = said.partition("@")
        return Principal(subject=who or "test", roles=frozenset(map(Role, roles.split(","))), office=where or None)


@pytest.fixture
async def app(database: Database, lawbook: Lawbook, clock: SetClock) -> FastAPI:
    async def readiness() -> list[str]:
        return []

    return build_app(
        name="escalation",
        routers=[api.router(database, lawbook, clock)],
        verifier=Believes(),  # type: ignore[arg-type]  # a stand-in for the issuer
        limits=LimitSettings(),
        clock=clock,
        readiness=readiness,
    )


@pytest.fixture
async def door(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city") as http:
        yield http


def signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def story(database: Database, lawbook: Lawbook) -> Story:
    story = Story()
    events = [
        office(CITY, parent=None),
        office(COMMUNE, parent=CITY),
        office(DEPARTMENT, parent=CITY),
        story.lodge(hanoi("2026-11-16 09:00"), kind=Kind.COMPLAINT),
        story.route(hanoi("2026-11-16 09:01")),
    ]
    async with database.transaction() as tx:
        await hear_batch(tx, events, hanoi("2026-11-16 09:01"), lawbook=lawbook)
    return story


async def test_the_derivation_shows_every_day_and_fits_its_digest(door: httpx.AsyncClient, story: Story) -> None:
    answer = await door.get(f"/api/petitions/{story.code}/deadlines", headers=signed(f"officer@{COMMUNE}"))
    assert answer.status_code == 200
    acceptance = answer.json()["items"][0]
    assert (acceptance["rule"], acceptance["rule_version"], acceptance["state"]) == ("KN1.ACCEPT", 2, "running")
    assert acceptance["derivation"]["counted"]["days"][-1] == "2026-11-26"
    assert acceptance["derivation"]["counted"]["days_off"]["2026-11-24"] == "Ngày Văn hóa Việt Nam"
    assert digest(canonical(acceptance["derivation"])) == acceptance["derivation_sha256"]


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (f"officer@{COMMUNE}", 200),
        (f"head@{COMMUNE}", 200),
        (f"leader@{CITY}", 200),
        ("auditor", 200),
        ("service", 200),
        (f"officer@{DEPARTMENT}", 404),
        (f"officer@{CITY}", 404),
        (f"leader@{DEPARTMENT}", 404),
        ("officer", 404),
        ("clerk", 404),
    ],
)
async def test_deadlines_and_queue_are_seen_by_right(door: httpx.AsyncClient, story: Story, token: str, status: int) -> None:
    for path in (f"/api/petitions/{story.id}/deadlines", f"/api/offices/{COMMUNE}/due"):
        assert (await door.get(path, headers=signed(token))).status_code == status


async def test_what_does_not_exist_answers_like_what_is_not_yours(door: httpx.AsyncClient, story: Story) -> None:
    stranger = signed(f"officer@{DEPARTMENT}")
    answers = [
        (await door.get(f"/api/petitions/{key}/deadlines", headers=stranger)).content for key in (story.code, "HN-NOTHING")
    ]
    assert answers[0] == answers[1]
    assert orjson.loads(answers[0])["type"] == "urn:caunoi:problem:not_found"
    assert (await door.get(f"/api/petitions/{story.code}/deadlines")).status_code == 401


async def test_the_queue_is_paged_nearest_due_first(door: httpx.AsyncClient, story: Story) -> None:
    assert story.events
    seen: list[str] = []
    place: dict[str, str] = {}
    for _ in range(3):
        page = (
            await door.get(f"/api/offices/{COMMUNE}/due", params={"limit": 1, **place}, headers=signed(f"head@{COMMUNE}"))
        ).json()
        seen += [item["rule"] for item in page["items"]]
        place = {"cursor": page["next"]}
    last = (await door.get(f"/api/offices/{COMMUNE}/due", params=place, headers=signed(f"head@{COMMUNE}"))).json()
    assert seen == ["KN1.ACCEPT", "KN.WRONG", "TCD.45"]
    assert (last["items"], last["next"]) == ([], None)
    broken = await door.get(f"/api/offices/{COMMUNE}/due", params={"cursor": "x"}, headers=signed(f"head@{COMMUNE}"))
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (422, "cursor")


async def test_verdicts_are_what_was_recorded(
    door: httpx.AsyncClient, database: Database, lawbook: Lawbook, clock: SetClock, story: Story
) -> None:
    clock.instant = hanoi("2026-11-27 00:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    seen: dict[str, str] = {}
    after = None
    while True:
        values = {"limit": 1} | ({"cursor": after} if after else {})
        page = (await door.get("/api/verdicts", params=values, headers=signed("auditor"))).json()
        seen |= {item["rule"]: item["verdict"] for item in page["items"] if item["petition_id"] == str(story.id)}
        after = page["next"]
        if after is None:
            break
    assert seen == {"KN1.ACCEPT": "overdue", "KN.WRONG": "running", "TCD.45": "running"}
    assert (await door.get("/api/verdicts", headers=signed(f"officer@{COMMUNE}"))).status_code == 403


async def test_the_rules_say_their_source_and_how_far_it_is_confirmed(door: httpx.AsyncClient) -> None:
    rules = (await door.get("/api/rules", headers=signed("clerk"))).json()
    acceptance = {rule["version"]: rule for rule in rules if rule["id"] == "KN1.ACCEPT"}
    assert {version: rule["limit"] for version, rule in acceptance.items()} == {1: "10 calendar_day", 2: "7 working_day"}
    assert acceptance[1]["effective_to"] == "2026-06-30"
    assert all(rule["citation"] and rule["confirmation"] for rule in rules)


async def test_an_independent_reader_gets_the_law_every_wording_of_its_calendars_and_who_has_clocks(
    door: httpx.AsyncClient, database: Database, lawbook: Lawbook, story: Story
) -> None:
    reader = signed("auditor")
    async with database.transaction() as tx:  # as the service does when it starts
        await keep_calendars(tx.connection, (await lawbook.present(tx.connection)).rulebook)
    book = (await door.get("/api/rulebook", headers=reader)).json()
    (state, *_) = (await door.post("/api/state", json={"petition_ids": [str(story.id)]}, headers=reader)).json()["items"]
    assert [state["calendar"], state["calendar_version"]] in book["calendar_versions"]
    assert (await door.get("/api/state/petitions", params={"limit": 1}, headers=reader)).json() == {
        "items": [str(story.id)],
        "next": str(story.id),
    }
    assert (await door.get("/api/state/petitions", params={"cursor": str(story.id)}, headers=reader)).json()["items"] == []
    assert (await door.get("/api/state/petitions", headers=signed(f"officer@{COMMUNE}"))).status_code == 403
