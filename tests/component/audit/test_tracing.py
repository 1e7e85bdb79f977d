"""What a trace tells beside its events: clocks before and after, who read what, what belongs to it, what calls for a word."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from shared.contracts.escalation import DeadlineMovedV1, MoveReason
from shared.contracts.intake import CopyIssuedV1, IdentityRevealedV1
from shared.contracts.procedure import PetitionMergedV1
from shared.persistence import Database
from shared.persistence.migrations import upgrade
from tests.component.audit.story import LODGED_AT, OFFICE, Asking, Story, publish
from tests.component.audit.test_api import trace
from tests.component.audit.test_log import CODE, logged

OTHER_CODE = "HN00-0000-0000"


async def told(js: JetStreamContext, database: Database, ask: Asking, *stories: Story) -> dict[str, Any]:
    """Return the trace of the first of some stories that were said."""
    for story in stories:
        await publish(js, story.events)
    await logged(database, sum(len(story.events) for story in stories))
    return await trace(ask("auditor"), stories[0].code)


async def test_clocks_are_told_as_they_stood_before_and_after_each_event(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE).whole()
    found = await told(js, database, ask, story)
    due = "2026-11-16T02:00:00Z"
    running = {"state": "running", "due_at": due, "is_breached": False, "level": 0, "outcome": None}
    changes = {event["title"]: event["clocks"] for event in found["events"]}
    assert [(item["rule"], item["step"], item["before"]) for item in changes["Lodged"]] == [("IH.RESOLVE", "resolve", None)]
    assert changes["Deadline set"][0]["after"] == {**running, "is_breached": True}, "what it caused belongs to it"
    assert (changes["Deadline breached"][0]["before"], changes["Deadline breached"][0]["after"]) == (
        running,
        {**running, "is_breached": True},
    )
    assert changes["Accepted"] == []
    assert [(clock["rule"], clock["set_at"], clock["stand"]) for clock in found["clocks"]] == [
        ("IH.RESOLVE", 3, {**running, "is_breached": True})
    ]


async def test_effects_are_named_with_their_cause(js: JetStreamContext, database: Database, ask: Asking) -> None:
    found = await told(js, database, ask, Story(CODE).whole())
    assert {event["position"]: event["effects"] for event in found["events"]} == {
        1: [2, 4],
        2: [3],
        3: [6],
        4: [],
        5: [],
        6: [],
        7: [],
    }


async def test_who_read_personal_data_is_told_with_purpose_and_right(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE).whole()
    reads = IdentityRevealedV1(fields=["name", "phone"], purpose="contacting")
    story.say(reads, minutes=30, actor="person:canbo", authority=f"officer@{OFFICE}")
    story.say(reads, minutes=31, actor="person:la", authority="officer@hanoi-00004")
    story.say(CopyIssuedV1(copy_id=uuid4(), verifiers=["thanhtra"]), minutes=32, actor="person:canbo")
    found = await told(js, database, ask, story)
    assert [(item["what"], item["actor"], item["authority"], item["purpose"]) for item in found["readings"]] == [
        ("identity", "person:canbo", f"officer@{OFFICE}", "contacting"),
        ("identity", "person:la", "officer@hanoi-00004", "contacting"),
        ("copy", "person:canbo", None, None),
    ]
    assert (found["readings"][0]["fields"], found["readings"][2]["verifiers"]) == (["name", "phone"], ["thanhtra"])
    (odd,) = [item for item in found["oddities"] if item["kind"] == "read_without_having_it"]
    assert odd["position"] == found["readings"][1]["position"]
    assert odd["why"] == (
        f"name, phone read as officer@hanoi-00004; {OFFICE} had the petition then. Ask the person and the office."
    )


async def test_a_deadline_that_moved_without_a_reason_is_told_first_with_both_dates(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story, deadline_id = Story(CODE), uuid4()
    set_ = story.set_deadline(story.route(story.lodge()), deadline_id)
    moved = DeadlineMovedV1(
        deadline_id=deadline_id,
        rule="IH.RESOLVE",
        rule_version=2,
        office=OFFICE,
        plan=2,
        reason=MoveReason.EXTENDED,
        from_due_at=LODGED_AT.replace(hour=2),
        due_at=LODGED_AT.replace(day=20),
        due_without_extension_at=LODGED_AT,
        limit="9 working_day",
        calendar="hanoi",
        calendar_version="1",
        derivation_sha256="0" * 64,
    )
    story.say(moved, cause=set_, minutes=10)
    found = await told(js, database, ask, story)
    (odd,) = found["oddities"]
    assert (odd["kind"], odd["text"]) == ("moved_without_reason", "the deadline moved without a reason")
    assert "from 2026-11-16T02:00:00Z to 2026-11-20T01:00:00Z, the reason said is extended" in odd["why"]
    assert list(found).index("oddities") < list(found).index("events")
    vietnamese = await trace(ask("auditor", language="vi"), CODE)
    assert vietnamese["oddities"][0]["text"] == "dời thời hạn mà không có căn cứ"


async def test_where_the_law_cannot_be_asked_for_it_is_said_what_was_not_judged(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    assert (await told(js, database, ask, Story(CODE).whole()))["unjudged"] == ["extension_beyond_ceiling"]


async def test_a_poison_event_is_shown_as_such_and_hides_nothing_else(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE).whole()
    envelope, _ = story.events[4]
    story.events[4] = (envelope, b"\xff\x00 not JSON")
    found = await told(js, database, ask, story)
    assert [event["is_readable"] for event in found["events"]] == [True] * 4 + [False] + [True] * 2
    poison = found["events"][4]
    assert (poison["facts"], poison["body_bytes"], len(poison["body_sha256"])) == ({}, 11, 64)
    assert [(item["kind"], item["position"]) for item in found["oddities"]] == [("unreadable", 5)]
    assert found["is_complete"]


async def test_what_belongs_to_a_petition_is_named_from_both_sides(js: JetStreamContext, database: Database, ask: Asking) -> None:
    lead, member = Story(CODE).whole(), Story(OTHER_CODE).whole()
    member.say(PetitionMergedV1(office=OFFICE, into=lead.id), minutes=95, actor="person:canbo")
    found = await told(js, database, ask, lead, member)
    named = {"relation": "has_merged", "petition_id": str(member.id), "code": OTHER_CODE}
    assert found["related"] == [named]
    back = await trace(ask("auditor"), OTHER_CODE)
    assert [(item["relation"], item["code"]) for item in back["related"]] == [("merged_into", CODE)]


async def test_what_belonged_together_before_it_was_kept_is_found_in_the_log(
    js: JetStreamContext, database: Database, url: str, ask: Asking
) -> None:
    lead, member, unreadable = Story(CODE).whole(), Story(OTHER_CODE).whole(), Story("HN99-9999-9999")
    member.say(PetitionMergedV1(office=OFFICE, into=lead.id), minutes=95)
    envelope = unreadable.lodge()
    unreadable.events = [(envelope, b'{"follows":"\xff')]
    await told(js, database, ask, lead, member, unreadable)
    async with database.transaction() as tx:  # as it stood before
        await tx.connection.execute(text("DROP TABLE relations"))
        await tx.connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    upgrade("audit", url, "0007")
    async with database.reading() as connection:
        rows = (await connection.execute(text("SELECT petition_id, other_id, relation FROM relations"))).all()
    assert [tuple(row) for row in rows] == [(member.id, lead.id, "merged_into")]


@pytest.mark.parametrize("key", [CODE, str(UUID(int=7))])
async def test_a_petition_nobody_heard_of_has_no_trace(ask: Asking, key: str) -> None:
    answer: httpx.Response = await ask("auditor").get(f"/api/petitions/{key}/trace")
    assert (answer.status_code, answer.json()["code"]) == (404, "petition_not_heard_of")
