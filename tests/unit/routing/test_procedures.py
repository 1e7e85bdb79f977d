"""The procedures: what their definitions say is what can be done, and nothing else."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.routing.domain.case import OF_ITS_OWN, Case
from services.routing.domain.commands import (
    Accept,
    Answer,
    Classify,
    Close,
    Command,
    Contest,
    Convert,
    Document,
    Extend,
    Guide,
    Lead,
    Merge,
    Record,
    Refuse,
    Reopen,
    Resume,
    Return,
    Suspend,
    Terminate,
    Transfer,
    Unmerge,
    Withdraw,
)
from services.routing.domain.competence import Basis, Route
from services.routing.domain.deciding import ACT_OF, decide
from services.routing.domain.definition import ENDINGS, Act, Need, Procedure, State
from services.routing.domain.evolving import evolve
from services.routing.wire.acts import EVENTS, About, facts_said
from services.routing.wire.procedure_files import shipped_procedures
from shared.contracts.words import Procedure as Name
from shared.kernel.refusals import Refused

PROCEDURES = shipped_procedures()
PROOF = "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11"
PAPER = Document("12/QĐ", date(2026, 7, 15))
EVERYBODY = frozenset({"officer", "head", "leader", "petitioner"})
OFFICER = frozenset({"officer"})
HEAD = frozenset({"officer", "head"})
TODAY = date(2026, 11, 24)
LEAD = UUID(int=7)
ABOUT = About("C0DE", "hanoi", None, "00070", "normal", is_physical=True)
WORDS = "Đã giải quyết xong."
FULL = Answer(WORDS, (PROOF,), ((1, "Được chấp nhận."),), ("Luật Đất đai",), "Khởi kiện trong 30 ngày.")


def case(procedure: str = Name.FIELD_REPORT, **changes: object) -> Case:
    fields: dict[str, object] = {
        "kind": PROCEDURES[procedure].kind,
        "procedure": procedure,
        "state": State.ROUTED,
        "office": "a",
        "basis": Basis.COMPETENCE,
        "is_physical": True,
        "evidence": frozenset({PROOF}),
    }
    return Case(**fields | changes)  # type: ignore[arg-type]  # the names are checked by the class


def to(office: str, reason: str = "not_competent") -> Transfer:
    return Transfer(Route(office, (), Basis.TRANSFER), reason)


def grounds_of(procedure: Procedure, act: Act) -> list[str]:
    provision = procedure.provisions.get(act)
    return [*(provision.grounds if provision else ()), "because"]


def commands(procedure: Procedure) -> st.SearchStrategy[Command]:
    """Return acts of every sort, those that the procedure does not know among them."""

    def ground(act: Act) -> st.SearchStrategy[str]:
        return st.sampled_from(grounds_of(procedure, act))

    routes = st.sampled_from(["a", "b", "c"]).map(lambda office: Route(office, (), Basis.TRANSFER))
    into = st.sampled_from(sorted(PROCEDURES))
    return st.one_of(
        st.sampled_from([Accept(), Accept(requests=("Bồi thường",)), Close(), Resume(PAPER), Withdraw(), Contest(TODAY), FULL]),
        st.builds(Refuse, ground(Act.REFUSE)),
        st.builds(Guide, ground(Act.GUIDE), st.just("Toà án")),
        st.builds(Transfer, routes, ground(Act.TRANSFER)),
        st.builds(Return, ground(Act.RETURN), routes),
        into.flatmap(lambda name: st.builds(Convert, st.just(name), ground(Act.CONVERT), st.just(PROCEDURES[name].kind), routes)),
        st.builds(Answer, st.sampled_from(["", WORDS]), st.sampled_from([(), (PROOF,), ("other",)])),
        st.just(Suspend("KN11A.OTHER_BODY", PAPER)),
        st.just(Extend("KN1.RESOLVE", "KN3A.FOREIGN", 5, PAPER)),
        st.builds(Terminate, ground(Act.TERMINATE), st.just(PAPER)),
        st.sampled_from(["decision_sent", "dialogue_called", "dialogue_held"]).map(Record),
        st.builds(Reopen, ground(Act.REOPEN)),
        st.builds(Contest, st.just(TODAY), routes),
        st.builds(Lead, st.just(LEAD), st.sampled_from(["a", "b"]), st.just(procedure.id), st.sampled_from(State)).map(
            lambda lead: Merge("L", lead)
        ),
        st.just(Unmerge()),
        st.builds(Classify, st.sampled_from(["dien", "y-te"]), st.booleans(), st.none(), st.none(), st.none() | routes),
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PROCEDURES)), st.sampled_from([Basis.COMPETENCE, Basis.UNASSIGNED]), st.data())
def test_no_sequence_of_acts_leaves_the_procedure(name: str, basis: Basis, data: st.DataObject) -> None:
    present = case(name, basis=basis)
    for _ in range(12):
        by = PROCEDURES[present.procedure]
        command = data.draw(commands(by))
        roles = data.draw(st.sampled_from([OFFICER, HEAD, EVERYBODY]))
        before, act = present, ACT_OF[type(command)]
        try:
            fact = decide(present, command, by, roles=roles)
            present = evolve(present, fact, by)
        except Refused as refusal:
            assert refusal.code  # noqa: PT017 - the property is about both outcomes
            assert present is before
            continue
        assert act is Act.WITHDRAW or isinstance(facts_said(fact, ABOUT, None, None)[0][0], EVENTS[act])
        provision = by.provisions[act]
        assert act in before.possible(by) or act in (Act.WITHDRAW, Act.CONTEST)
        assert before.state in provision.sources
        assert roles & provision.roles
        falls_away = act is Act.UNMERGE and before.ending is not None
        assert present.state is (State.ACCEPTED if falls_away else provision.target or before.state)
        assert before.merged_into is None or act in OF_ITS_OWN
        assert (before.merged_into != present.merged_into) <= (act in (Act.MERGE, Act.UNMERGE, Act.CONTEST))
        assert (present.state is State.CLOSED) <= (present.ending in ENDINGS)
        ground = getattr(command, "ground", None) or getattr(command, "reason", None)
        assert not provision.grounds or ground in provision.grounds
        if isinstance(command, Answer) and Need.EVIDENCE in provision.needs:
            assert set(command.evidence) == {PROOF}


@pytest.mark.parametrize(
    ("present", "lead", "code"),
    [
        ({}, {"into": "OTHER"}, "merge_chain"),
        ({}, {"office": "b"}, "merge_other_office"),
        ({}, {"procedure": Name.COMPLAINT_FIRST}, "merge_other_procedure"),
        ({}, {"state": State.ROUTED}, "merge_other_state"),
        ({"state": State.ROUTED}, {"state": State.ROUTED}, "not_possible_now"),
        ({}, {"state": "unassigned"}, "merge_other_state"),
        ({"members": 2}, {}, "leads_others"),
        ({"merged_into": LEAD}, {}, "merged"),
        ({"state": State.ANSWERED, "ending": State.ANSWERED}, {"state": State.ANSWERED}, "not_possible_now"),
    ],
)
def test_only_what_stands_alike_is_merged(present: dict[str, object], lead: dict[str, object], code: str) -> None:
    fields = {"id": LEAD, "office": "a", "procedure": Name.FIELD_REPORT, "state": State.ACCEPTED} | lead
    other = Lead(**fields)  # type: ignore[arg-type]  # the names are checked by the class
    assert refusal(replace(case(), **{"state": State.ACCEPTED, **present}), Merge("L", other)).code == code  # type: ignore[arg-type]


def test_a_denunciation_is_never_merged() -> None:
    sealed = case(Name.DENUNCIATION)
    assert refusal(sealed, Merge("L", Lead(LEAD, "a", Name.DENUNCIATION, State.ROUTED))).code == "forbidden_by_law"


def refusal(present: Case, command: Command, *, roles: frozenset[str] = EVERYBODY) -> Refused:
    with pytest.raises(Refused) as refused:
        decide(present, command, PROCEDURES[present.procedure], roles=roles)
    return refused.value


def test_a_forbidden_act_names_the_article_that_forbids_it() -> None:
    disciplinary = case(Name.COMPLAINT_DISCIPLINARY, state=State.ACCEPTED)
    forbidden = refusal(disciplinary, Suspend("KN11A.OTHER_BODY", PAPER))
    assert (forbidden.code, "Điều 50" in str(forbidden.facts["article"])) == ("forbidden_by_law", True)
    too_late = refusal(case(Name.COMPLAINT_FIRST, state=State.ANSWERED), Accept(requests=("x",)))
    assert (too_late.code, "Điều 27" in str(too_late.facts["article"])) == ("not_possible_now", True)


def test_an_anonymous_denunciation_is_inspected_or_filed_and_becomes_one_with_a_name() -> None:
    anonymous = case(Name.DENUNCIATION_ANONYMOUS)
    assert refusal(anonymous, Accept(), roles=OFFICER).code == "right_missing"
    assert refusal(anonymous, Refuse("TC29_1")).code == "unlisted_ground"
    assert "Điều 25" in str(refusal(anonymous, Contest(TODAY)).facts["article"])
    named = Convert(Name.DENUNCIATION, "identified", "denunciation", Route("a", (), Basis.COMPETENCE))
    fact = decide(anonymous, named, PROCEDURES[anonymous.procedure], roles=OFFICER)
    after = evolve(anonymous, fact, PROCEDURES[anonymous.procedure])
    assert (after.procedure, after.state, after.office) == (Name.DENUNCIATION, State.ROUTED, "a")


def test_each_refusal_has_its_own_code() -> None:
    accepted = case(state=State.ACCEPTED)
    assert refusal(case(basis=Basis.UNASSIGNED), Accept()).code == "unassigned"
    assert refusal(case(), Refuse("because")).code == "unlisted_ground"
    assert refusal(case(), to("b", "whim")).code == "unlisted_reason"
    assert refusal(case(), to("a")).code == "same_office"
    assert refusal(accepted, Answer("ừ", (PROOF,))).code == "empty_answer"
    assert refusal(accepted, Answer(WORDS)).code == "evidence_required"
    assert refusal(accepted, Answer(WORDS, ("other",))).code == "unknown_evidence"
    assert refusal(accepted, Record("dialogue_called")).code == "planned_on_missing"
    assert refusal(case(state=State.CLOSED, ending=State.REFUSED), Reopen("new_facts")).code == "refused_before"
    assert refusal(case(), Convert("voters_petition.ordinary", "wrong_kind")).code == "unlisted_procedure"


def test_only_the_head_suspends_terminates_and_reopens() -> None:
    accepted = case(Name.COMPLAINT_FIRST, state=State.ACCEPTED)
    for command in (Suspend("KN11A.OTHER_BODY", PAPER), Terminate("KN11A_COURT", PAPER)):
        assert refusal(accepted, command, roles=OFFICER).code == "right_missing"
        assert decide(accepted, command, PROCEDURES[accepted.procedure], roles=HEAD)


def test_a_complaint_is_answered_point_by_point_with_grounds_and_the_way_to_appeal() -> None:
    accepted = case(Name.COMPLAINT_FIRST, state=State.ACCEPTED, requests=2)
    both = ((1, "Chấp nhận."), (2, "Bác."))
    assert refusal(accepted, Answer(WORDS, points=((1, "Chấp nhận."),), grounds=("x",), appeal="x")).code == "request_unanswered"
    assert refusal(accepted, Answer(WORDS, points=both, appeal="x")).code == "grounds_missing"
    assert refusal(accepted, Answer(WORDS, points=both, grounds=("x",))).code == "appeal_missing"
    assert refusal(accepted, Answer(WORDS, points=(*both, (3, "?")), grounds=("x",), appeal="x")).code == "unknown_request"
    whole = Answer(WORDS, points=both, grounds=("Luật Đất đai",), appeal="Khiếu nại lần hai trong 30 ngày.")
    given = decide(accepted, whole, PROCEDURES[accepted.procedure], roles=OFFICER)
    assert getattr(given, "text", "").splitlines()[1:] == [
        "1. Chấp nhận.",
        "2. Bác.",
        "Căn cứ: Luật Đất đai",
        "Quyền của người gửi đơn: Khiếu nại lần hai trong 30 ngày.",
    ]


@pytest.mark.parametrize("step", ["dialogue_held", "dialogue_unattended"])
def test_a_second_complaint_is_not_decided_without_a_dialogue_or_an_unjustified_absence(step: str) -> None:
    accepted = case(Name.COMPLAINT_SECOND, state=State.ACCEPTED, requests=1)
    assert refusal(accepted, FULL).code == "dialogue_missing"
    by = PROCEDURES[accepted.procedure]
    recorded = evolve(accepted, decide(accepted, Record(step), by, roles=OFFICER), by)
    assert decide(recorded, FULL, by, roles=OFFICER)


def test_what_is_asked_for_is_written_down_when_a_complaint_is_accepted() -> None:
    assert refusal(case(Name.COMPLAINT_FIRST), Accept()).code == "requests_missing"


def test_a_denunciation_is_transferred_once_for_the_same_content_and_never_returned() -> None:
    by = PROCEDURES[Name.DENUNCIATION]
    fresh = case(Name.DENUNCIATION)
    once = evolve(fresh, decide(fresh, to("b"), by, roles=OFFICER), by)
    assert Act.TRANSFER not in once.possible(by)
    assert refusal(once, to("c")).code == "transferred_before"
    assert refusal(once, Return("not_our_field", Route("a", (), Basis.TRANSFER))).code == "forbidden_by_law"


def test_what_was_returned_once_between_two_offices_needs_their_superior() -> None:
    by = PROCEDURES[Name.FIELD_REPORT]

    def passed(present: Case, command: Command, roles: frozenset[str] = OFFICER) -> Case:
        return evolve(present, decide(present, command, by, roles=roles), by)

    back = Return("not_our_field", Route("a", (), Basis.TRANSFER))
    assert refusal(case(), back).code == "nobody_sent_it"
    again = passed(passed(passed(case(), to("b")), back), to("b"))
    assert refusal(again, back).code == "return_needs_superior"
    assert refusal(again, to("c", "superior_decision"), roles=OFFICER).code == "right_missing"
    assert passed(again, to("c", "superior_decision"), frozenset({"leader"})).office == "c"


def test_passing_it_back_counts_as_the_return_that_it_is() -> None:
    by = PROCEDURES[Name.FIELD_REPORT]

    def passed(present: Case, office: str, roles: frozenset[str] = OFFICER) -> Case:
        return evolve(present, decide(present, to(office), by, roles=roles), by)

    back = passed(passed(case(), "b"), "a")
    assert (back.returned, back.came_from) == (frozenset({"a>b"}), None)
    again = passed(back, "b")
    assert refusal(again, to("a"), roles=OFFICER).code == "return_needs_superior"
    assert passed(again, "a", frozenset({"leader"})).office == "a"


def test_a_wrong_kind_is_converted_and_keeps_what_it_is() -> None:
    by = PROCEDURES[Name.FIELD_REPORT]
    command = Convert(Name.COMPLAINT_FIRST, "wrong_kind", "complaint", Route("c", (), Basis.COMPETENCE))
    converted = evolve(case(), decide(case(), command, by, roles=OFFICER), by)
    assert (converted.kind, converted.procedure, converted.office, converted.state) == (
        "complaint",
        Name.COMPLAINT_FIRST,
        "c",
        State.ROUTED,
    )
