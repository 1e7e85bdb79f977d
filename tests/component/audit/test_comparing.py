"""The log held against what the services keep: whatever is missing on either side or changed is named, with who is away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.js import JetStreamContext
from sqlalchemy import text

from services.audit.domain.records import Recorded, RecordKind, compare
from services.audit.handlers import comparing
from services.audit.handlers.comparing import LOST, ON_ITS_WAY, OwnLedger
from services.audit.store import log
from services.audit.store import records as store
from services.audit.timers import NightlyComparison
from services.audit.wire.comparing import published
from shared.contracts import Envelope
from shared.contracts.audit import ComparisonPublishedV1
from shared.kernel.refusals import Trouble
from shared.persistence import Database
from shared.testing import FakeClock
from tests.component.audit.conftest import NOW
from tests.component.audit.story import Asking, Story, publish
from tests.component.audit.test_log import logged

SOURCES = ("intake", "routing", "escalation", "notify")


def kept(envelope: Envelope, body: bytes) -> Recorded:
    """Return an event as its service keeps it."""
    return Recorded(
        envelope.id,
        envelope.aggregate_id,
        envelope.version,
        envelope.type,
        envelope.effective_at,
        envelope.recorded_at,
        envelope.actor,
        envelope.authority,
        envelope.office,
        envelope.is_sealed,
        envelope.cause.event_id if envelope.cause else None,
        sha256(body).hexdigest(),
    )


@dataclass
class Kept:
    """A service's ledger; `is_away` while it does not answer."""

    items: list[Recorded] = field(default_factory=list)
    is_away: bool = False

    async def of(self, aggregate_id: UUID) -> Sequence[Recorded]:
        return [item for item in await self.after(UUID(int=0), 0, limit=10**6) if item.aggregate_id == aggregate_id]

    async def after(self, aggregate_id: UUID, version: int, *, limit: int) -> Sequence[Recorded]:
        if self.is_away:
            raise Trouble("away", code="intake_unreachable")
        ordered = sorted(self.items, key=lambda item: item.key)
        return [item for item in ordered if item.key > (aggregate_id, version)][:limit]


def ledgers(*stories: Story) -> dict[str, Kept]:
    found = {source: Kept() for source in SOURCES}
    for story in stories:
        for envelope, body in story.events:
            found[envelope.source].items.append(kept(envelope, body))
    return found


async def ran(database: Database, books: Mapping[str, Kept], *, clock: FakeClock | None = None) -> tuple[Any, list[Any]]:
    run_id = uuid4()
    result = await comparing.run(database, books, run_id, clock=clock or FakeClock(NOW))
    async with database.reading() as connection:
        return result, await store.found(connection, run_id, after=0, limit=1000)


