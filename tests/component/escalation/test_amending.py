"""A calendar or a rule is amended: who moves is known before, exactly those move, once, whatever is killed on the way."""

import asyncio
from datetime import date

import pytest

from services.escalation.handlers import amending
from services.escalation.handlers.amending import Wanted
from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store import amendments as store
from services.escalation.timers import Chores, Sweep
from services.escalation.wire.rulebook import read_law
from shared.contracts.escalation import CalendarAmendedV1, DeadlineMovedV1, DeadlineSetV1, MoveReason, RuleAmendedV1
from shared.contracts.words import Kind
from shared.kernel.refusals import Malformed
from shared.persistence import Database
from tests.component.escalation.scene import RULES, SetClock, Told, always, clock, database, lawbook, told
from tests.component.escalation.story import Story, hanoi

__all__ = ["clock", "database", "lawbook"]

A_DAY_OFF = """
calendar: hanoi
days_off:
  - {day: 2026-11-20, name: Nghỉ đột xuất, source: Quyết định 1/QĐ-UBND, announced_on: 2026-11-17}
"""
A_SHORTER_LIMIT = """
source: Nghị định 1/2026/NĐ-CP
announced_on: 2026-11-17
rules:
  - id: KP.RESOLVE
    version: 2
    name_vi: Trả lời kiến nghị (cam kết dịch vụ)
    name_en: Answer the substance (own service level)
    kinds: [recommendation]
    jurisdictions: [hanoi]
    step: answer
    limit: {amount: 10, unit: working_day}
    start: [received]
    met_by: [answered, refused, closed]
    citation: Nghị định 1/2026/NĐ-CP
    confirmation: TEXT
    effective_from: 2026-11-18
    reaches_pending: true
    pending_citation: Nghị định 1/2026/NĐ-CP, Điều 2
"""


def wanted(kind: str, content: str, at: str = "2026-11-17 10:00") -> Wanted:
    return Wanted(kind, content, "person:operator", hanoi(at))


async def lodge(database: Database, lawbook: Lawbook, kind: Kind, at: str, *, count: int = 1) -> list[Story]:
    stories = [Story() for _ in range(count)]
    for story in stories:
        story.lodge(hanoi(at), kind=kind)
        story.route(hanoi(at))
    async with database.transaction() as tx:
        await hear_batch(tx, [event for story in stories for event in story.events], hanoi(at), lawbook=lawbook)
    return stories


async def apply(database: Database, lawbook: Lawbook, kind: str, content: str) -> None:
    async with database.transaction() as tx:
        await amending.apply(tx, lawbook, wanted(kind, content))


def moves(said: list[Told]) -> list[DeadlineMovedV1]:
    return [item.body for item in said if isinstance(item.body, DeadlineMovedV1)]


