"""The definitions of the procedures as files: complete, with articles, and drawn as they are."""

from pathlib import Path

import pytest

from services.routing.domain.definition import ENDINGS, Act, Need, State, mistakes_in
from services.routing.wire.acts import EVENTS
from services.routing.wire.procedure_files import PROCEDURES as FOLDER
from services.routing.wire.procedure_files import GroundsFile, ProcedureFile, shipped_procedures, together
from services.routing.wire.procedures_page import ACTS_VI, NEEDS, STATES_VI, page
from services.routing.wire.yaml_file import read_yaml
from shared.contracts.words import Procedure as Name
from shared.kernel.refusals import Malformed

PROCEDURES = shipped_procedures()


def test_every_procedure_says_something_about_every_act_and_every_ground_names_its_article() -> None:
    assert set(PROCEDURES) == set(Name)
    for procedure in PROCEDURES.values():
        assert mistakes_in(procedure, PROCEDURES) == []
        for provision in procedure.provisions.values():
            assert provision.article
            assert all(ground.vi and ground.en and ground.article for ground in provision.grounds.values())


def test_nothing_is_closed_but_out_of_a_listed_ending() -> None:
    for procedure in PROCEDURES.values():
        assert procedure.provisions[Act.CLOSE].sources <= ENDINGS


def test_the_page_is_what_the_procedures_give_and_names_every_word() -> None:
    shown = Path(__file__).resolve().parents[3] / "docs" / "procedures.md"
    assert shown.read_text(encoding="utf-8") == page(PROCEDURES), "caunoi procedures docs"
    assert (set(STATES_VI), set(ACTS_VI), set(NEEDS)) == (set(State), set(Act), set(Need))
    assert set(EVENTS) == set(Act)


MISTAKES = [
    ("grounds: return", "grounds: nowhere", "names the list nowhere"),
    ("from: [refused, guided, withdrawn, answered], to: closed", "from: [routed], to: closed", "no ending"),
    ("act: accept, from: [routed]", "act: accept, from: [suspended]", "which nothing reaches"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_planted_mistake_is_named(right: str, wrong: str, said: str) -> None:
    grounds = read_yaml(GroundsFile, (FOLDER / "grounds.yaml").read_text(encoding="utf-8")).content
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml") if path.stem != "grounds"}
    assert right in texts["field_report.ordinary"]
    texts["field_report.ordinary"] = texts["field_report.ordinary"].replace(right, wrong)
    with pytest.raises(Malformed, match=said):
        together([read_yaml(ProcedureFile, text).content for text in texts.values()], grounds)
