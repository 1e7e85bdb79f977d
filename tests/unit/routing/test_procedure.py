"""The procedure: no sequence of commands leads where the law does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.competence import Basis, Route
from services.routing.domain.grounds import GROUNDS, TRANSFER_REASONS
from services.routing.domain.procedure import (
    Accept,
    Act,
    Answer,
    Case,
    Close,
    Command,
    Refuse,
    State,
    Transfer,
    decide,
    evolve,
)
from shared.kernel.refusals import Refused

PROOF = "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11"
ALLOWED = {
    (State.ROUTED, Act.ACCEPT): State.ACCEPTED,
    (State.ROUTED, Act.REFUSE): State.REFUSED,
    (State.ROUTED, Act.TRANSFER): State.ROUTED,
    (State.ACCEPTED, Act.TRANSFER): State.ROUTED,
    (State.ACCEPTED, Act.ANSWER): State.ANSWERED,
    (State.REFUSED, Act.CLOSE): State.CLOSED,
    (State.ANSWERED, Act.CLOSE): State.CLOSED,
}
ACTS = {Accept: Act.ACCEPT, Refuse: Act.REFUSE, Transfer: Act.TRANSFER, Answer: Act.ANSWER, Close: Act.CLOSE}


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
        assert before.state is not State.CLOSED
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


def test_a_denunciation_is_transferred_once_for_the_same_content() -> None:
    once = evolve(case(kind="denunciation"), decide(case(kind="denunciation"), to("b")))
    assert Act.TRANSFER not in once.possible()
    with pytest.raises(Refused):
        decide(once, to("c"))


def test_every_ground_and_reason_names_its_article() -> None:
    listed = [*TRANSFER_REASONS.values(), *(ground for grounds in GROUNDS.values() for ground in grounds.values())]
    assert all(ground.article and ground.vi and ground.en for ground in listed)
