"""How far a petition has come: the latest act of the procedure decides, in whatever order it was heard."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.progress import Progress, State, Step, What, stand
from services.intake.wire import words

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def step(version: int, what: What, *, source: str = "routing", office: str = "hanoi-00070") -> Step:
    return Step(source, version, what, NOW + timedelta(minutes=version), office)


def test_without_an_office_it_is_received() -> None:
    assert stand([]) == Progress(State.LODGED, None)
    assert stand([step(1, What.BREACHED, source="escalation")]) == Progress(State.LODGED, None)


@pytest.mark.parametrize(
    ("what", "state"),
    [
        (What.ROUTED, State.ROUTED),
        (What.TRANSFERRED, State.ROUTED),
        (What.ACCEPTED, State.ACCEPTED),
        (What.REFUSED, State.REFUSED),
        (What.ANSWERED, State.ANSWERED),
        (What.CLOSED, State.CLOSED),
    ],
)
def test_each_act_of_the_procedure_leads_to_its_state(what: What, state: State) -> None:
    assert stand([step(1, What.ROUTED), step(2, what, office="hanoi-so-xd")]) == Progress(state, "hanoi-so-xd")


@given(st.permutations([(1, What.ROUTED), (2, What.TRANSFERRED), (3, What.ACCEPTED), (4, What.ANSWERED)]))
def test_the_order_of_hearing_does_not_matter(acts: list[tuple[int, What]]) -> None:
    late = step(9, What.ESCALATED, source="escalation", office="hanoi")
    assert stand([late, *(step(version, what) for version, what in acts)]) == Progress(State.ANSWERED, "hanoi-00070")


def test_every_state_and_step_has_its_words_in_both_languages() -> None:
    assert words.STATES.keys() == set(State)
    assert words.STEPS.keys() == set(What)