async def test_exactly_those_move_that_the_preview_named(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    across = await lodge(database, lawbook, Kind.COMPLAINT, "2026-11-16 09:00", count=3)
    await lodge(database, lawbook, Kind.FIELD_REPORT, "2026-11-16 09:00")  # due on the 17th
    await lodge(database, lawbook, Kind.COMPLAINT, "2026-11-20 09:00")  # the first day is not counted anyway
    previewed = [move async for part in amending.preview(database, lawbook, wanted("calendar", A_DAY_OFF)) for move in part]
    assert {(move.code, move.rule) for move in previewed} == {
        (story.code, rule) for story in across for rule in ("KN1.ACCEPT", "KN.WRONG")
    }
    clock.instant = hanoi("2026-11-17 10:00")
    await apply(database, lawbook, "calendar", A_DAY_OFF)
    assert await Chores(database, clock, lawbook, is_current=always).look() == len(previewed)
    said = await told(database)
    moved = moves(said)
    assert {(body.deadline_id, body.from_due_at, body.due_at) for body in moved} == {
        (move.deadline_id, move.from_due_at, move.due_at) for move in previewed
    }
    assert {(body.reason, body.plan, body.from_due_at < body.due_at) for body in moved} == {
        (MoveReason.CALENDAR_AMENDED, 2, True)
    }
    amended = next(item.body for item in said if isinstance(item.body, CalendarAmendedV1))
    assert (amended.moves, amended.days[0].day, amended.from_version != amended.to_version) == (6, date(2026, 11, 20), True)
    assert {body.amendment_id for body in moved} == {amended.amendment_id}
    kinds = [item.envelope.type for item in said]
    assert kinds.index(CalendarAmendedV1.TYPE) < kinds.index(DeadlineMovedV1.TYPE)


async def test_the_same_amendment_again_moves_nobody_and_new_clocks_count_by_it(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    await lodge(database, lawbook, Kind.COMPLAINT, "2026-11-16 09:00")
    clock.instant = hanoi("2026-11-17 10:00")
    for _ in range(2):
        await apply(database, lawbook, "calendar", A_DAY_OFF)
        await Chores(database, clock, lawbook, is_current=always).look()
    assert len(moves(await told(database))) == 2
    await lodge(database, Lawbook(read_law(RULES)), Kind.COMPLAINT, "2026-11-17 11:00")  # another replica
    last = [item.body for item in await told(database) if isinstance(item.body, DeadlineSetV1)][-1]
    assert last.calendar_version == next(iter(moves(await told(database)))).calendar_version


async def test_killed_on_the_way_it_goes_on_where_it_was(
    database: Database, lawbook: Lawbook, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lodge(database, lawbook, Kind.COMPLAINT, "2026-11-16 09:00", count=40)
    clock.instant = hanoi("2026-11-17 10:00")
    await apply(database, lawbook, "calendar", A_DAY_OFF)
    monkeypatch.setattr(amending, "BATCH_SIZE_MAX", 7)
    claims = 0
    whole = store.claim

    async def killed(*arguments: object, **options: object) -> object:
        nonlocal claims
        claims += 1
        found = await whole(*arguments, **options)  # type: ignore[arg-type]  # passed on as they came
        if claims % 3 == 0:
            raise ConnectionError("killed between the claim and the commit")
        return found

    monkeypatch.setattr(store, "claim", killed)
    looks = 0
    while looks < 20:
        looks += 1
        results = await asyncio.gather(
            *[Chores(database, clock, Lawbook(read_law(RULES)), is_current=always).look() for _ in range(2)],
            return_exceptions=True,
        )
        if results == [0, 0]:
            break
    moved = moves(await told(database))
    assert len(moved) == len({body.deadline_id for body in moved}) == 80
    async with database.reading() as connection:
        assert await store.unfinished(connection) == []


async def test_what_is_overdue_paused_or_ended_stays_as_it_was(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    overdue, ended = await lodge(database, lawbook, Kind.COMPLAINT, "2026-11-02 09:00", count=2)
    async with database.transaction() as tx:
        await hear_batch(tx, [ended.refuse(hanoi("2026-11-03 09:00"))], hanoi("2026-11-03 09:00"), lawbook=lawbook)
    clock.instant = hanoi("2026-11-20 12:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    await apply(database, lawbook, "calendar", A_DAY_OFF)
    await Chores(database, clock, lawbook, is_current=always).look()
    assert moves(await told(database)) == []
    assert overdue.events


async def test_an_amended_rule_moves_pending_clocks_to_its_new_version(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    await lodge(database, lawbook, Kind.RECOMMENDATION, "2026-11-16 09:00")
    ending = A_SHORTER_LIMIT.replace("rules:\n", _first_version_with_its_last_day())
    clock.instant = hanoi("2026-11-17 10:00")
    await apply(database, lawbook, "rule", ending)
    await Chores(database, clock, lawbook, is_current=always).look()
    said = await told(database)
    moved = moves(said)
    assert [(body.rule, body.rule_version, body.reason) for body in moved] == [("KP.RESOLVE", 2, MoveReason.RULE_AMENDED)]
    assert moved[0].due_at < moved[0].from_due_at
    assert next(item.body for item in said if isinstance(item.body, RuleAmendedV1)).moves == 1


def _first_version_with_its_last_day() -> str:
    entry = next(entry for entry in read_law(RULES).rules if entry.id == "KP.RESOLVE")
    lines = entry.model_dump_json(by_alias=True, exclude_defaults=True)
    return f'rules:\n  - {lines[:-1]}, "effective_to": "2026-11-17"}}\n'


@pytest.mark.parametrize(
    ("kind", "content", "complaint"),
    [
        ("calendar", "calendar: hanoi\ndays_off: []", "changes nothing"),
        ("calendar", A_DAY_OFF.replace("hanoi", "atlantis"), "there are boston, hanoi"),
        ("calendar", A_DAY_OFF.replace("2026-11-20", "soon"), "days_off"),
        ("rule", A_SHORTER_LIMIT, "in force on the same day"),
        ("rule", A_SHORTER_LIMIT.replace("version: 2", "version: 1"), "published"),
    ],
)
async def test_an_amendment_that_does_not_fit_is_refused_before_anything_changes(
    database: Database, lawbook: Lawbook, kind: str, content: str, complaint: str
) -> None:
    with pytest.raises(Malformed, match=complaint):
        await apply(database, lawbook, kind, content)
    async with database.reading() as connection:
        assert await store.unfinished(connection) == []


async def test_petitions_come_in_while_an_amendment_is_applied(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    await lodge(database, lawbook, Kind.COMPLAINT, "2026-11-16 09:00", count=30)
    clock.instant = hanoi("2026-11-17 10:00")

    async def arriving() -> None:
        other = Lawbook(read_law(RULES))
        for _ in range(15):
            await lodge(database, other, Kind.COMPLAINT, "2026-11-17 09:59", count=2)

    async def amended() -> None:
        await apply(database, lawbook, "calendar", A_DAY_OFF)
        await Chores(database, clock, lawbook, is_current=always).look()

    await asyncio.gather(arriving(), amended())
    said = await told(database)
    last = {item.body.deadline_id: item.body for item in said if isinstance(item.body, DeadlineSetV1 | DeadlineMovedV1)}
    acceptance = {body.due_at for body in last.values() if body.rule == "KN1.ACCEPT"}
    assert acceptance == {_end_of("2026-11-27"), _end_of("2026-11-30")}  # lodged on the 16th and the 17th


def _end_of(day: str) -> object:
    return hanoi(f"{day} 23:59:59.999999")
