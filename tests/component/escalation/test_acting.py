"""May an officer do this, and who has taken note? The law's answers over HTTP, each with its article and by right."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import text

from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.timers import Sweep
from services.escalation.wire.derivations import verify_file
from shared.contracts.escalation import EscalationAcknowledgedV1, PetitionEscalatedV1
from shared.contracts.words import Kind
from shared.persistence import Database
from tests.component.escalation.scene import SetClock, always, clock, database, lawbook, told
from tests.component.escalation.story import CITY, COMMUNE, Story, hanoi, office
from tests.component.escalation.test_api import app, door, signed

__all__ = ["app", "clock", "database", "door", "lawbook"]

PAPER = {"number": "12/QĐ-UBND", "issued_on": "2026-11-20"}


@pytest.fixture
async def story(database: Database, lawbook: Lawbook) -> Story:
    await lawbook.start(database)
    story = Story()
    events = [
        office(CITY, parent=None),
        office(COMMUNE, parent=CITY),
        story.lodge(hanoi("2026-11-16 09:00"), kind=Kind.COMPLAINT),
        story.route(hanoi("2026-11-16 09:01")),
        story.accept(hanoi("2026-11-17 09:00")),
    ]
    async with database.transaction() as tx:
        await hear_batch(tx, events, hanoi("2026-11-17 09:00"), lawbook=lawbook)
        await tx.connection.execute(
            text("INSERT INTO inbox_heads (aggregate_id, source, version) VALUES (:id, 'routing', 2)"), {"id": story.id}
        )
    return story


async def check(door: httpx.AsyncClient, story: Story, language: str = "vi", **question: Any) -> httpx.Response:
    body = {"effective_at": "2026-11-20T02:00:00Z", "roles": ["head"], "heard": 2, "document": PAPER, **question}
    headers = signed("service") | {"Accept-Language": language}
    return await door.post(f"/api/petitions/{story.id}/acts/check", json=body, headers=headers)


async def test_what_an_act_would_do_is_answered_with_the_article(door: httpx.AsyncClient, story: Story) -> None:
    answer = await check(door, story, act="extend", rule="KN1.RESOLVE", ground="KN3A.FOREIGN", amount=15)
    effect = answer.json()["effects"][0]
    assert (effect["rule"], effect["due_at"][:10], effect["new_due_at"][:10]) == ("KN1.RESOLVE", "2026-12-17", "2027-01-04")
    assert "Điều 28" in effect["article"]
    paused = await check(door, story, act="suspend", ground="KN11A.OTHER_BODY")
    assert [effect["new_due_at"] for effect in paused.json()["effects"]] == [None]


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ({"act": "extend", "rule": "KN1.RESOLVE", "ground": "NO", "amount": 5}, "ground_not_listed", "Điều 28"),
        ({"act": "extend", "rule": "KN1.RESOLVE", "ground": "KN3A.FOREIGN", "amount": 20}, "beyond_ceiling", "nhiều nhất 15"),
        ({"act": "extend", "rule": "TCD.45", "ground": "KN3A.FOREIGN", "amount": 5}, "not_running", ""),
        ({"act": "extend", "rule": "KN9", "ground": "KN3A.FOREIGN", "amount": 5}, "not_running", ""),
        ({"act": "suspend", "ground": "NO"}, "ground_not_listed", "Điều 11a"),
        ({"act": "suspend", "ground": "KN11A.OTHER_BODY", "document": None}, "document_missing", "Điều 11a"),
        ({"act": "suspend", "ground": "KN11A.OTHER_BODY", "roles": ["officer"]}, "decided_by_others", "head"),
        ({"act": "resume"}, "not_suspended", ""),
    ],
)
async def test_what_the_law_does_not_provide_for_is_refused(
    door: httpx.AsyncClient, story: Story, question: dict[str, Any], code: str, words: str
) -> None:
    answer = await check(door, story, **question)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert words in answer.json()["detail"]
    assert "{" not in answer.json()["detail"]


async def test_while_the_last_act_was_not_heard_the_answer_waits(door: httpx.AsyncClient, story: Story) -> None:
    answer = await check(door, story, act="suspend", ground="KN11A.OTHER_BODY", heard=3)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    stranger = await door.post(f"/api/petitions/{story.id}/acts/check", json={}, headers=signed(f"head@{COMMUNE}"))
    assert stranger.status_code == 403


async def test_who_is_told_takes_note_and_it_climbs_on_no_more(
    door: httpx.AsyncClient, database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    story = Story()
    story.lodge(hanoi("2026-11-16 09:00"))
    story.route(hanoi("2026-11-16 09:01"), superiors=("area", CITY))
    async with database.transaction() as tx:
        await hear_batch(tx, story.events, hanoi("2026-11-16 09:01"), lawbook=lawbook)
    clock.instant = hanoi("2026-11-18 09:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    deadline = (await door.get(f"/api/petitions/{story.code}/deadlines", headers=signed("auditor"))).json()["items"][0]
    path = f"/api/deadlines/{deadline['id']}/acknowledge"
    note = {"level": 1, "note": "Giao đồng chí Nam xử lý trong ngày"}
    for who, status in ((f"head@{COMMUNE}", 404), (f"leader@{CITY}", 404), ("officer@area", 404), ("leader@area", 204)):
        assert (await door.post(path, json=note, headers=signed(who))).status_code == status, who
    assert (await door.post(path, json=note, headers=signed("leader@area"))).status_code == 204
    assert (await door.post(path, json={**note, "level": 2}, headers=signed("leader@area"))).json()["code"] == "level_not_reached"
    clock.instant = hanoi("2026-11-19 12:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    said = await told(database)
    assert [item.body.to_office for item in said if isinstance(item.body, PetitionEscalatedV1)] == ["area"]
    noted = [item for item in said if isinstance(item.body, EscalationAcknowledgedV1)]
    assert [(item.body.level, item.body.office, item.envelope.actor) for item in noted] == [(1, "area", "person:test")]  # type: ignore[attr-defined]
    assert "Nam" not in noted[0].body.model_dump_json()
    seen = (await door.get(f"/api/petitions/{story.code}/deadlines", headers=signed("auditor"))).json()["items"][0]
    assert [item["note"] for item in seen["acknowledged"]] == [note["note"]]


async def test_what_nobody_acknowledges_climbs_on(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    story = Story()
    story.lodge(hanoi("2026-11-16 09:00"))
    story.route(hanoi("2026-11-16 09:01"), superiors=("area", CITY))
    async with database.transaction() as tx:
        await hear_batch(tx, story.events, hanoi("2026-11-16 09:01"), lawbook=lawbook)
    clock.instant = hanoi("2026-11-19 12:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    climbed = [item.body for item in await told(database) if isinstance(item.body, PetitionEscalatedV1)]
    assert [(body.level, body.climb, body.from_office, body.to_office) for body in climbed] == [
        (1, 0, COMMUNE, "area"),
        (1, 1, "area", CITY),
    ]
    assert climbed[0].acknowledge_by == hanoi("2026-11-19 09:00")


async def test_an_exported_derivation_is_counted_again_offline(door: httpx.AsyncClient, story: Story, tmp_path: Path) -> None:
    exported = (await door.get(f"/api/petitions/{story.code}/derivations", headers=signed("auditor"))).json()
    file = tmp_path / "derivations.json"
    file.write_bytes(orjson.dumps(exported))
    proofs = verify_file(file)
    assert len(proofs) == 4
    assert all(not proof.mistakes for proof in proofs)
    planted = (
        (("derivation", "due_at"), "2027-01-01T16:59:59.999999+00:00", "due_at"),
        (("derivation", "limit", "amount"), 99, "stated"),
        (("calendar", "days_off", "2026-11-25"), "another", "not the version"),
        (("derivation_sha256",), "0" * 64, "committed"),
    )
    for path, value, complaint in planted:
        forged = orjson.loads(orjson.dumps(exported))
        place = forged["deadlines"][0]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        file.write_bytes(orjson.dumps(forged))
        assert any(complaint in mistake for mistake in verify_file(file)[0].mistakes), path


async def test_why_a_date_is_what_it_is_in_one_sentence(door: httpx.AsyncClient, story: Story) -> None:
    answer = (await door.get(f"/api/petitions/{story.code}/deadlines", headers=signed(f"officer@{COMMUNE}"))).json()
    resolve = next(item for item in answer["items"] if item["rule"] == "KN1.RESOLVE")
    assert resolve["why_vi"].startswith(
        "Giải quyết khiếu nại lần đầu: hạn chót là 23:59 17/12/2026, vì có 30 ngày kể từ 09:00 17/11/2026"
    )
    assert resolve["why_en"].endswith("(Luật Khiếu nại 02/2011/QH13, Điều 28).")
    assert UUID(answer["nearest"]) in {UUID(item["id"]) for item in answer["items"] if item["state"] == "running"}


async def test_an_amendment_is_previewed_and_applied_over_http(door: httpx.AsyncClient, story: Story) -> None:
    content = "calendar: hanoi\ndays_off: [{day: 2026-11-26, name: x, source: y, announced_on: 2026-11-16}]"
    asked = {"kind": "calendar", "content": content}
    preview = await door.post("/api/amendments/preview", json=asked, headers=signed("operator"))
    moves = [orjson.loads(line) for line in preview.text.splitlines()]
    assert [(move["code"], move["rule"]) for move in moves] == []  # accepted in time: nothing runs across that day
    far = content.replace("2026-11-26", "2026-12-17")
    preview = await door.post("/api/amendments/preview", json={**asked, "content": far}, headers=signed("operator"))
    assert [(orjson.loads(line)["code"]) for line in preview.text.splitlines()] == [story.code]
    wrong = await door.post("/api/amendments/preview", json={**asked, "content": "calendar: hanoi"}, headers=signed("operator"))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "rule_file")
    assert (await door.post("/api/amendments", json=asked, headers=signed("auditor"))).status_code == 403
    applied = await door.post("/api/amendments", json=asked, headers=signed("operator"))
    assert (applied.status_code, applied.json()["finished_at"]) == (202, None)
    page = (await door.get("/api/amendments?limit=1", headers=signed("operator"))).json()
    assert page["items"][0]["id"] == applied.json()["id"]
    rest = await door.get("/api/amendments", params={"cursor": page["next"]}, headers=signed("operator"))
    assert rest.json() == {"items": [], "next": None}
