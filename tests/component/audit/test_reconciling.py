"""The reconciliation on a real database: an honest city differs in nothing, each kind of tampering is named, one replica a night."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.audit.domain.entry import Entry
from services.audit.handlers import reconciling
from services.audit.handlers.reconciling import FRESH, GRACE, LOST, Result
from services.audit.store import anomalies, log
from services.audit.store import reconciliations as store
from services.audit.timers import Nightly
from services.escalation.wire.calendars import calendar_content
from shared.contracts.audit import ReconciliationPublishedV1
from shared.contracts.procedure import EntryV1, PetitionSuspendedV1
from shared.contracts.routing import PetitionAcceptedV1, PetitionAnsweredV1, PetitionTransferredV1
from shared.contracts.words import Kind as PetitionKind
from shared.kernel.refusals import Trouble
from shared.persistence import Database, DatabaseSettings
from shared.testing import FakeClock
from tests.contract.audit.laws import AS_IT_IS
from tests.contract.audit.lives import LODGED, OTHER, PAPER, Life
from tests.unit.escalation.parts import hanoi

NOW = LODGED + timedelta(days=3)
AT, ZONE = time(1, 30), ZoneInfo("Asia/Ho_Chi_Minh")
CONTENT = calendar_content(AS_IT_IS.rulebook.calendar("hanoi").calendar)


class Books:
    """Escalation's books, read as the door gives them; `is_away` while it does not answer."""

    def __init__(self, lives: Sequence[Life]) -> None:
        self.lives = lives
        self.is_away = False
        self.changed: dict[str, Mapping[str, Any] | None] = {}

    async def rulebook(self) -> Mapping[str, Any]:
        if self.is_away:
            raise Trouble("away", code="escalation_unreachable")
        rules = [entry.model_dump(mode="json", by_alias=True) for entry in AS_IT_IS.law.rules]
        calendars = [{**CONTENT, "jurisdictions": ["hanoi"], "offices": []}]
        return {"rules": rules, "calendars": calendars, "calendar_versions": [AS_IT_IS.present]}

    async def calendar(self, name: str, version: str) -> Mapping[str, Any] | None:
        return CONTENT if (name, version) == AS_IT_IS.present else None

    async def states(self, petition_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
        rows = [row for life in self.lives if life.id in petition_ids for row in life.rows()]
        kept = [self.changed.get(row["id"], row) for row in rows]
        return [row for row in kept if row is not None]

    async def petitions(self, after: UUID) -> Sequence[UUID]:
        return [life.id for life in sorted(self.lives, key=lambda life: life.id) if life.id > after][:2]


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("audit")).sqlalchemy_url(), schema="audit")
    yield database
    await database.close()


async def keep(database: Database, lives: Sequence[Life]) -> None:
    """Write lives into the log, as hearing does."""
    rows = [_row(entry) for life in lives for entry in life.log]
    async with database.transaction() as tx:
        await log.append(tx.connection, rows)
        named = [{"code_key": life.id.hex, "petition_id": life.id, "code": life.id.hex} for life in lives]
        await log.name_petitions(tx.connection, named)


def _row(entry: Entry) -> dict[str, object]:
    names = ("id", "aggregate_id", "source", "version", "type", "effective_at", "recorded_at", "heard_at", "actor", "office")
    row: dict[str, object] = {name: getattr(entry, name) for name in (*names, "is_sealed", "stream", "stream_seq", "body")}
    cause = {"cause_id": None, "cause_source": None, "cause_version": None, "traceparent": None}
    return row | cause | {"correlation_id": entry.aggregate_id}


def living(count: int = 3) -> list[Life]:
    """Return complaints that have a few steps behind them."""
    lives = [Life(PetitionKind.COMPLAINT) for _ in range(count)]
    for life in lives:
        life.begin()
        life.hear(PetitionAcceptedV1(office="ward"), LODGED + timedelta(days=1))
        life.sweep(NOW - GRACE)
    return lives


