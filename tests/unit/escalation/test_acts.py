"""Suspension, continuation, extension, reopening, merging: legal acts with dates, and what the law does not provide for."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.acts import Moved, Paused
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.deadline import Breached, Deadline, Ended, Escalated, Outcome, advance
from services.escalation.domain.petition import Fact
from services.escalation.domain.tree import Holder, Office, Tree
from tests.unit.escalation.parts import WARD, act, hanoi, petition, routed, rulebook

COMPLEX = "KN3A.FOREIGN"


def accepted(day: str = "2026-07-06", *, kind: str = "complaint", traits: frozenset[str] = frozenset()) -> Clocks:
    """Return the clocks of a petition lodged and accepted on one morning."""
    clocks = routed(petition(kind, hanoi(f"{day} 08:30"), traits=traits))
    clocks.hear(act("accepted", hanoi(f"{day} 09:00")))
    return clocks


def clock(clocks: Clocks, rule: str, occurrence: int = 1) -> Deadline:
    return next(item for item in clocks.deadlines if item.rule == rule and item.basis.occurrence == occurrence)


def due_on(deadline: Deadline) -> date:
    return rulebook().calendar("hanoi").local_date(deadline.due_at)


def suspension(rule: str = "KN1.RESOLVE") -> str:
    """Return a listed ground of a suspension."""
    return min(next(item for item in rulebook().rules if item.id == rule).pauses[0].grounds)


def suspend(clocks: Clocks, day: str, *, ground: str | None = None) -> None:
    clocks.hear(act("suspended", hanoi(f"{day} 10:00"), ground=ground or suspension()))


def resume(clocks: Clocks, day: str) -> None:
    clocks.hear(act("resumed", hanoi(f"{day} 10:00")))


def test_a_suspension_leaves_out_whole_days_and_the_rest_runs_on_from_the_decision_to_continue() -> None:
    clocks = accepted()
    assert due_on(clock(clocks, "KN1.RESOLVE")) == date(2026, 8, 5)
    suspend(clocks, "2026-07-15")
    paused = clock(clocks, "KN1.RESOLVE")
    assert (paused.pausing is not None, paused.next_action_at) == (True, None)
    resume(clocks, "2026-07-25")  # 15 to 24 July, ten days, are left out
    assert due_on(clock(clocks, "KN1.RESOLVE")) == date(2026, 8, 17)  # 15 August is a Saturday
    moved = [said for said in clocks.said if isinstance(said, Moved)]
    assert [(said.reason, said.rule.id) for said in moved] == [("resumed", "KN1.RESOLVE")]


def test_each_act_starts_its_own_duty_to_notify() -> None:
    clocks = accepted()
    suspend(clocks, "2026-07-15")
    resume(clocks, "2026-07-20")
    suspend(clocks, "2026-07-22")
    assert due_on(clock(clocks, "KN.SUSPEND.SEND")) == date(2026, 7, 20)
    assert due_on(clock(clocks, "KN.RESUME.SEND")) == date(2026, 7, 23)
    assert due_on(clock(clocks, "KN.SUSPEND.SEND", 2)) == date(2026, 7, 27)
    clocks.hear(act("suspension_sent", hanoi("2026-07-23 09:00")))
    endings = [clock(clocks, "KN.SUSPEND.SEND", number).ending for number in (1, 2)]
    assert [ending and ending.outcome for ending in endings] == [Outcome.LATE, Outcome.MET]


def test_a_denunciation_is_told_of_its_suspension_within_five_working_days() -> None:
    clocks = accepted(kind="denunciation")
    suspend(clocks, "2026-07-15", ground=suspension("TC.RESOLVE"))
    assert due_on(clock(clocks, "TC.SUSPEND")) == date(2026, 7, 22)


def test_asking_for_more_papers_pauses_nothing() -> None:
    clocks = accepted()
    before = list(clocks.deadlines)
    clocks.hear(act("papers_requested", hanoi("2026-07-10 09:00")))
    assert clocks.deadlines == before


def test_a_pause_without_a_listed_ground_is_refused_with_the_article() -> None:
    clocks = accepted()
    suspend(clocks, "2026-07-15", ground="BECAUSE")
    assert [(item.code, "Điều 11a" in str(item.facts["article"])) for item in clocks.refused] == [("ground_not_listed", True)]
    assert clock(clocks, "KN1.RESOLVE").pausing is None


@pytest.mark.parametrize(
    ("accepted_on", "suspended_on", "is_paused"),
    [
        ("2026-05-04", "2026-05-20", False),  # no suspension before 1 July 2026
        ("2026-06-15", "2026-07-02", True),  # the transitional clause reaches what was pending
        ("2026-07-06", "2026-07-15", True),
    ],
)
def test_suspension_exists_since_july_2026_and_reaches_pending_complaints(
    accepted_on: str,
    suspended_on: str,
    is_paused: bool,
) -> None:
    clocks = accepted(accepted_on)
    suspend(clocks, suspended_on)
    assert (clock(clocks, "KN1.RESOLVE").pausing is not None) == is_paused
    assert [item.code for item in clocks.refused] == ([] if is_paused else ["pause_not_in_force"])


def test_an_extension_needs_a_ground_and_stays_below_the_ceiling() -> None:
    clocks = accepted()
    for ground, amount in (("BECAUSE", 5), (COMPLEX, 16), (COMPLEX, 15), (COMPLEX, 1)):
        clocks.hear(act("extended", hanoi("2026-07-20 09:00"), rule="KN1.RESOLVE", ground=ground, amount=amount))
    assert [item.code for item in clocks.refused] == ["ground_not_listed", "beyond_ceiling", "extended_before"]
    extended = clock(clocks, "KN1.RESOLVE")
    assert due_on(extended) == date(2026, 8, 20)  # 45 days in all
    assert rulebook().calendar("hanoi").local_date(extended.due_without_extension_at) == date(2026, 8, 5)


def test_an_overdue_limit_is_not_extended_and_a_pause_does_not_heal_a_breach() -> None:
    clocks = accepted()
    clocks.hear(act("extended", hanoi("2026-08-06 09:00"), rule="KN1.RESOLVE", ground=COMPLEX, amount=5))
    suspend(clocks, "2026-08-06")
    assert [item.code for item in clocks.refused] == ["not_running", "not_running"]


def test_a_suspension_that_was_true_before_a_recorded_breach_withdraws_it() -> None:
    clocks = accepted()
    overdue, said = advance(clock(clocks, "KN1.RESOLVE"), WARD, Tree(), through=hanoi("2026-08-06 09:00"))
    assert any(isinstance(fact, Breached) for fact in said)
    clocks.deadlines = [overdue if item.id == overdue.id else item for item in clocks.deadlines]
    suspend(clocks, "2026-08-03")
    resume(clocks, "2026-08-10")
    paused = next(fact for fact in clocks.said if isinstance(fact, Paused))
    assert (paused.withdraws_breach, clock(clocks, "KN1.RESOLVE").progress.breached_at) == (True, None)
    assert due_on(clock(clocks, "KN1.RESOLVE")) == date(2026, 8, 12)


def test_a_paused_clock_that_is_fulfilled_is_met_and_a_withdrawal_ends_it_with_its_reason() -> None:
    for fact, outcome in (("answered", Outcome.MET), ("withdrawn", Outcome.VOID)):
        clocks = accepted()
        suspend(clocks, "2026-07-15")
        clocks.hear(act(fact, hanoi("2026-12-01 09:00")))
        ending = clock(clocks, "KN1.RESOLVE").ending
        assert ending is not None
        assert (ending.outcome, ending.fact) == (outcome, fact)


def test_reopening_runs_on_towards_the_old_due_moment() -> None:
    clocks = accepted()
    due_at = clock(clocks, "KN1.RESOLVE").due_at
    clocks.hear(act("answered", hanoi("2026-07-20 09:00")))
    clocks.hear(act("reopened", hanoi("2026-07-27 09:00")))
    revived = clock(clocks, "KN1.RESOLVE")
    assert (revived.ending, revived.due_at, revived.plan) == (None, due_at, 2)
    clocks.hear(act("answered", hanoi("2026-08-06 09:00")))
    ending = clock(clocks, "KN1.RESOLVE").ending
    assert ending is not None
    assert ending.outcome is Outcome.LATE


def test_reopening_after_the_due_moment_breaches_when_the_answer_falls_away() -> None:
    clocks = accepted()
    clocks.hear(act("answered", hanoi("2026-08-05 09:00")))
    clocks.hear(act("reopened", hanoi("2026-08-20 09:00")))
    _, said = advance(clock(clocks, "KN1.RESOLVE"), WARD, Tree(), through=hanoi("2026-08-21 09:00"))
    assert [(type(fact).__name__, fact.effective_at) for fact in said] == [
        ("Breached", hanoi("2026-08-20 09:00")),
        ("Escalated", hanoi("2026-08-21 09:00")),
    ]


def test_neither_a_merge_nor_its_undoing_touches_a_clock() -> None:
    clocks = accepted()
    before = list(clocks.deadlines)
    said = len(clocks.said)
    for name, at in (("merged", "2026-07-16 10:00"), ("unmerged", "2026-07-17 14:00")):
        clocks.hear(act(name, hanoi(at)))
        assert (clocks.deadlines, len(clocks.said)) == (before, said)


def test_an_overdue_first_complaint_opens_the_second_and_a_late_decision_opens_it_anew() -> None:
    clocks = accepted()
    clocks.hear(act("answered", hanoi("2026-08-10 09:00")))  # what was breached before is said first
    assert due_on(clock(clocks, "KN2.FILE")) == date(2026, 9, 4)
    clocks.hear(act("decision_received", hanoi("2026-08-12 09:00")))
    assert due_on(clock(clocks, "KN2.FILE", 2)) == date(2026, 9, 11)
    lapsed, said = advance(clock(clocks, "KN2.FILE", 2), WARD, Tree(), through=hanoi("2026-10-01 09:00"))
    assert lapsed.ending is not None
    assert (lapsed.ending.outcome, [type(fact) for fact in said]) == (Outcome.LAPSED, [Ended])


def test_the_notice_of_a_dialogue_is_counted_back_from_its_day() -> None:
    clocks = accepted()
    clocks.hear(act("dialogue_called", hanoi("2026-07-13 09:00"), planned_on=date(2026, 7, 24)))
    assert due_on(clock(clocks, "KN.DLG.NOTICE")) == date(2026, 7, 17)  # the 19th is a Sunday


def test_a_call_without_its_day_starts_no_clock_and_says_why() -> None:
    clocks = accepted()
    before = len(clocks.deadlines)
    clocks.hear(act("dialogue_called", hanoi("2026-07-13 09:00")))
    assert (len(clocks.deadlines), [item.code for item in clocks.refused]) == (before, ["planned_day_missing"])


def test_the_overdue_denunciation_climbs_its_three_steps() -> None:
    clocks = accepted(kind="denunciation")
    clocks.hear(act("overdue_denounced", hanoi("2026-08-10 09:00")))
    assert due_on(clock(clocks, "TC.OVERDUE.1")) == date(2026, 8, 17)
    clocks.hear(act("report_demanded", hanoi("2026-08-14 09:00")))
    assert due_on(clock(clocks, "TC.OVERDUE.2")) == date(2026, 8, 21)
    _, said = advance(clock(clocks, "TC.OVERDUE.2"), WARD, Tree(), through=hanoi("2026-08-30 09:00"))
    climbed = [fact for fact in said if isinstance(fact, Escalated)]
    rule = next(rule for rule in rulebook().rules if rule.id == "TC.OVERDUE.2")
    assert [(fact.to_office, rule.warnings.ladder[fact.step.number - 1].action) for fact in climbed][:1] == [
        ("hanoi", "take_over")
    ]


LADDER = Holder("ward", ("area", "department", "city"))
SINCE = date(2025, 7, 1)


@pytest.mark.parametrize(
    ("offices", "told"),
    [
        ({}, ["area", "department", "city", "city"]),
        ({"area": Office(SINCE, absences=[(date(2026, 7, 1), None)])}, ["department", "city", "city"]),
        ({"department": Office(SINCE, valid_to=date(2026, 1, 1))}, ["area", "city", "city"]),
        ({"ward": Office(SINCE, head="p1"), "area": Office(SINCE, head="p1")}, ["department", "city", "city"]),
        ({"area": Office(SINCE, head="p1"), "department": Office(SINCE, head="p1")}, ["area", "city", "city"]),
    ],
)
def test_absent_closed_and_identical_superiors_are_passed_over(offices: dict[str, Office], told: list[str]) -> None:
    clocks = routed(petition("field_report", hanoi("2026-07-06 08:30")), holder=LADDER)
    _, said = advance(clocks.deadlines[0], LADDER, Tree(offices), through=hanoi("2026-08-30 09:00"))
    climbed = [fact.to_office for fact in said if isinstance(fact, Escalated)]
    assert climbed[: len(told) - 1] == told[:-1]
    assert set(climbed[len(told) - 1 :]) <= {"city"}


def test_what_is_acknowledged_climbs_on_no_more() -> None:
    clocks = routed(petition("field_report", hanoi("2026-07-06 08:30")), holder=LADDER)
    noted, _ = advance(clocks.deadlines[0], LADDER, Tree(), through=hanoi("2026-07-08 08:30"))
    clocks.deadlines = [noted]
    after = clocks.acknowledge(noted, level=1)
    silent = [
        fact for fact in advance(noted, LADDER, Tree(), through=hanoi("2026-07-09 08:30"))[1] if isinstance(fact, Escalated)
    ]
    assert [(fact.step.number, fact.step.climb) for fact in silent] == [(1, 1)]
    assert advance(after, LADDER, Tree(), through=hanoi("2026-07-09 08:30"))[1] == []


def test_a_petition_taken_for_another_kind_gets_its_clocks_from_receipt() -> None:
    lodged = hanoi("2026-07-06 08:30")
    clocks = routed(petition("recommendation", lodged), holder=Holder("hanoi-tcd"))
    clocks.hear(
        Fact("received", lodged + timedelta(days=2), "routed", holder=WARD, kind="complaint", procedure="complaint.first")
    )
    outcomes = {item.rule: item.ending and item.ending.outcome for item in clocks.deadlines}
    assert outcomes["KP.RESOLVE"] is Outcome.VOID
    assert outcomes["KN1.ACCEPT"] is None
    assert clock(clocks, "KN1.ACCEPT").basis.started_at == lodged


days = st.integers(1, 60)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(days, days), max_size=4))
def test_a_pause_never_shortens(spans: list[tuple[int, int]]) -> None:
    clocks = accepted("2026-07-06")
    before = clock(clocks, "KN1.RESOLVE").due_at
    at = hanoi("2026-07-06 12:00")
    for wait, length in spans:
        at += timedelta(days=wait)
        clocks.hear(act("suspended", at, ground=suspension()))
        at += timedelta(days=length)
        clocks.hear(act("resumed", at))
        after = clock(clocks, "KN1.RESOLVE").due_at
        assert after >= before
        before = after
