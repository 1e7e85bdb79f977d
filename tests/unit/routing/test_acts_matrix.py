"""The table of acts and roles says what deciding does: cell by cell, against the rule that lets somebody act or not."""

from uuid import UUID

import pytest

from services.routing.domain.case import Case
from services.routing.domain.competence import Basis
from services.routing.domain.deciding import provided
from services.routing.domain.definition import Act, Procedure, State
from services.routing.wire.acts_matrix import ROLES, acts_matrix, allowed
from services.routing.wire.procedure_files import shipped_procedures
from shared.kernel.refusals import Refused

PROCEDURES = shipped_procedures()


def is_let(procedure: Procedure, act: Act, role: str) -> bool:
    """Try the act in each state in which the procedure knows it, as somebody with the role alone."""
    provision = procedure.provisions.get(act)
    if provision is None:
        return False
    codes = set()
    for state in sorted(provision.sources):
        case = Case(
            kind=procedure.kind,
            procedure=procedure.id,
            state=state,
            office="a",
            basis=Basis.COMPETENCE,
            is_physical=True,
            ending=State.ANSWERED if state in (State.ANSWERED, State.CLOSED) else None,
            came_from="b",
            steps=frozenset({"dialogue_held"}),
            merged_into=UUID(int=7) if act is Act.UNMERGE else None,
        )
        try:
            provided(case, act, procedure, roles=frozenset({role}))
        except Refused as refused:
            codes.add(refused.code)
    assert codes <= {"right_missing"}
    return not codes


@pytest.mark.parametrize("procedure", PROCEDURES.values(), ids=lambda procedure: procedure.id)
def test_each_cell_is_what_deciding_does(procedure: Procedure) -> None:
    cells = {(act, role): bool(allowed([procedure], act, role)) for act in Act for role in ROLES}
    assert cells == {(act, role): is_let(procedure, act, role) for act in Act for role in ROLES}


def test_every_kind_has_its_table_with_every_act_that_somebody_may_do() -> None:
    page = acts_matrix(PROCEDURES)
    for kind in {procedure.kind for procedure in PROCEDURES.values()}:
        assert f"\n### {kind}\n" in page
    denunciations = page.split("### denunciation\n")[1].split("\n### ")[0]
    assert "| `accept` thụ lý | ◐ | ● |  |  | officer: `denunciation.ordinary` |" in denunciations
    assert "| `withdraw` rút đơn |  |  |  | ● |  |" in page
    assert "| `contest`" not in denunciations


def test_what_two_persons_decide_is_marked() -> None:
    complaints = acts_matrix(PROCEDURES).split("### complaint\n")[1].split("\n### ")[0]
    assert "| `answer` trả lời² |" in complaints