async def run(database: Database, books: Books, *, now: datetime = NOW) -> tuple[Result, list[store.Found]]:
    run_id = uuid4()
    result = await reconciling.run(database, books, run_id, clock=FakeClock(now), settled_after=timedelta(0))
    assert result is not None
    async with database.reading() as connection:
        return result, await store.found(connection, run_id, after=0, limit=100)


async def test_an_honest_city_differs_in_nothing_and_says_so(database: Database) -> None:
    lives = living()
    await keep(database, lives)
    result, found = await run(database, Books(lives))
    assert (result.petitions, result.too_fresh, found) == (3, 0, [])
    assert result.deadlines >= 9
    async with database.reading() as connection:
        latest = await store.run(connection)
        said = (await connection.exec_driver_sql("SELECT type FROM events")).scalars().all()
    assert latest is not None
    assert (latest.differences, latest.problem) == (0, None)
    assert said == [ReconciliationPublishedV1.TYPE]


async def test_each_tampering_is_named_with_its_petition(database: Database) -> None:
    lives = living(4)
    dropped = next(entry for entry in lives[0].log if entry.what == "petition.accepted")
    lives[0].log.remove(dropped)
    await keep(database, lives)
    books = Books(lives)
    deleted, edited = lives[1].rows()[0], lives[2].rows()[-1]
    books.changed = {deleted["id"]: None, edited["id"]: {**edited, "due_at": "2030-01-01T00:00:00+00:00"}}
    lives[3].sweep(NOW + timedelta(days=30))  # its rows went on, and what was said of it was never published
    _, found = await run(database, books)
    kinds = {(item.code, item.kind) for item in found}
    assert (lives[0].id.hex, "event_missing") in kinds or (lives[0].id.hex, "step_unfounded") in kinds
    assert (lives[1].id.hex, "deadline_missing") in kinds
    assert (lives[2].id.hex, "date_edited") in kinds


async def test_what_is_only_just_heard_is_left_for_the_next_run(database: Database) -> None:
    lives = living(1)
    await keep(database, lives)
    result, found = await run(database, Books(lives), now=lives[0].log[-1].recorded_at + FRESH - timedelta(seconds=1))
    assert (result.petitions, result.too_fresh, found) == (0, 1, [])


async def test_a_run_that_escalation_does_not_answer_says_why_it_ended(database: Database) -> None:
    lives = living(1)
    await keep(database, lives)
    books = Books(lives)
    books.is_away = True
    with pytest.raises(Trouble):
        await reconciling.run(database, books, uuid4(), clock=FakeClock(NOW))
    async with database.reading() as connection:
        latest = await store.run(connection)
    assert latest is not None
    assert latest.problem == "away"


async def test_a_petition_that_only_escalation_knows_is_named(database: Database) -> None:
    lives = living(4)
    await keep(database, lives[:3])
    _, found = await run(database, Books(lives))
    assert {(item.kind, item.petition_id, item.code) for item in found} == {("deadline_unknown", lives[3].id, None)}
    assert {str(item.deadline_id) for item in found} == {row["id"] for row in lives[3].rows()}


async def test_a_start_that_was_edited_is_named(database: Database) -> None:
    lives = living(1)
    await keep(database, lives)
    books = Books(lives)
    row = lives[0].rows()[0]
    books.changed = {row["id"]: {**row, "started_at": "2026-06-23T03:15:00+00:00"}}
    _, found = await run(database, books)
    assert [(item.kind, str(item.deadline_id)) for item in found] == [("date_edited", row["id"])]


def nightly(database: Database, books: Books, clock: FakeClock, told: list[Result]) -> Nightly:
    return Nightly(database, books, clock, at=AT, zone=ZONE, told=told.append)


async def test_one_replica_reconciles_a_night(database: Database) -> None:
    lives = living(1)
    await keep(database, lives)
    told: list[Result] = []
    clock = FakeClock(NOW)
    replicas = [nightly(database, Books(lives), clock, told) for _ in range(3)]
    for local in ("2026-06-25 01:29", "2026-06-25 01:30", "2026-06-25 23:00", "2026-06-26 01:31"):
        clock.set(hanoi(local))
        await asyncio.gather(*[replica.look() for replica in replicas])
    assert len(told) == 2  # the night before the services were there is not caught up on


