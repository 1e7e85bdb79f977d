"""docs/rules.md is what the data gives, and says of each rule what an auditor needs."""

from pathlib import Path

from services.escalation.wire.facts import FACTS
from services.escalation.wire.rulebook import read_law
from services.escalation.wire.rules_page import covered, page
from services.escalation.wire.rules_words import ACTIONS_VI, FACTS_VI, PROCEDURES_VI
from shared.contracts.words import Procedure
from tests.unit.escalation.parts import RULES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "rules.md"


def test_the_page_is_what_the_rules_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_law(RULES)), "caunoi rules docs"


def test_every_rule_ground_and_row_stands_on_the_page() -> None:
    law = read_law(RULES)
    text = page(law)
    for rule in law.rules:
        assert f"**{rule.id}** v{rule.version}" in text
        assert rule.citation in text
        assert rule.name_vi in text
        assert rule.name_en in text
    for code in law.grounds:
        assert f"| {code} |" in text
    for row in law.not_kept:
        assert f"| {row.id} |" in text
        assert row.reason_vi in text


def test_a_limit_without_a_confirmed_source_is_marked_as_a_service_level() -> None:
    law = read_law(RULES)
    lines = {line.split("**")[1]: line for line in page(law).splitlines() if line.startswith("| **")}
    for rule in law.rules:
        assert ("SERVICE LEVEL" in lines[rule.id]) == (rule.confirmation in ("UNCONFIRMED", "DESIGN")), rule.id


def test_each_procedure_has_a_section_that_names_every_rule_of_it() -> None:
    law = read_law(RULES)
    sections = {part.splitlines()[0].rsplit(" · ", 1)[-1]: part for part in page(law).split("\n## ")[1:]}
    for procedure in map(str, Procedure):
        missing = {rule.id for rule in law.rules if procedure in covered(rule) and rule.id not in sections[procedure]}
        assert not missing, procedure


def test_every_word_of_the_rules_has_a_vietnamese_one() -> None:
    assert FACTS_VI.keys() == FACTS.keys()
    assert PROCEDURES_VI.keys() == set(Procedure)
    assert {rung.action for rule in read_law(RULES).rules for rung in rule.ladder} == ACTIONS_VI.keys()


def test_the_transitional_clauses_stand_with_their_article() -> None:
    clauses = page(read_law(RULES)).split("Transitional clauses")[1].split("## ")[0]
    for rule in ("KN1.RESOLVE", "KN2.RESOLVE", "KN.SUSPEND.SEND", "KN.DLG.NOTICE"):
        line = next(line for line in clauses.splitlines() if f"**{rule}**" in line)
        assert "Nghị định 155/2026/NĐ-CP, Điều 22" in line
    assert "Nghị định 156/2026/NĐ-CP" in next(line for line in clauses.splitlines() if "**TC.RESOLVE**" in line)


def test_every_line_of_a_table_has_as_many_cells_as_its_head() -> None:
    width = 0
    for line in page(read_law(RULES)).splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        width = width or line.count("|")
        assert line.count("|") == width, line
