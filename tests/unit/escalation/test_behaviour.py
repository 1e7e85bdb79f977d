"""How eleven other deadline engines behave, case by case, and what ours does: alike where they are right, better where they fail.

The cases are named by where they come from; arithmetic alone is in the yardstick vectors (test_vectors.py).
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from services.escalation.domain import acts
from services.escalation.domain.basis import Basis
from services.escalation.domain.calendar import Calendar
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.counting import due
from services.escalation.domain.deadline import Breached, Deadline, Escalated, Outcome, Reminded, advance
from services.escalation.domain.plan import StepKind, plan
from services.escalation.domain.redating import Redating
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.rules import Endings, Limit, Pause, Rule, Subject, Unit, Warnings
from services.escalation.domain.tree import Tree
from services.escalation.wire.calendars import calendar_of
from services.escalation.wire.rulebook import read_law
from shared.kernel.refusals import Malformed
from tests.unit.escalation.parts import RULES, WARD, act, hanoi, office_week, petition, routed

TIMETABLE = office_week()
FACTS = frozenset({"answered", "closed"})
MONDAY = hanoi("2026-11-16 08:00")


def rule(amount: int, unit: Unit = Unit.WORKING_HOUR, **changes: object) -> Rule:
    plain = Rule(
        id="TEST.RULE",
        version=1,
        step="answer",
        limit=Limit(amount, unit),
        start=frozenset({"received"}),
        endings=Endings(FACTS),
        warnings=Warnings(),
        citation="x",
        confirmation="TEXT",
        effective_from=date(2020, 1, 1),
        pauses=(Pause("suspended", "resumed", date(2020, 1, 1), "x"),),
        subject=Subject(kinds=frozenset({"field_report"})),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def one(given: Rule, *, lodged_at: datetime = MONDAY) -> Clocks:
    """Return the clocks of a field report under one rule alone."""
    book = Rulebook([given], {"hanoi": TIMETABLE})
    clocks = routed(petition("field_report", lodged_at))
    fresh = Clocks(replace(clocks.petition, holder=None), book, Tree())
    fresh.hear(act("received", lodged_at, holder=WARD))
    return fresh


def clock(clocks: Clocks) -> Deadline:
    (found,) = clocks.deadlines
    return found


@pytest.mark.parametrize(("closed", "outcome"), [("10:59", Outcome.MET), ("11:00", Outcome.MET), ("11:01", Outcome.LATE)])
def test_closed_before_at_and_after_the_limit(closed: str, outcome: Outcome) -> None:
    """Zammad, solution time; Frappe, auto-close exactly at the boundary."""
    clocks = one(rule(3))
    clocks.hear(act("closed", hanoi(f"2026-11-16 {closed}")))
    ending = clock(clocks).ending
    assert ending is not None
    assert ending.outcome is outcome


def test_a_second_closing_does_not_change_when_it_was_resolved() -> None:
    """Frappe: resolved, then closed."""
    clocks = one(rule(3))
    clocks.hear(act("answered", hanoi("2026-11-16 09:00")))
    before = clock(clocks)
    clocks.hear(act("closed", hanoi("2026-11-17 09:00")))
    assert clock(clocks) is before


def test_where_the_rule_no_longer_fits_its_clock_falls_away() -> None:
    """Zammad: the SLA no longer matches."""
    clocks = one(rule(3))
    clocks.hear(act("received", MONDAY + timedelta(minutes=5), holder=WARD, kind="complaint", procedure="complaint.first"))
    ending = clock(clocks).ending
    assert ending is not None
    assert (ending.outcome, ending.fact) == (Outcome.VOID, "reclassified")


def test_reopened_after_two_pauses_it_runs_on_with_both_left_out() -> None:
    """Zammad: re-opened after two pauses."""
    clocks = one(rule(10, Unit.WORKING_DAY))
    for begin, end in (("2026-11-17", "2026-11-19"), ("2026-11-20", "2026-11-23")):
        clocks.hear(act("suspended", hanoi(f"{begin} 09:00")))
        clocks.hear(act("resumed", hanoi(f"{end} 09:00")))
    due_at = clock(clocks).due_at
    clocks.hear(act("answered", hanoi("2026-11-24 09:00")))
    clocks.hear(act("reopened", hanoi("2026-11-25 09:00")))
    assert clock(clocks).due_at == due_at == TIMETABLE.end_of_day(date(2026, 12, 3))


@pytest.mark.parametrize(("begin", "end", "days"), [("23:45", "00:45", 1), ("00:10", "23:50", 5)])
def test_a_pause_over_midnight_and_one_of_five_days_leave_out_whole_days(begin: str, end: str, days: int) -> None:
    """Zammad splits pauses per minute and day; the law counts whole days."""
    clocks = one(rule(30, Unit.CALENDAR_DAY))
    clocks.hear(act("suspended", hanoi(f"2026-11-17 {begin}")))
    until = date(2026, 11, 17) + timedelta(days=days)
    clocks.hear(act("resumed", hanoi(f"{until} {end}")))
    assert clock(clocks).basis.pauses == ((date(2026, 11, 17), until),)


def test_time_that_is_paused_from_the_first_minute_is_never_overdue() -> None:
    """Zammad: created already pending; GLPI #24481: violated while pending."""
    clocks = one(rule(3))
    clocks.hear(act("suspended", MONDAY))
    _, said = advance(clock(clocks), WARD, Tree(), through=MONDAY + timedelta(days=90))
    assert said == []
    clocks.hear(act("answered", MONDAY + timedelta(days=90)))
    ending = clock(clocks).ending
    assert ending is not None
    assert ending.outcome is Outcome.MET


