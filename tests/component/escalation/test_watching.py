"""What no event announces: silence over a weekend, petitions that nobody routed, a calendar without its next year."""

from datetime import date, timedelta

from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.timers import Chores, Sweep
from shared.contracts.escalation import CalendarMissingV1, DeadlineBreachedV1, DeadlineRemindedV1, DeadlineSetV1
from shared.contracts.words import Kind, Urgency
from shared.messaging import Incoming
from shared.persistence import Database
from tests.component.escalation.scene import SetClock, Told, always, clock, database, lawbook, told
from tests.component.escalation.story import CITY, COMMUNE, Story, hanoi, office

__all__ = ["clock", "database", "lawbook"]

MONDAY = hanoi("2026-11-16 08:00")


async def hear(database: Database, lawbook: Lawbook, events: list[Incoming]) -> None:
    async with database.transaction() as tx:
        await hear_batch(tx, events, events[-1].envelope.recorded_at, lawbook=lawbook)


def stories() -> list[Story]:
    """Two hundred petitions over four days, a tenth of them urgent."""
    found = []
    for number in range(200):
        story = Story()
        at = MONDAY + timedelta(minutes=23 * number)
        story.lodge(at, kind=Kind.FIELD_REPORT if number % 3 else Kind.COMPLAINT)
        story.route(at, urgency=Urgency.NORMAL if number % 10 else Urgency.URGENT)
        found.append(story)
    return found


def lines(said: list[Told]) -> dict[object, list[tuple[str, object, str]]]:
    """Return what was said of each petition, in order, without when it was noticed."""
    found: dict[object, list[tuple[str, object, str]]] = {}
    for item in said:
        body = item.body.model_dump_json(exclude={"tell_from", "deadline_id"})
        found.setdefault(item.envelope.aggregate_id, []).append((item.envelope.type, item.envelope.effective_at, body))
    return found


async def test_two_days_of_silence_over_a_weekend_tell_the_story_of_a_punctual_week(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    punctual, silent = stories(), stories()
    friday, monday = hanoi("2026-11-20 18:00"), hanoi("2026-11-23 03:00")
    for group in (punctual, silent):
        await hear(database, lawbook, [event for story in group for event in story.events])
    punctual_ids = {story.id for story in punctual}
    clock.instant = friday
    while clock.instant < monday:
        await Sweep(database, clock, lawbook, is_current=always).tick()
        clock.instant += timedelta(hours=1)
    said = lines(await told(database))
    clock.instant = monday
    await Sweep(database, clock, lawbook, is_current=always).tick()
    after = lines(await told(database))
    assert [after[story.id] for story in punctual] == [said[story.id] for story in punctual]
    for one, other in zip(punctual, silent, strict=True):
        assert [line[:2] for line in after[one.id]] == [line[:2] for line in after[other.id]]
        times = [at for kind, at, _ in after[other.id] if "set" not in kind]
        assert times == sorted(times)  # type: ignore[type-var]  # they are instants
    assert punctual_ids


async def test_on_return_at_night_only_what_cannot_wait_is_told_at_once(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    await hear(database, lawbook, [event for story in stories() for event in story.events])
    clock.instant = hanoi("2026-11-22 03:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    spoken = [item.body for item in await told(database) if isinstance(item.body, DeadlineRemindedV1 | DeadlineBreachedV1)]
    assert len(spoken) > 200
    assert {body.tell_from for body in spoken if not body.is_urgent} == {hanoi("2026-11-23 08:00")}
    assert {body.tell_from for body in spoken if body.is_urgent} == {None}


async def test_more_than_one_batch_is_still_told_in_the_order_of_time(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    await hear(database, lawbook, [event for _ in range(4) for story in stories() for event in story.events])
    clock.instant = hanoi("2026-12-20 03:00")
    await Sweep(database, clock, lawbook, is_current=always).tick()
    times = [item.envelope.effective_at for item in await told(database) if not isinstance(item.body, DeadlineSetV1)]
    assert len(times) > 3000
    assert times == sorted(times)


async def test_a_petition_that_nobody_routes_gets_its_clocks_with_the_reception_office(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    story = Story()
    entries = [office(CITY, parent=None), office("hanoi-tcd", parent=CITY, is_reception=True)]
    await hear(database, lawbook, [*entries, story.lodge(MONDAY, kind=Kind.COMPLAINT)])
    clock.instant = MONDAY + timedelta(minutes=59)
    await Chores(database, clock, lawbook, is_current=always).look()
    assert [item for item in await told(database) if isinstance(item.body, DeadlineSetV1)] == []
    clock.instant = MONDAY + timedelta(hours=1)
    await Chores(database, clock, lawbook, is_current=always).look()
    await Chores(database, clock, lawbook, is_current=always).look()
    started = [item.body for item in await told(database) if isinstance(item.body, DeadlineSetV1)]
    assert {(body.rule, body.office, body.started_at) for body in started} == {
        (rule, "hanoi-tcd", MONDAY) for rule in ("KN1.ACCEPT", "KN.WRONG", "TCD.45")
    }
    await hear(database, lawbook, [story.route(MONDAY + timedelta(hours=5), office=COMMUNE)])
    assert len([item for item in await told(database) if isinstance(item.body, DeadlineSetV1)]) == len(started)


async def test_a_reception_office_that_is_closed_gets_nothing_while_another_is_there(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    story = Story()
    closed = office("hanoi-old", parent=CITY, is_reception=True, valid_to=date(2026, 6, 30))
    entries = [office(CITY, parent=None), office("hanoi-tcd", parent=CITY, is_reception=True), closed]
    await hear(database, lawbook, [*entries, story.lodge(MONDAY, kind=Kind.COMPLAINT)])
    clock.instant = MONDAY + timedelta(hours=1)
    await Chores(database, clock, lawbook, is_current=always).look()
    started = [item.body for item in await told(database) if isinstance(item.body, DeadlineSetV1)]
    assert {body.office for body in started} == {"hanoi-tcd"}


async def test_on_the_first_of_december_a_missing_year_is_said_once(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    for local in ("2026-11-30 23:59", "2026-12-01 00:00", "2026-12-02 09:00"):
        clock.instant = hanoi(local)
        await Chores(database, clock, lawbook, is_current=always).look()
    missing = [
        (item.body.calendar, item.body.year, item.envelope.effective_at)
        for item in await told(database)
        if isinstance(item.body, CalendarMissingV1)
    ]
    assert missing == [("hanoi", 2027, hanoi("2026-12-01 00:00"))]
