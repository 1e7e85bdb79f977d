"""Audit's doors: the whole life of a petition, what is missing of it, and everything as lines of JSON."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from shared.contracts import Envelope
from shared.messaging.parked import ParkedMessage, park
from shared.persistence import Database
from tests.component.audit.story import OFFICE, Asking, Story, publish
from tests.component.audit.test_log import CODE, logged


async def trace(http: httpx.AsyncClient, key: str) -> dict[str, Any]:
    answer = await http.get(f"/api/petitions/{key}/trace")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def parks(database: Database, envelope: Envelope, body: bytes, *, seq: int = 99) -> None:
    """Park a message as the consumer does when an earlier version does not come."""
    message = ParkedMessage(
        id=ParkedMessage.id_for("audit", "PETITIONS", seq),
        consumer="audit",
        stream="PETITIONS",
        stream_seq=seq,
        subject=envelope.subject,
        headers=envelope.headers(),
        body=body,
        reason="too_early",
        deliveries=60,
        aggregate_id=envelope.aggregate_id,
        parked_at=datetime(2026, 11, 18, tzinfo=UTC),
    )
    async with database.transaction() as transaction:
        await park(transaction.connection, message)


async def test_a_trace_tells_causes_actors_times_and_rules(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    told = await trace(ask("auditor"), "hn8k 2fq7 xm3p")
    assert (told["petition_id"], told["code"], told["is_complete"], told["gaps"]) == (str(story.id), CODE, True, [])
    in_short = [(event["title"], event["depth"], (event["cause"] or {}).get("position")) for event in told["events"]]
    assert in_short == [
        ("Lodged", 0, None),
        ("Routed to the competent office", 1, 1),
        ("Deadline set", 2, 2),
        ("Notice sent", 1, 1),
        ("Accepted", 0, None),
        ("Deadline breached", 3, 3),
        ("Answered", 0, None),
    ]
    assert [event["authority"] for event in told["events"]] == [None] * 4 + [f"officer@{OFFICE}"] + [None] * 2
    routed, breached = told["events"][1], told["events"][5]
    assert routed["rule"] == {"rule": "FR-1", "table_version": "2026.1", "basis": "competence"}
    assert (breached["rule"]["rule_version"], breached["rule"]["citation"]) == (2, "QD 1207/QD-UBND")
    assert breached["lateness_seconds"] == 2 * 86400
    assert told["events"][4]["actor"] == "person:canbo.hoankiem"
    assert told["events"][0]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


async def test_a_trace_speaks_vietnamese_first(js: JetStreamContext, database: Database, ask: Asking) -> None:
    await publish(js, Story(CODE).whole().events)
    await logged(database, 7)
    told = await trace(ask("auditor", language=""), CODE)
    assert [event["title"] for event in told["events"]][:2] == ["Tiếp nhận", "Chuyển tới cơ quan có thẩm quyền"]


async def test_a_missing_version_is_found_and_named(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE).whole()
    await publish(js, story.without("routing", 2)[:-1])
    await logged(database, 5)
    answered, body = story.events[-1]
    assert (answered.source, answered.version) == ("routing", 3)
    await parks(database, answered, body)
    told = await trace(ask("auditor"), CODE)
    assert not told["is_complete"]
    assert told["gaps"] == [
        {
            "source": "routing",
            "said": 3,
            "missing": [2],
            "waiting": [3],
            "text": "routing said version 3, but version 2 is missing; "
            "version 3 of routing waits for a person (caunoi parked list audit)",
        }
    ]
    vietnamese = await trace(ask("auditor", language="vi"), str(story.id))
    assert vietnamese["gaps"][0]["text"].startswith("routing đã ghi đến phiên bản 3 nhưng thiếu phiên bản 2")


async def test_all_gaps_are_listed_and_whole_lives_are_not(js: JetStreamContext, database: Database, ask: Asking) -> None:
    whole, broken = Story(CODE).whole(), Story("HN00-0000-0000").whole()
    await publish(js, whole.events)
    await publish(js, broken.events[:5])
    await logged(database, 12)
    await parks(database, *broken.events[6])
    found = (await ask("operator").get("/api/gaps")).json()
    assert [(item["code"], item["gaps"][0]["waiting"]) for item in found["items"]] == [(broken.code, [3])]
    assert (found["next"], found["unplaced"]) == (None, 0)
    page = (await ask("auditor").get("/api/gaps", params={"limit": 1})).json()
    rest = (await ask("auditor").get("/api/gaps", params={"cursor": page["next"]})).json()
    assert (len(page["items"]), rest["items"]) == (1, [])


async def test_of_a_denunciation_the_operator_learns_that_something_is_missing_but_not_its_code(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    broken = Story("HN00-0000-0000", is_sealed=True).whole()
    await publish(js, broken.events[:5])
    await logged(database, 5)
    await parks(database, *broken.events[6])
    told = {role: (await ask(role).get("/api/gaps")).json()["items"] for role in ("auditor", "operator")}
    assert [item["code"] for item in told["auditor"]] == [broken.code]
    assert [(item["petition_id"], item["code"]) for item in told["operator"]] == [(str(broken.id), None)]


@pytest.mark.parametrize(("number", "expected"), [(4, 2), (5, 7)])
async def test_clocks_of_denunciations_are_counted_on_time_in_cells_of_five_only(
    js: JetStreamContext, database: Database, ask: Asking, number: int, expected: int
) -> None:
    stories = [Story(f"HN{place:02}-0000-0000", is_sealed=place < number) for place in range(number + 2)]
    for story in stories:
        lodged = story.lodge()
        story.meet(lodged)
        await publish(js, story.events)
    await logged(database, 2 * len(stories))
    told = (await ask("auditor").get("/api/anomalies")).json()["on_time"]
    assert told == [{"office": OFFICE, "ended": expected, "on_time": expected, "on_time_without_extension": expected}]


async def test_an_office_whose_few_clocks_are_all_of_denunciations_is_not_named(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE, is_sealed=True)
    story.meet(story.lodge())
    await publish(js, story.events)
    await logged(database, 2)
    assert (await ask("auditor").get("/api/anomalies")).json()["on_time"] == []


async def test_an_entry_that_somebody_removed_behind_our_back_is_missed(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    async with database.transaction() as transaction:  # as the owner of the table could
        await transaction.connection.execute(text("ALTER TABLE log DISABLE TRIGGER log_append_only"))
        await transaction.connection.execute(text("DELETE FROM log WHERE source = 'routing' AND version >= 2"))
    missing = {"source": "routing", "said": 3, "missing": [2, 3], "waiting": []}
    told = await trace(ask("auditor"), CODE)
    assert [{**gap, "text": ""} for gap in told["gaps"]] == [{**missing, "text": ""}]
    listed = (await ask("auditor").get("/api/gaps")).json()["items"]
    assert [(item["code"], item["gaps"]) for item in listed] == [(CODE, told["gaps"])]


async def test_the_export_is_complete_resumable_and_one_event_per_line(
    js: JetStreamContext, database: Database, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.audit.handlers.log.EXPORT_PAGE_ENTRIES", 3)
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    answer = await ask("auditor").get("/api/events?limit=7")  # that somebody asked is an event behind them
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["id"] for line in lines] == [str(envelope.id) for envelope, _ in story.events]
    assert [line["data"] for line in lines] == [json.loads(body) for _, body in story.events]
    first, rest = await ask("auditor").get("/api/events?limit=4"), await ask("auditor").get("/api/events?cursor=4&limit=3")
    assert first.text + rest.text == answer.text


async def test_an_export_line_of_an_unreadable_body_carries_it_as_base64(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE)
    await publish(js, [(story.lodge(), b"\xff")])
    await logged(database, 1)
    line = (await ask("auditor").get("/api/events?limit=1")).json()
    assert (line["data_base64"], "data" in line) == ("/w==", False)


@pytest.mark.parametrize("path", ["/api/petitions/X/trace", "/api/gaps", "/api/events"])
async def test_only_auditors_may_read(ask: Asking, path: str) -> None:
    assert (await ask("officer").get(path)).status_code == 403
    stranger = ask("auditor")
    del stranger.headers["Authorization"]
    assert (await stranger.get(path)).status_code == 401


@pytest.mark.parametrize("key", ["HN8K-2FQ7-XM3P", "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11"])
async def test_a_petition_that_was_not_heard_of_is_unknown(ask: Asking, key: str) -> None:
    answer = await ask("auditor").get(f"/api/petitions/{key}/trace")
    assert (answer.status_code, answer.json()["code"]) == (404, "petition_not_heard_of")