def test_a_rule_that_changes_during_a_pause_loses_no_time() -> None:
    """GLPI #6902, #15605: the SLA changed while the ticket was pending."""
    clocks = one(rule(30, Unit.CALENDAR_DAY))
    clocks.hear(act("suspended", hanoi("2026-11-20 09:00")))
    amended = replace(rule(35, Unit.CALENDAR_DAY), version=2)
    before = replace(rule(30, Unit.CALENDAR_DAY), effective_to=date(2026, 1, 1))
    clocks.rulebook = Rulebook([before, replace(amended, effective_from=date(2026, 1, 2))], {"hanoi": TIMETABLE})
    assert not Redating(clocks.rulebook, is_rule_amended=True).moves(clock(clocks), applied_at=hanoi("2026-11-24 09:00"))
    clocks.hear(act("resumed", hanoi("2026-11-30 09:00")))
    assert clock(clocks).basis.rule_version == 2
    assert clock(clocks).due_at == TIMETABLE.end_of_day(date(2026, 12, 31))


@pytest.mark.parametrize("hours", [((480, 480),), ((480, 400),), ((0, 1441),), ((480, 720), (700, 1000))])
def test_hours_that_cannot_be_are_refused(hours: tuple[tuple[int, int], ...]) -> None:
    """Zammad: blank hours, hours that end at 00:00."""
    with pytest.raises(Malformed):
        Calendar(name="x", zone="UTC", hours={0: hours})


def test_a_calendar_that_never_works_is_refused_instead_of_falling_back_or_looping() -> None:
    """Chatwoot falls back to the wall clock; Frappe loops for ever."""
    with pytest.raises(Malformed, match="no working hour"):
        Calendar(name="x", zone="UTC", hours={0: ()})


def test_a_calendar_whose_names_alone_change_moves_nobody() -> None:
    """Zammad re-dates only where hours or holidays changed."""
    law = read_law(RULES)
    file = law.calendars["hanoi"]
    renamed = file.model_copy(update={"days_off": [item.model_copy(update={"name": "x"}) for item in file.days_off]})
    assert calendar_of(renamed).version == calendar_of(file).version
    deadline = routed(petition("complaint", hanoi("2026-11-16 09:00"))).deadlines[0]
    assert Redating(law.with_calendar(renamed).rulebook()).due_at(deadline) == deadline.due_at


def test_each_step_is_said_once_however_often_one_looks() -> None:
    """Znuny says it again until a decay time passes; Zammad each run; Chatwoot once."""
    given = rule(8, warnings=Warnings(reminders=(50, 80)))
    deadline, kinds = clock(one(given)), []
    for hour in range(0, 96, 3):
        deadline, said = advance(deadline, WARD, Tree(), through=MONDAY + timedelta(hours=hour))
        kinds += [type(fact) for fact in said]
    assert kinds == [Reminded, Reminded, Breached]


