"""A life is told below its causes; what cannot be right is remarked upon."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.code import code_key
from services.audit.domain.entry import CauseRef, Entry, facts_of
from services.audit.domain.gaps import Gap, Known
from services.audit.domain.lifecycle import Lifecycle, tell
from services.audit.domain.oddities import CLOCKS_DIFFER_MAX, OddityKind

AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


def entry(
    position: int, what: str = "intake.petition.lodged", *, cause: Entry | None = None, version: int = 1, **facts: object
) -> Entry:
    return Entry(
        position=position,
        id=UUID(int=position),
        aggregate_id=UUID(int=0),
        source=what.split(".", maxsplit=1)[0],
        version=version,
        type=f"petitions.{what}.v1",
        effective_at=AT,
        recorded_at=AT,
        heard_at=AT,
        actor="test",
        office="_",
        correlation_id=UUID(int=0),
        cause=CauseRef(cause.id, cause.source, cause.version) if cause else None,
        is_sealed=False,
        traceparent=None,
        stream="PETITIONS",
        stream_seq=position,
        body=b"{}",
        facts=facts,
    )


def told(*entries: Entry) -> Lifecycle:
    return tell(entries, Known())


def oddities(*entries: Entry) -> list[tuple[OddityKind, int]]:
    return [(oddity.kind, oddity.position) for oddity in told(*entries).oddities]


def test_an_effect_stands_one_level_below_its_cause() -> None:
    lodged = entry(1)
    routed = entry(2, "routing.petition.routed", cause=lodged)
    set_ = entry(3, "escalation.deadline.set", cause=routed)
    life = told(set_, lodged, routed)
    assert [(step.entry.position, step.depth, step.cause_position) for step in life.steps] == [(1, 0, None), (2, 1, 1), (3, 2, 2)]
    assert life.is_complete


def test_a_cause_that_was_never_heard_is_a_gap_and_an_oddity() -> None:
    missing = entry(9, "routing.petition.routed", version=2)
    life = told(entry(1), entry(3, "escalation.deadline.set", cause=missing))
    assert life.gaps == (Gap("routing", said=2, missing=(1, 2), waiting=()),)
    assert [(oddity.kind, oddity.position) for oddity in life.oddities] == [(OddityKind.CAUSE_UNKNOWN, 3)]


def test_an_event_that_was_recorded_before_its_cause_is_odd() -> None:
    lodged = entry(1)
    routed = entry(2, "routing.petition.routed", cause=lodged)
    assert oddities(lodged, replace(routed, recorded_at=AT - CLOCKS_DIFFER_MAX)) == []
    earlier = AT - CLOCKS_DIFFER_MAX - timedelta(seconds=1)
    assert (OddityKind.BEFORE_ITS_CAUSE, 2) in oddities(lodged, replace(routed, recorded_at=earlier))


def test_a_fact_that_is_effective_after_it_was_recorded_is_odd() -> None:
    later = AT + CLOCKS_DIFFER_MAX + timedelta(seconds=1)
    assert oddities(replace(entry(1), effective_at=later)) == [(OddityKind.AHEAD_OF_TIME, 1)]
    assert oddities(replace(entry(1), effective_at=AT - timedelta(days=400))) == []


def test_an_answer_before_acceptance_is_odd_however_the_log_came_to_stand() -> None:
    accepted = entry(2, "routing.petition.accepted", version=1)
    answered = entry(1, "routing.petition.answered", version=2)
    assert oddities(answered, accepted) == []
    assert oddities(replace(answered, version=1), replace(accepted, version=2)) == [(OddityKind.ANSWERED_BEFORE_ACCEPTED, 1)]


def test_closing_as_answered_needs_an_answer_and_closing_at_the_source_does_not() -> None:
    assert oddities(entry(1, "routing.petition.closed", outcome="answered")) == [(OddityKind.CLOSED_WITHOUT_ANSWER, 1)]
    assert oddities(entry(1, "routing.petition.closed", outcome="closed_at_source")) == []


def test_an_act_after_closing_is_odd_and_a_notice_after_it_is_not() -> None:
    closed = entry(1, "routing.petition.closed", outcome="refused")
    transferred = entry(2, "routing.petition.transferred", version=2)
    notice = entry(3, "notify.notice.sent", cause=closed)
    assert oddities(closed, transferred, notice) == [(OddityKind.ACT_AFTER_CLOSING, 2)]


@given(parents=st.lists(st.integers(min_value=0, max_value=30), max_size=30), order=st.randoms())
def test_every_entry_is_told_once_and_below_its_cause_in_whatever_order_it_comes(
    parents: list[int], order: random.Random
) -> None:
    entries: list[Entry] = []
    for place, parent in enumerate(parents, start=1):
        entries.append(entry(place, version=place, cause=entries[parent % place - 1] if parent % place else None))
    shuffled = list(entries)
    order.shuffle(shuffled)
    life = told(*shuffled)
    depths = {step.entry.position: step.depth for step in life.steps}
    assert sorted(depths) == list(range(1, len(entries) + 1))
    assert all(step.depth == (depths[step.cause_position] + 1 if step.cause_position else 0) for step in life.steps)
    assert life.is_complete


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b"null", b"[" * 100_000])
def test_a_body_that_is_no_object_has_no_facts(body: bytes) -> None:
    assert facts_of(body) == {}


def test_a_code_is_found_however_it_was_written_down() -> None:
    assert code_key("hn8k 2fq7-xm3p") == code_key("HN8K-2FQ7-XM3P") == "HN8K2FQ7XM3P"
    assert code_key("O1LI-SU") == code_key("0111-5V")


@pytest.mark.parametrize("event_type", ["petitions.intake.petition.lodged.v1", "something.else"])
def test_an_event_is_named_by_noun_and_verb_or_else_by_its_whole_type(event_type: str) -> None:
    named = replace(entry(1), type=event_type).what
    assert named == ("petition.lodged" if event_type.startswith("petitions") else event_type)
