"""Handlers and the sweep against a real database: the story told is right, whole and told once."""

import asyncio
from dataclasses import replace

from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.timers import Sweep
from shared.contracts.escalation import DeadlineEndedV1, DeadlineMetV1, DeadlineSetV1, PetitionEscalatedV1
from shared.contracts.intake import SourceFactsV1
from shared.contracts.words import Channel, Kind
from shared.messaging import Incoming
from shared.persistence import Database
from shared.telemetry import collect_spans
from tests.component.escalation.scene import SetClock, always, clock, database, in_short, lawbook, told
from tests.component.escalation.story import CITY, COMMUNE, DEPARTMENT, Story, hanoi

__all__ = ["clock", "database", "lawbook"]


async def hear(database: Database, lawbook: Lawbook, *events: Incoming) -> None:
    async with database.transaction() as tx:
        await hear_batch(tx, events, events[-1].envelope.recorded_at, lawbook=lawbook)


async def sweep(database: Database, lawbook: Lawbook, clock: SetClock, at: str) -> None:
    clock.instant = hanoi(at)
    await Sweep(database, clock, lawbook, is_current=always).tick()


async def test_a_field_report_that_nobody_takes_climbs_to_the_city(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    story = Story()
    story.lodge(hanoi("2026-11-16 09:00"))
    story.route(hanoi("2026-11-16 09:01"))
    await hear(database, lawbook, *story.events)
    await sweep(database, lawbook, clock, "2026-11-20 09:00")
    said = await told(database)
    assert in_short(said) == [
        ("set", "2026-11-16T02:00:00+00:00"),
        ("reminded", "2026-11-16T07:30:00+00:00"),
        ("reminded", "2026-11-16T09:54:00+00:00"),
        ("breached", "2026-11-17T02:00:00+00:00"),
        ("escalated", "2026-11-18T02:00:00+00:00"),
        ("escalated", "2026-11-20T02:00:00+00:00"),
    ]
    assert {item.envelope.recorded_at for item in said[1:]} == {hanoi("2026-11-20 09:00")}
    assert {item.envelope.cause.event_id for item in said if item.envelope.cause} == {story.events[-1].envelope.id}
    climbed = [item.body for item in said if isinstance(item.body, PetitionEscalatedV1)]
    assert [(body.level, body.from_office, body.to_office) for body in climbed] == [(1, COMMUNE, CITY), (2, COMMUNE, CITY)]


async def test_a_second_sweep_says_nothing_again(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    story = Story()
    await hear(database, lawbook, story.lodge(hanoi("2026-11-16 09:00")), story.route(hanoi("2026-11-16 09:01")))
    await sweep(database, lawbook, clock, "2026-11-17 12:00")
    before = await told(database)
    await sweep(database, lawbook, clock, "2026-11-17 12:00")
    assert await told(database) == before


async def test_a_whole_life_in_one_batch_is_told_like_one_event_at_a_time(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    together, apart = (_complaint() for _ in range(2))
    await hear(database, lawbook, *together.events)
    for event in apart.events:
        await hear(database, lawbook, event)
    said = await told(database)
    lives = [
        [(item.envelope.type, item.envelope.effective_at) for item in said if item.envelope.aggregate_id == story.id]
        for story in (together, apart)
    ]
    assert lives[0] == lives[1]
    assert [
        item.body.rule for item in said if isinstance(item.body, DeadlineMetV1) and item.envelope.aggregate_id == apart.id
    ] == [
        "KN.WRONG",
        "KN1.ACCEPT",
        "TCD.45",
        "KN1.RESOLVE",
    ]
    await sweep(database, lawbook, clock, "2027-03-01 00:00")
    later = [item.body.rule for item in (await told(database))[len(said) :] if hasattr(item.body, "rule")]
    assert set(later) == {"KN1.SEND", "KN1.LEGALFORCE"}  # only what the decision itself started goes on


def _complaint() -> Story:
    story = Story()
    story.lodge(hanoi("2026-07-06 09:00"), kind=Kind.COMPLAINT)
    story.route(hanoi("2026-07-06 09:01"))
    story.accept(hanoi("2026-07-08 10:00"))
    story.answer(hanoi("2026-08-07 16:00"))
    story.close(hanoi("2026-08-07 16:00"))
    return story


async def test_a_transfer_moves_the_duty_but_not_the_clock(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    story = Story()
    await hear(database, lawbook, story.lodge(hanoi("2026-11-16 09:00")), story.route(hanoi("2026-11-16 09:01")))
    await hear(database, lawbook, story.transfer(hanoi("2026-11-16 15:00"), superiors=(CITY,)))
    await sweep(database, lawbook, clock, "2026-11-18 09:00")
    said = await told(database)
    due = {item.body.due_at for item in said if isinstance(item.body, DeadlineSetV1)}
    assert due == {hanoi("2026-11-17 09:00")}
    assert [(item.envelope.type.split(".")[-2], item.envelope.office) for item in said] == [
        ("set", COMMUNE),
        ("reminded", COMMUNE),
        ("reminded", DEPARTMENT),
        ("breached", DEPARTMENT),
        ("escalated", DEPARTMENT),
    ]


async def test_an_answer_after_the_due_moment_ends_the_clock_late(database: Database, lawbook: Lawbook, clock: SetClock) -> None:
    story = Story()
    await hear(database, lawbook, story.lodge(hanoi("2026-11-16 09:00")), story.route(hanoi("2026-11-16 09:01")))
    await hear(database, lawbook, story.refuse(hanoi("2026-11-17 09:00:01")))
    said = await told(database)
    assert [verb for verb, _ in in_short(said)] == ["set", "reminded", "reminded", "breached", "ended"]
    assert isinstance(said[-1].body, DeadlineEndedV1)
    assert said[-1].body.reason == "late"


async def test_an_imported_petition_with_a_known_end_needs_no_sweep(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    opened, due = hanoi("2015-01-05 09:00"), hanoi("2015-01-08 09:00")
    in_time, late, unknown = (
        _imported(opened, due=due, closed=hanoi("2015-01-08 09:00")),
        _imported(opened, due=due, closed=hanoi("2015-01-09 09:00")),
        _imported(opened, due=None, closed=hanoi("2015-01-09 09:00")),
    )
    for story in (in_time, late, unknown):
        await hear(database, lawbook, *story.events)
    await sweep(database, lawbook, clock, "2026-11-16 09:00")
    said = await told(database)
    verbs = [
        [item.envelope.type.split(".")[-2] for item in said if item.envelope.aggregate_id == story.id]
        for story in (in_time, late, unknown)
    ]
    assert verbs == [["set", "met"], ["set", "breached", "ended"], []]


def _imported(opened: object, *, due: object, closed: object) -> Story:
    story = Story()
    source = SourceFactsV1.model_validate(
        {"system": "boston311", "reference": "1", "office": "boston-PWDx", "due_at": due, "closed_at": closed}
    )
    story.lodge(opened, channel=Channel.IMPORT, jurisdiction="boston", source=source)  # type: ignore[arg-type]
    story.route(opened, office="boston-PWDx", superiors=("boston",))  # type: ignore[arg-type]
    if closed is not None:
        story.close(closed, outcome="closed_at_source")  # type: ignore[arg-type]
    return story


async def test_an_open_import_past_its_due_moment_is_told_by_the_sweep(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    story = _imported(hanoi("2015-01-05 23:00"), due=hanoi("2015-01-08 23:00"), closed=None)
    await hear(database, lawbook, *story.events)
    await sweep(database, lawbook, clock, "2026-11-16 09:00")
    verbs = [verb for verb, _ in in_short(await told(database))]
    assert verbs == ["set", "breached", "escalated", "escalated"]


async def test_several_sweeps_share_the_work_and_say_each_step_once(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    stories = [Story() for _ in range(60)]
    for story in stories:
        story.lodge(hanoi("2026-11-16 09:00"))
        story.route(hanoi("2026-11-16 09:01"))
    await hear(database, lawbook, *(event for story in stories for event in story.events))
    clock.instant = hanoi("2026-11-18 09:00")
    await asyncio.gather(*[Sweep(database, clock, lawbook, is_current=always).tick() for _ in range(4)])
    said = await told(database)
    assert len(said) == 60 * 5
    assert len({item.envelope.id for item in said}) == len(said)


async def test_what_time_says_belongs_to_the_trace_of_what_started_the_clock(
    database: Database, lawbook: Lawbook, clock: SetClock
) -> None:
    story = Story()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    lodged, routed = story.lodge(hanoi("2026-11-16 09:00")), story.route(hanoi("2026-11-16 09:01"))
    await hear(database, lawbook, lodged, replace(routed, envelope=replace(routed.envelope, traceparent=trace)))
    with collect_spans() as spans:
        await sweep(database, lawbook, clock, "2026-11-17 09:00")
    names = [span.name for span in spans.get_finished_spans() if span.name.startswith("time says")]
    assert names == ["time says reminded", "time says reminded", "time says breached"]
    traces = [(item.envelope.traceparent or "").split("-")[1] for item in await told(database)]
    assert set(traces) == {"0af7651916cd43dd8448eb211c80319c"}