@pytest.fixture(params=[2, 5_000])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two events, so that both sides are cut at other places; and pages as they are."""
    monkeypatch.setattr(comparing, "PAGE_EVENTS", request.param)


async def stories(js: JetStreamContext, database: Database, number: int = 4) -> list[Story]:
    made = [Story(f"HN{place:02}-0000-0000").whole() for place in range(number)]
    for story in made:
        await publish(js, story.events)
    await logged(database, 7 * number)
    return made


@pytest.mark.usefixtures("page", "service")
async def test_an_honest_city_differs_in_nothing(js: JetStreamContext, database: Database) -> None:
    result, found = await ran(database, ledgers(*await stories(js, database)))
    assert (result.events, result.differences, found) == (28, 0, [])
    async with database.reading() as connection:
        said = (await connection.execute(text("SELECT type FROM events"))).scalars().all()
    assert said == [ComparisonPublishedV1.TYPE]


@pytest.mark.usefixtures("page", "service")
async def test_each_kind_of_tampering_is_named(js: JetStreamContext, database: Database) -> None:
    first, second, third, fourth = await stories(js, database)
    books = ledgers(first, second, third, fourth)
    gone = next(item for item in books["routing"].items if item.key == (first.id, 2))
    books["routing"].items.remove(gone)
    more = replace(gone, id=uuid4(), aggregate_id=second.id, version=4)
    books["routing"].items.append(more)
    changed = next(item for item in books["escalation"].items if item.aggregate_id == third.id)
    books["escalation"].items.remove(changed)
    books["escalation"].items.append(replace(changed, body_sha256="0" * 64, actor="person:x"))
    result, found = await ran(database, books)
    shown = {(item.kind, item.source, item.aggregate_id, item.version, item.code, item.fields) for item in found}
    assert shown == {
        ("missing_there", "routing", first.id, 2, first.code, ""),
        ("missing_here", "routing", second.id, 4, second.code, ""),
        ("changed", "escalation", third.id, changed.version, third.code, "actor body_sha256"),
    }
    assert (result.differences, dict(result.by_service)) == (3, {"routing": 2, "escalation": 1})


@pytest.mark.usefixtures("page", "service")
async def test_a_service_that_lost_everything_and_a_log_that_did(js: JetStreamContext, database: Database) -> None:
    made = await stories(js, database)
    books = ledgers(*made)
    books["intake"].items.clear()
    strange = Story("HN99-9999-9999").whole()
    books["notify"].items += ledgers(strange)["notify"].items
    result, found = await ran(database, books)
    assert dict(result.by_kind) == {"missing_there": 4, "missing_here": 1}
    assert [item.code for item in found if item.kind == "missing_here"] == [None]


@pytest.mark.usefixtures("service")
async def test_what_was_said_a_moment_ago_is_on_its_way(js: JetStreamContext, database: Database) -> None:
    (story,) = await stories(js, database, 1)
    books = ledgers(story)
    late = replace(books["intake"].items[0], id=uuid4(), version=2, recorded_at=NOW - ON_ITS_WAY + timedelta(seconds=1))
    books["intake"].items.append(late)
    result, found = await ran(database, books)
    assert (result.on_their_way, result.differences, found) == (1, 0, [])
    result, _ = await ran(database, books, clock=FakeClock(NOW + timedelta(seconds=2)))
    assert (result.on_their_way, dict(result.by_kind)) == (0, {"missing_here": 1})


@pytest.mark.usefixtures("service")
async def test_a_service_that_is_away_is_the_problem_of_the_run_and_the_others_are_compared(
    js: JetStreamContext, database: Database
) -> None:
    (story,) = await stories(js, database, 1)
    books, clock, run_id = ledgers(story), FakeClock(NOW), uuid4()
    books["intake"].is_away = True
    books["notify"].items.clear()
    result = await comparing.run(database, books, run_id, clock=clock)
    assert result is not None
    assert (result.away, dict(result.by_kind)) == (["intake"], {"missing_there": 1})
    run = await comparing.standing(database, run_id)
    assert run is not None
    assert (run.is_done, run.problem) == (False, "no answer from intake")
    books["intake"].is_away = False
    assert await comparing.run(database, books, run_id, clock=clock) is None, "somebody was seen at it"
    clock.advance(LOST + timedelta(seconds=1))
    again = await comparing.run(database, books, run_id, clock=clock)
    assert again is not None
    assert (again.away, again.events) == ([], 7)


async def test_one_replica_compares_a_night(database: Database) -> None:
    clock, told = FakeClock(NOW), list[Any]()
    at, zone = time(1, 30), ZoneInfo("Asia/Ho_Chi_Minh")
    replicas = [NightlyComparison(database, ledgers(), clock, at=at, zone=zone, told=told.append) for _ in range(3)]
    for replica in replicas:
        assert await replica.look() is None, "started by day: last night is not caught up on"
    clock.advance(timedelta(days=1))
    assert [await replica.look() is not None for replica in replicas] == [True, False, False]
    assert len(told) == 1


async def test_own_events_are_compared_too(database: Database) -> None:
    async with database.transaction() as tx:
        tx.emit([published(uuid4(), {"events": 1, "on_their_way": 0, "differences": 0}, {}, as_of=NOW)])
    ledger = OwnLedger(database)
    (item,) = await ledger.after(UUID(int=0), 0, limit=10)
    assert (item.type, item.authority, await ledger.of(item.aggregate_id)) == (ComparisonPublishedV1.TYPE, "service", [item])


async def test_a_trace_says_which_services_are_away_and_is_not_called_complete(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    await stories(js, database, 1)
    told = (await ask("auditor").get("/api/petitions/HN00-0000-0000/trace")).json()
    assert (told["is_complete"], told["is_verified"], told["verdict"]) == (True, False, "unverified")
    assert [(item["service"], item["state"], item["events"]) for item in told["records"]][:4] == [
        ("intake", "away", 1),
        ("routing", "away", 3),
        ("escalation", "away", 2),
        ("notify", "away", 1),
    ]
    alone = (await ask("auditor").get("/api/petitions/HN00-0000-0000/trace", params={"compare": "false"})).json()
    assert (alone["records"], alone["verdict"]) == (None, "unverified")


async def test_a_trace_tells_what_differs(js: JetStreamContext, database: Database, ask: Asking) -> None:
    (story,) = await stories(js, database, 1)
    books = ledgers(story)
    async with database.reading() as connection:
        entries = await log.entries_of(connection, story.id)
    compared = await comparing.compare_one(books, story.id, entries, now=NOW)
    assert [(item.source, item.state) for item in compared] == [(source, "agrees") for source in SOURCES]
    books["routing"].items[1] = replace(books["routing"].items[1], effective_at=NOW)
    books["notify"].is_away = True
    compared = await comparing.compare_one(books, story.id, entries, now=NOW)
    assert [item.state for item in compared] == ["agrees", "differs", "agrees", "away"]
    (difference,) = compared[1].comparison.differences if compared[1].comparison else ()
    assert (difference.kind, difference.fields, difference.position) == (RecordKind.CHANGED, ("effective_at",), 5)


async def test_only_those_who_audit_begin_and_read_comparisons(ask: Asking) -> None:
    begun = await ask("operator").post("/api/comparisons")
    assert begun.status_code == 202
    assert (await ask("officer").post("/api/comparisons")).status_code == 403
    assert (await ask("auditor").get(f"/api/comparisons/{uuid4()}")).status_code == 404
    assert (await ask("auditor").get("/api/ledger")).status_code == 403, "only services ask for a ledger"


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans(), st.booleans()), unique_by=lambda t: t[:2]
    )
)
def test_what_is_on_one_side_alone_or_unlike_is_a_difference_and_nothing_else(
    drawn: list[tuple[int, int, bool, bool, bool]],
) -> None:
    base = Recorded(UUID(int=1), UUID(int=1), 1, "t", NOW, NOW, "a", None, "_", is_sealed=False, cause_id=None, body_sha256="")
    ours, theirs, expected = [], [], set()
    for aggregate, version, is_here, is_there, is_changed in drawn:
        item = replace(base, id=UUID(int=aggregate * 10 + version), aggregate_id=UUID(int=aggregate), version=version)
        ours += [item] if is_here else []
        theirs += [replace(item, actor="b") if is_changed else item] if is_there else []
        if is_here != is_there:
            expected.add((item.key, RecordKind.MISSING_THERE if is_here else RecordKind.MISSING_HERE))
        elif is_here and is_changed:
            expected.add((item.key, RecordKind.CHANGED))
    found = compare("routing", ours, theirs, settled_before=NOW + timedelta(seconds=1))
    assert {((item.aggregate_id, item.version), item.kind) for item in found.differences} == expected


def test_a_right_that_one_side_did_not_record_yet_is_no_difference() -> None:
    base = Recorded(UUID(int=1), UUID(int=1), 1, "t", NOW, NOW, "a", None, "_", is_sealed=False, cause_id=None, body_sha256="")
    said, other = replace(base, authority="officer@x"), replace(base, authority="head@x")
    assert compare("routing", [base], [said], settled_before=NOW).differences == ()
    (difference,) = compare("routing", [other], [said], settled_before=NOW).differences
    assert difference.fields == ("authority",)
