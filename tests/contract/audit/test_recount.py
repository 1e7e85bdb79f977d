"""Two counts of every clock, by code that shares nothing: escalation's and audit's tell the same of any life of a petition."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings

from services.audit.domain.entry import Entry
from services.audit.domain.recount.comparing import Difference, Kind
from shared.contracts.intake import AnswerPublishedV1
from shared.contracts.procedure import PetitionExtendedV1, PetitionResumedV1, PetitionSuspendedV1
from shared.contracts.routing import PetitionAcceptedV1, PetitionAnsweredV1, PetitionRefusedV1
from shared.contracts.words import Kind as PetitionKind
from tests.contract.audit.drawing import lives
from tests.contract.audit.lives import END, PAPER, Life
from tests.unit.escalation.parts import hanoi


@settings(max_examples=150, deadline=None)
@given(lives())
def test_any_life_is_counted_alike_by_both(life: Life) -> None:
    assert life.differences() == []


def complaint() -> Life:
    """Return a complaint that was accepted, suspended, continued, extended, and is overdue."""
    life = Life(PetitionKind.COMPLAINT)
    life.begin()
    life.hear(PetitionAcceptedV1(office="ward"), hanoi("2026-07-06 09:00"))
    life.hear(PetitionSuspendedV1(office="ward", ground="KN11A.OTHER_BODY", document=PAPER), hanoi("2026-07-15 09:00"))
    life.hear(PetitionResumedV1(office="ward", document=PAPER), hanoi("2026-07-25 09:00"))
    extended = PetitionExtendedV1(
        office="ward", rule="KN1.RESOLVE", ground="KN3A.FOREIGN", amount=5, unit="calendar_day", document=PAPER
    )
    life.hear(extended, hanoi("2026-07-27 09:00"))
    life.sweep(END)
    return life


def test_a_conclusion_that_intake_published_is_counted_alike_by_both() -> None:
    life = Life(PetitionKind.DENUNCIATION)
    life.begin()
    life.hear(PetitionAcceptedV1(office="ward"), hanoi("2026-07-06 09:00"))
    life.hear(PetitionAnsweredV1(office="ward"), hanoi("2026-07-20 09:00"))
    life.hear(AnswerPublishedV1(publication_id=UUID(int=6)), hanoi("2026-07-22 09:00"))
    life.sweep(END)
    assert life.differences() == []
    outcomes = {row["rule"]: row["outcome"] for row in life.rows()}
    assert (outcomes["TC.PUBLISH"], outcomes["TC.CONCL"]) == ("met", None)


def kinds(found: Sequence[Difference]) -> set[Kind]:
    return {item.kind for item in found}


def renumbered(log: Sequence[Entry]) -> list[Entry]:
    """Return a log whose numbering tells nothing of what was taken out: somebody covered the traces."""
    count: dict[str, int] = {}
    found = []
    for entry in log:
        count[entry.source] = count.get(entry.source, 0) + 1
        found.append(replace(entry, version=count[entry.source]))
    return found


def test_an_honest_life_differs_in_nothing() -> None:
    assert complaint().differences() == []


def test_a_row_deleted_is_named() -> None:
    life = complaint()
    rows = [row for row in life.rows() if row["rule"] != "KN1.RESOLVE"]
    found = life.differences(rows=rows)
    assert {(item.kind, item.rule) for item in found} == {(Kind.DEADLINE_MISSING, "KN1.RESOLVE")}


def test_a_row_that_nobody_said_is_named() -> None:
    life = complaint()
    rows = [*life.rows(), {**life.rows()[0], "id": str(uuid4())}]
    assert kinds(life.differences(rows=rows)) == {Kind.DEADLINE_UNKNOWN}


def test_a_date_edited_is_named() -> None:
    life = complaint()
    rows = life.rows()
    next(row for row in rows if row["rule"] == "KN1.RESOLVE")["due_at"] = "2027-12-31T16:59:59.999999+00:00"
    assert kinds(life.differences(rows=rows)) == {Kind.DATE_EDITED}


@pytest.mark.parametrize("verb", ["deadline.reminded", "deadline.breached", "petition.escalated", "deadline.moved"])
def test_a_step_skipped_is_named_even_where_the_numbering_hides_it(verb: str) -> None:
    life = complaint()
    victim = next(entry for entry in life.log if entry.what == verb)
    found = life.differences(log=renumbered([entry for entry in life.log if entry is not victim]))
    assert kinds(found) == {Kind.STEP_SKIPPED}


def test_an_event_dropped_is_named() -> None:
    life = complaint()
    between = [entry for entry in life.log if entry.what != "petition.resumed"]
    assert kinds(life.differences(log=between)) == {Kind.EVENT_MISSING}
    at_the_end = [entry for entry in life.log if entry.what != "petition.extended"]
    assert Kind.STEP_UNFOUNDED in kinds(life.differences(log=at_the_end))
    no_clock = [entry for entry in life.log if not (entry.what == "deadline.set" and entry.facts["rule"] == "KN1.RESOLVE")]
    assert Kind.EVENT_MISSING in kinds(life.differences(log=renumbered(no_clock)))


def test_a_date_that_the_law_does_not_give_is_named() -> None:
    life = complaint()

    def forged(entry: Entry) -> Entry:
        if entry.what != "deadline.set" or entry.facts["rule"] != "KN1.ACCEPT":
            return entry
        return replace(entry, facts={**entry.facts, "due_at": "2026-12-31T16:59:59.999999Z"})

    assert Kind.DUE_DIFFERS_FROM_LAW in kinds(life.differences(log=[forged(entry) for entry in life.log]))


def test_a_step_twice_untimely_or_unfounded_is_named() -> None:
    life = complaint()
    step = next(entry for entry in life.log if entry.what == "deadline.reminded")
    twice = renumbered([*life.log, replace(step, position=len(life.log) + 1)])
    assert kinds(life.differences(log=twice)) == {Kind.STEP_DOUBLED}
    later = [
        replace(entry, effective_at=entry.effective_at + timedelta(hours=1)) if entry is step else entry for entry in life.log
    ]
    assert kinds(life.differences(log=later)) == {Kind.STEP_UNTIMELY}
    other = replace(step, position=len(life.log) + 1, facts={**step.facts, "percent": 99})
    assert kinds(life.differences(log=renumbered([*life.log, other]))) == {Kind.STEP_UNFOUNDED}


def test_an_outcome_or_state_that_differs_is_named() -> None:
    life = Life(PetitionKind.COMPLAINT)
    life.begin()
    life.hear(PetitionRefusedV1(office="ward", ground="KN11_1"), hanoi("2026-06-24 09:00"))
    rows = life.rows()
    next(row for row in rows if row["rule"] == "KN1.ACCEPT")["outcome"] = "late"
    assert kinds(life.differences(rows=rows)) == {Kind.STATE_DIFFERS}
