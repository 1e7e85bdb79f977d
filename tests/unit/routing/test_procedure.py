"""The procedure: no sequence of commands leads where the law does not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.commands import (
    Accept,
    Answer,
    Close,
    Command,
    Document,
    Extend,
    Record,
    Refuse,
    Reopen,
    Resume,
    Suspend,
    Transfer,
)
from services.routing.domain.competence import Basis, Route
from services.routing.domain.entry import Bounds, Stated, needs_second, stated
from services.routing.domain.grounds import GROUNDS, REOPENING_REASONS, TRANSFER_REASONS
from services.routing.domain.procedure import Act, Case, State, decide, evolve
from shared.kernel.refusals import Malformed, Refused

PROOF = "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11"
ALLOWED = {
    (State.ROUTED, Act.ACCEPT): State.ACCEPTED,
    (State.ROUTED, Act.REFUSE): State.REFUSED,
    (State.ROUTED, Act.TRANSFER): State.ROUTED,
    (State.ACCEPTED, Act.TRANSFER): State.ROUTED,
    (State.ACCEPTED, Act.ANSWER): State.ANSWERED,
    (State.REFUSED, Act.CLOSE): State.CLOSED,
    (State.ANSWERED, Act.CLOSE): State.CLOSED,
    (State.ACCEPTED, Act.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Act.RESUME): State.ACCEPTED,
    (State.ACCEPTED, Act.EXTEND): State.ACCEPTED,
    (State.ANSWERED, Act.REOPEN): State.ACCEPTED,
    (State.CLOSED, Act.REOPEN): State.ACCEPTED,
    **{(state, Act.RECORD): state for state in State},
}
ACTS = {
    Accept: Act.ACCEPT,
    Refuse: Act.REFUSE,
    Transfer: Act.TRANSFER,
    Answer: Act.ANSWER,
    Close: Act.CLOSE,
    Suspend: Act.SUSPEND,
    Resume: Act.RESUME,
    Extend: Act.EXTEND,
    Record: Act.RECORD,
    Reopen: Act.REOPEN,
}
PAPER = Document("12/QĐ", date(2026, 7, 15))


def case(**changes: object) -> Case:
    fields: dict[str, object] = {
        "kind": "field_report",
        "state": State.ROUTED,
        "office": "a",
        "basis": Basis.COMPETENCE,
        "is_physical": True,
        "evidence": frozenset({PROOF}),
    }
    return Case(**fields | changes)  # type: ignore[arg-type]  # the names are checked by the class


def to(office: str) -> Transfer:
    return Transfer(Route(office, (), Basis.TRANSFER), "not_competent")


commands = st.one_of(
    st.just(Accept()),
    st.just(Close()),
    st.just(Suspend("KN11A.OTHER_BODY", PAPER)),
    st.just(Resume(PAPER)),
    st.just(Extend("KN1.RESOLVE", "KN3A.FOREIGN", 5, PAPER)),
    st.sampled_from(["decision_sent", "dialogue_called"]).map(Record),
    st.sampled_from([*REOPENING_REASONS, "because"]).map(Reopen),
    st.sampled_from(["PA_1", "KN11_3", "because"]).map(Refuse),
    st.sampled_from(["a", "b", "c"]).map(to),
    st.builds(Answer, text=st.sampled_from(["", "Đã giải quyết xong."]), evidence=st.sampled_from([(), (PROOF,), ("other",)])),
)


@given(
    st.sampled_from(sorted(GROUNDS)),
    st.sampled_from([Basis.COMPETENCE, Basis.UNASSIGNED]),
    st.lists(commands, max_size=12),
)
def test_no_sequence_of_commands_leaves_the_procedure(kind: str, basis: Basis, sequence: list[Command]) -> None:
    present = case(kind=kind, basis=basis)
    for command in sequence:
        act = ACTS[type(command)]
        before = present
        try:
            present = evolve(present, decide(present, command))
        except Refused as refusal:
            assert refusal.code  # noqa: PT017 - the property is about both outcomes
            assert present is before
            continue
        assert act in before.possible()
        assert present.state is ALLOWED[before.state, act]
        assert before.state is not State.CLOSED or act in (Act.REOPEN, Act.RECORD)
        assert act is not Act.REOPEN or not before.was_refused
        assert not (before.is_unassigned and act is Act.ACCEPT)
        if isinstance(command, Refuse):
            assert command.ground in GROUNDS[kind]
        if isinstance(command, Answer):
            assert set(command.evidence) == {PROOF}


def refusal(present: Case, command: Command) -> str:
    with pytest.raises(Refused) as refused:
        decide(present, command)
    return refused.value.code


def test_each_refusal_has_its_own_code() -> None:
    accepted = case(state=State.ACCEPTED)
    assert refusal(accepted, Accept()) == "not_possible_now"
    assert refusal(case(basis=Basis.UNASSIGNED), Accept()) == "unassigned"
    assert refusal(case(), Refuse("because")) == "unlisted_ground"
    assert refusal(case(), Transfer(Route("b", (), Basis.TRANSFER), "whim")) == "unlisted_reason"
    assert refusal(case(), to("a")) == "same_office"
    assert refusal(accepted, Answer("ừ", (PROOF,))) == "empty_answer"
    assert refusal(accepted, Answer("Đã giải quyết xong.")) == "evidence_required"
    assert refusal(accepted, Answer("Đã giải quyết xong.", ("other",))) == "unknown_evidence"
    assert refusal(accepted, Record("dialogue_called")) == "planned_on_missing"
    assert refusal(case(state=State.CLOSED), Reopen("whim")) == "unlisted_reason"
    assert refusal(case(state=State.CLOSED, was_refused=True), Reopen("new_facts")) == "refused_before"
    assert refusal(case(state=State.SUSPENDED), Answer("Đã giải quyết xong.", (PROOF,))) == "not_possible_now"


def test_a_denunciation_is_transferred_once_for_the_same_content() -> None:
    once = evolve(case(kind="denunciation"), decide(case(kind="denunciation"), to("b")))
    assert Act.TRANSFER not in once.possible()
    with pytest.raises(Refused):
        decide(once, to("c"))


def test_every_ground_and_reason_names_its_article() -> None:
    listed = [*TRANSFER_REASONS.values(), *(ground for grounds in GROUNDS.values() for ground in grounds.values())]
    assert all(ground.article and ground.vi and ground.en for ground in listed)


NOW = datetime(2026, 7, 20, 9, tzinfo=UTC)
BOUNDS = Bounds(NOW - timedelta(days=10), NOW - timedelta(days=5), timedelta(hours=24))


@pytest.mark.parametrize(("back", "is_for_two"), [(0, False), (24, False), (25, True), (119, True)])
def test_a_time_far_back_needs_a_second_person(back: int, is_for_two: bool) -> None:
    assert needs_second(Stated(NOW - timedelta(hours=back), "12/QĐ"), BOUNDS, now=NOW) is is_for_two


@pytest.mark.parametrize(("hours", "code"), [(1, "time_in_future"), (-121, "time_out_of_order"), (-241, "time_out_of_order")])
def test_a_time_that_cannot_be_true_is_refused(hours: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        needs_second(Stated(NOW + timedelta(hours=hours), "12/QĐ"), BOUNDS, now=NOW)
    assert refused.value.code == code


def test_a_time_and_its_evidence_belong_together() -> None:
    assert stated(None, None) is None
    for time, evidence in ((NOW, None), (None, "12/QĐ")):
        with pytest.raises(Malformed):
            stated(time, evidence)