@pytest.mark.parametrize("limit", [Limit(3, Unit.PLANNED), Limit(0, Unit.SOURCE), Limit(3, Unit.WORKING_DAY, is_before=True)])
def test_a_unit_that_cannot_be_counted_fails_and_changes_nothing(limit: Limit) -> None:
    """Znuny: negative or unknown units."""
    with pytest.raises(Malformed):
        due(limit, TIMETABLE, Basis("TEST.RULE", 1, MONDAY))


@pytest.mark.parametrize(
    ("lodged", "expected"),
    [
        ("2026-11-16 13:15", "2026-11-16 14:30"),
        ("2026-11-16 19:15", "2026-11-17 09:00"),
        ("2026-11-21 10:00", "2026-11-23 09:00"),
    ],
)
def test_time_starts_when_the_office_works(lodged: str, expected: str) -> None:
    """RT: in hours, in the evening, on Saturday."""
    assert clock(one(rule(1), lodged_at=hanoi(lodged))).due_at == hanoi(expected)


def test_two_hours_more_are_two_hours_more() -> None:
    """RT: an SLA of 2 h becomes one of 4 h."""
    assert clock(one(rule(4))).due_at - clock(one(rule(2))).due_at == timedelta(hours=2)


def test_a_shorter_rule_moves_the_due_moment_and_its_reminders_and_nobody_elses() -> None:
    """GLPI: the ticket's SLA changed from 4 h to 2 h at 13:00."""
    clocks = one(rule(4, warnings=Warnings(reminders=(75,))), lodged_at=hanoi("2026-11-16 13:30"))
    shorter = rule(2, version=2, warnings=Warnings(reminders=(75,)))
    before = clock(clocks)
    after, said = acts.recounted(
        before, shorter, TIMETABLE, before.basis, acts.Reason.RULE_AMENDED, at=hanoi("2026-11-16 13:40"), office="w"
    )
    assert (said.from_due_at, after.due_at) == (hanoi("2026-11-16 17:30"), hanoi("2026-11-16 15:30"))
    assert [step.at for step in after.steps if step.kind is StepKind.REMINDED] == [hanoi("2026-11-16 15:00")]
    assert before.due_at == hanoi("2026-11-16 17:30")


def test_a_reminder_before_the_due_moment_falls_into_working_time() -> None:
    """GLPI PR 22678: a level an hour before was executed at 00:00."""
    steps = plan(
        rule(4, warnings=Warnings(reminders=(75,))),
        TIMETABLE,
        Basis("TEST.RULE", 1, hanoi("2026-11-16 16:30")),
        hanoi("2026-11-17 11:00"),
    )
    assert steps[0].at == hanoi("2026-11-17 10:00")


def test_waiting_counts_only_working_time() -> None:
    """GLPI: waiting from a Monday to the Monday after."""
    passed = TIMETABLE.between(hanoi("2026-11-16 11:00"), hanoi("2026-11-23 11:00"))
    assert passed == timedelta(hours=40)


def test_a_comment_neither_sets_nor_moves_nor_ends_anything() -> None:
    """RT, Zammad: replies move clocks; DIGIT: every edit restarts them."""
    clocks = one(rule(8))
    before = clock(clocks)
    for fact in ("commented", "papers_requested", "contested", "returned"):
        clocks.hear(act(fact, MONDAY + timedelta(hours=1)))
    assert clock(clocks) == before


def test_transferred_twice_and_returned_the_clock_is_the_same() -> None:
    """No suite has it."""
    clocks = one(rule(5, Unit.WORKING_DAY))
    before = clock(clocks).due_at
    for fact, office in (("transferred", "a"), ("transferred", "b"), ("returned", "a")):
        clocks.hear(act(fact, MONDAY + timedelta(hours=2), holder=replace(WARD, office=office)))
    assert (clock(clocks).due_at, clocks.holder.office) == (before, "a")


def test_a_superior_who_is_away_is_passed_over_and_the_unassigned_climb_too() -> None:
    """DIGIT skips complaints without an assignee; no suite has an absent superior."""
    clocks = routed(petition("field_report", MONDAY), holder=replace(WARD, office="hanoi-tcd"))
    _, said = advance(clocks.deadlines[0], clocks.holder, Tree(), through=MONDAY + timedelta(days=30))
    assert any(isinstance(fact, Escalated) for fact in said)
