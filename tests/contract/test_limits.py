"""The limits that procedures name are clocks that escalation keeps for them: words of two services, held against each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import services.escalation
from services.escalation.domain.rules import RECEIVED, Rule
from services.escalation.wire.rulebook import load_rulebook
from services.routing.domain.definition import Act, Procedure
from services.routing.wire.procedure_files import shipped_procedures

VERBS = {
    Act.ACCEPT: "accepted",
    Act.REFUSE: "refused",
    Act.GUIDE: "guided",
    Act.TRANSFER: "transferred",
    Act.ANSWER: "answered",
    Act.CONTEST: "contested",
}
MOVING = {Act.TRANSFER, Act.RETURN, Act.CONVERT}
PROCEDURES = shipped_procedures()
BOOK = load_rulebook(Path(services.escalation.__file__).parent / "rules")


def rules_of(procedure: Procedure) -> Iterator[Rule]:
    for rule in BOOK.rules:
        is_here = "hanoi" in rule.subject.jurisdictions
        if is_here and (procedure.id in rule.subject.procedures or procedure.kind in rule.subject.kinds):
            yield rule


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_each_act_names_the_clocks_that_it_ends(name: str) -> None:
    procedure = PROCEDURES[name]
    rules = list(rules_of(procedure))
    for act, provision in procedure.provisions.items():
        ended = {rule.id for rule in rules if VERBS.get(act) in rule.endings.met_by}
        if act in MOVING and not ended:
            begun = {rule.id for rule in rules if rule.start == frozenset({RECEIVED})}
            assert provision.limit, f"{name}: {act} has no limit"
            assert set(provision.limit) <= begun, f"{name}: {act}"
        else:
            assert set(provision.limit) == ended, f"{name}: {act}"
