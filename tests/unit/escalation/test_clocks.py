"""The life of deadlines: the same story for any rhythm of ticks, nothing after an end, the clock never moved by a transfer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.escalation.domain.clocks import Clocks, Said
from services.escalation.domain.deadline import Breached, Ended, Escalated, Outcome, Reminded, advance
from services.escalation.domain.petition import Source
from services.escalation.domain.tree import Holder
from tests.unit.escalation.parts import WARD, act, hanoi, petition, routed

LODGED = hanoi("2026-11-16 09:00")
DEPARTMENT = Holder("hanoi-so-xd", ("hanoi",))
END_OF_TIME = LODGED + timedelta(days=400)
ACTS = ("accepted", "refused", "answered", "closed", "withdrawn", "commented", "papers_requested", "contested")


@dataclass(frozen=True, slots=True)
class Happening:
    """An act or a transfer, so many minutes after the petition was lodged."""

    minutes: int
    what: str | Holder


happenings = st.lists(
    st.builds(
        Happening,
        minutes=st.integers(1, 100 * 24 * 60),
        what=st.sampled_from([*ACTS, WARD, DEPARTMENT, Holder("hanoi-tcd", ("hanoi-vp", "hanoi")), Holder("hanoi")]),
    ),
    max_size=6,
).map(lambda items: sorted(items, key=lambda item: item.minutes))
ticks = st.lists(st.integers(0, 110 * 24 * 60), max_size=12)
kinds = st.sampled_from(["field_report", "complaint", "denunciation", "recommendation", "voters_petition"])


def sweep(clocks: Clocks, now: datetime) -> None:
    """Do what the sweep does to the stored rows of one petition."""
    said: list[Said] = []
    for place, deadline in enumerate(clocks.deadlines):
        clocks.deadlines[place], facts = advance(deadline, clocks.holder, clocks.tree, through=now)
        said.extend(facts)
    clocks.said.extend(said)
    for fact in said:
        if isinstance(fact, Breached):
            clocks.breached(fact)


def live(kind: str, happened: Sequence[Happening], ticked: Sequence[int]) -> Clocks:
    """Let a petition live, the sweep looking at the given minutes and until nothing more comes at the end."""
    clocks = routed(petition(kind, LODGED))
    moments: list[tuple[int, int, Happening | None]] = [(item.minutes, 0, item) for item in happened]
    moments += [(minutes, 1, None) for minutes in ticked]
    for minutes, _, item in sorted(moments, key=lambda moment: moment[:2]):
        at = LODGED + timedelta(minutes=minutes)
        if item is None:
            sweep(clocks, at)
        elif isinstance(item.what, Holder):
            clocks.hear(act("transferred", at, holder=item.what))
        else:
            clocks.hear(act(item.what, at))
    before = -1
    while len(clocks.said) > before:
        before = len(clocks.said)
        sweep(clocks, END_OF_TIME)
    return clocks


def story(clocks: Clocks) -> list[tuple[object, ...]]:
    """Return what was said as plain values, in one order."""
    return sorted(map(_line, clocks.said), key=str)


def _line(said: Said) -> tuple[object, ...]:
    base = (said.deadline.id, said.effective_at, type(said).__name__, said.office)
    match said:
        case Reminded():
            return (*base, said.percent)
        case Escalated():
            return (*base, said.step.number, said.step.climb, said.from_office, said.to_office)
        case Ended():
            return (*base, said.deadline.ending)
    return base


PASSED_ON_LATE = [Happening(1, "accepted"), Happening(87_300, DEPARTMENT)]
CONTESTED_LATE = [Happening(1, "accepted"), Happening(60_000, "contested")]
"""After the breach that opened the time to contest."""


@settings(max_examples=200, deadline=None)
@given(kinds, happenings, ticks)
@example("complaint", PASSED_ON_LATE, [44_100])
@example("complaint", CONTESTED_LATE, [50_000])
def test_any_rhythm_of_ticks_tells_the_same_story(kind: str, happened: list[Happening], ticked: list[int]) -> None:
    assert story(live(kind, happened, ticked)) == story(live(kind, happened, []))


@settings(max_examples=200, deadline=None)
@given(kinds, happenings, ticks)
def test_nothing_is_said_after_an_end_and_no_step_twice(kind: str, happened: list[Happening], ticked: list[int]) -> None:
    clocks = live(kind, happened, ticked)
    lines = story(clocks)
    assert len(set(lines)) == len(lines)
    for ended in (said for said in clocks.said if isinstance(said, Ended)):
        others = [said for said in clocks.said if said.deadline.id == ended.deadline.id and said is not ended]
        assert all(said.effective_at < ended.effective_at or type(said).__name__ == "Started" for said in others)
    assert sum(isinstance(said, Ended) for said in clocks.said) == sum(item.ending is not None for item in clocks.deadlines)


@settings(max_examples=100, deadline=None)
@given(kinds, happenings)
def test_a_transfer_never_moves_a_due_moment(kind: str, happened: list[Happening]) -> None:
    acts = [item for item in happened if isinstance(item.what, str)]
    dues = [{item.id: item.due_at for item in live(kind, story_, []).deadlines} for story_ in (happened, acts)]
    assert dues[0] == dues[1]


@settings(max_examples=100, deadline=None)
@given(kinds, happenings, ticks)
def test_a_deadline_is_breached_exactly_when_it_did_not_end_in_time(
    kind: str, happened: list[Happening], ticked: list[int]
) -> None:
    clocks = live(kind, happened, ticked)
    breached = {said.deadline.id for said in clocks.said if isinstance(said, Breached)}
    for deadline in clocks.deadlines:
        ending = deadline.ending
        if ending is not None and ending.outcome in (Outcome.LAPSED, Outcome.IN_FORCE):
            assert ending.at == deadline.due_at
            assert deadline.id not in breached
            continue
        in_time = ending is not None and ending.at <= deadline.due_at
        assert (deadline.id in breached) == (not in_time)
        assert (ending is not None and ending.outcome is Outcome.LATE) <= (deadline.id in breached)


@pytest.mark.parametrize(
    ("late_by", "outcome"), [(timedelta(0), Outcome.MET), (timedelta(microseconds=1), Outcome.LATE), (-timedelta(1), Outcome.MET)]
)
def test_an_act_at_the_due_moment_is_in_time(late_by: timedelta, outcome: Outcome) -> None:
    clocks = routed(petition("field_report", LODGED))
    clocks.hear(act("refused", clocks.deadlines[0].due_at + late_by))
    ending = clocks.deadlines[0].ending
    assert ending is not None
    assert ending.outcome is outcome


def test_an_answer_heard_late_but_given_in_time_is_met() -> None:
    clocks = live("field_report", [], [])
    assert clocks.deadlines[0].progress.breached_at is not None
    clocks.hear(act("answered", LODGED + timedelta(hours=1)))
    ending = clocks.deadlines[0].ending
    assert ending is not None
    assert ending.outcome is Outcome.MET


def test_a_petition_of_a_source_without_a_due_moment_and_without_rules_has_no_clock() -> None:
    source = Source("boston311", due_at=None, closed_at=None)
    clocks = routed(petition("field_report", LODGED, source=source, jurisdiction="boston"), holder=Holder("boston"))
    assert clocks.deadlines == []
