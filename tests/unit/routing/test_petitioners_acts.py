"""What petitioners do: contest once and in time, or where there is no answer in time; withdraw."""

from datetime import date

from services.routing.domain.commands import Accept, Contest, Withdraw
from services.routing.domain.competence import Basis, Route
from services.routing.domain.deciding import decide
from services.routing.domain.definition import State
from services.routing.domain.evolving import evolve
from shared.contracts.words import Procedure as Name
from tests.unit.routing.test_procedures import EVERYBODY, FULL, OFFICER, PROCEDURES, PROOF, TODAY, WORDS, case, refusal


def test_a_complaint_without_an_answer_goes_on_once_its_limit_has_passed_and_an_answered_one_within_its_time() -> None:
    by = PROCEDURES[Name.COMPLAINT_FIRST]
    open_one = case(Name.COMPLAINT_FIRST, state=State.ACCEPTED)
    assert refusal(open_one, Contest(TODAY)).code == "nothing_to_contest"
    overdue = evolve(open_one, decide(open_one, Contest(TODAY, is_overdue=True), by, roles=EVERYBODY), by)
    assert (overdue.state, overdue.contests) == (State.ACCEPTED, 1)
    assert refusal(overdue, Contest(TODAY, is_overdue=True)).code == "contested_before"
    answered = case(Name.COMPLAINT_FIRST, state=State.ANSWERED, ending=State.ANSWERED, answered_on=date(2026, 10, 10))
    assert decide(answered, Contest(date(2026, 11, 24)), by, roles=EVERYBODY)
    assert refusal(answered, Contest(date(2026, 11, 25))).code == "contested_too_late"
    report = case(state=State.ANSWERED, ending=State.REFUSED)
    assert refusal(report, Contest(TODAY, is_overdue=True)).code == "nothing_to_contest"


def test_an_answer_is_contested_once_within_its_time_and_goes_to_the_office_above() -> None:
    by = PROCEDURES[Name.FIELD_REPORT]
    answered = case(state=State.ANSWERED, ending=State.ANSWERED, answered_on=date(2026, 10, 25))
    above = Route("city", (), Basis.TRANSFER)
    contested = evolve(answered, decide(answered, Contest(date(2026, 11, 24), above), by, roles=EVERYBODY), by)
    assert (contested.state, contested.office, contested.ending) == (State.ROUTED, "city", None)
    assert refusal(answered, Contest(date(2026, 11, 25), above)).code == "contested_too_late"
    again = evolve(contested, decide(contested, Accept(), by, roles=OFFICER), by)
    again = evolve(again, decide(again, FULL.__class__(WORDS, (PROOF,)), by, roles=OFFICER), by)
    assert refusal(again, Contest(date(2026, 11, 24), above)).code == "contested_before"


def test_a_withdrawal_ends_a_complaint_but_only_a_decision_ends_a_denunciation() -> None:
    complaint, denunciation = case(Name.COMPLAINT_FIRST), case(Name.DENUNCIATION)
    for present, state in ((complaint, State.WITHDRAWN), (denunciation, State.ROUTED)):
        by = PROCEDURES[present.procedure]
        assert evolve(present, decide(present, Withdraw(), by, roles=EVERYBODY), by).state is state