async def test_a_night_is_done_when_it_was_counted_to_its_end(database: Database) -> None:
    lives = living(1)
    await keep(database, lives)
    told: list[Result] = []
    books, clock = Books(lives), FakeClock(hanoi("2026-06-25 01:29"))
    replica = nightly(database, books, clock, told)
    assert await replica.look() is None
    clock.set(hanoi("2026-06-25 01:30"))
    books.is_away = True
    with pytest.raises(Trouble):
        await replica.look()
    books.is_away = False
    assert await replica.look() is None  # not at once again
    clock.advance(LOST + timedelta(seconds=1))
    another = nightly(database, books, clock, told)  # the first one was restarted meanwhile
    result = await another.look()
    assert result is not None
    assert (result.petitions, result.differences, told) == (1, 0, [result])
    assert await replica.look() is None
    assert await another.look() is None


async def test_a_run_whose_process_is_gone_is_begun_anew_without_its_half_of_the_differences(database: Database) -> None:
    lives = living(2)
    await keep(database, lives)
    books, run_id, clock = Books(lives), uuid4(), FakeClock(NOW)
    books.changed = {lives[0].rows()[0]["id"]: None}
    async with database.transaction() as tx:
        assert await store.begin(tx.connection, run_id, as_of=NOW, petition_id=None, now=NOW, lost_before=NOW - LOST)
        half = {"run_id": run_id, "place": 1, "kind": "step_doubled", "petition_id": lives[1].id, "expected": "", "found": ""}
        await store.put(tx.connection, [half | {"code": None, "deadline_id": None, "rule": None}])
    assert await reconciling.run(database, books, run_id, clock=clock) is None
    clock.advance(LOST + timedelta(seconds=1))
    result = await reconciling.run(database, books, run_id, clock=clock, settled_after=timedelta(0))
    assert result is not None
    async with database.reading() as connection:
        found = await store.found(connection, run_id, after=0, limit=100)
    assert [item.kind for item in found] == ["deadline_missing"]
    assert result.differences == 1
    assert await reconciling.run(database, books, run_id, clock=clock) is None


async def test_anomalies_are_counted_by_office(database: Database) -> None:
    life = Life(PetitionKind.COMPLAINT)
    life.begin()
    entry = EntryV1(entered_at=NOW, entered_by="person:x", evidence="1")
    life.hear(PetitionAcceptedV1(office="ward", entry=entry), LODGED + timedelta(hours=1))
    for _ in range(2):
        life.hear(PetitionSuspendedV1(office="ward", ground="KN11A.OTHER_BODY", document=PAPER), hanoi("2026-07-02 09:00"))
    back = OTHER.model_copy(update={"office": "ward"})
    life.hear(PetitionTransferredV1(from_office="ward", reason="not_competent", route=OTHER), hanoi("2026-07-03 09:00"))
    life.hear(PetitionTransferredV1(from_office="other", reason="not_competent", route=back), hanoi("2026-07-04 09:00"))
    life.hear(PetitionAnsweredV1(office="ward"), hanoi("2026-07-06 09:00"))
    rows = [_row(item) for item in life.log]
    for row in rows:
        row["office"] = "ward"
        if str(row["type"]).endswith("accepted.v1"):
            row["recorded_at"] = NOW
    async with database.transaction() as tx:
        await log.append(tx.connection, rows)
        found = await anomalies.anomalies(tx.connection, since=LODGED, office=None)
        times = await anomalies.on_time(tx.connection, since=LODGED, office="ward")
    assert {(item.kind, item.office) for item in found} == {
        ("backdated_act", "ward"),
        ("repeated_suspension", "ward"),
        ("bouncing_transfer", "other"),
    }
    assert times[0].ended >= times[0].on_time >= times[0].on_time_without_extension > 0
