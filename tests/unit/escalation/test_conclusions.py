"""The answer to a denunciation is its conclusion: its sending and its publication are tied to it, not to a step that nobody forces."""

from datetime import date

import pytest

from services.escalation.domain.deadline import Outcome
from tests.unit.escalation.parts import act, hanoi
from tests.unit.escalation.test_acts import accepted, clock, due_on


def test_the_answer_to_a_denunciation_starts_the_clocks_of_its_conclusion_and_recording_that_again_starts_none() -> None:
    clocks = accepted(kind="denunciation")
    clocks.hear(act("answered", hanoi("2026-07-20 09:00")))
    assert due_on(clock(clocks, "TC.CONCL")) == date(2026, 7, 27)
    assert due_on(clock(clocks, "TC.PUBLISH")) == date(2026, 7, 29)
    clocks.hear(act("conclusion_issued", hanoi("2026-07-21 09:00")))
    started = [item.rule for item in clocks.deadlines if item.rule in ("TC.CONCL", "TC.PUBLISH")]
    assert sorted(started) == ["TC.CONCL", "TC.PUBLISH"]


@pytest.mark.parametrize("fact", ["conclusion_published", "answer_published"])
def test_publishing_it_in_the_portal_meets_the_duty_as_recording_the_step_does(fact: str) -> None:
    clocks = accepted(kind="denunciation")
    clocks.hear(act("answered", hanoi("2026-07-20 09:00")))
    clocks.hear(act(fact, hanoi("2026-07-22 09:00")))
    published, sent = clock(clocks, "TC.PUBLISH").ending, clock(clocks, "TC.CONCL").ending
    assert published is not None
    assert (published.outcome, published.fact) == (Outcome.MET, fact)
    assert sent is None
