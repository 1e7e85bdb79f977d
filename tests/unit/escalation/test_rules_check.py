"""`caunoi rules check` finds every planted mistake by name, and every row of the law has a rule or a reason."""

import shutil
from functools import cache
from pathlib import Path

import pytest
import yaml

from services.escalation.wire.rulebook import Law, read_law
from services.escalation.wire.rules_check import check_directory
from tests.unit.escalation.parts import RULES

TABLES = """
    KN.FILE KN1.ACCEPT KN1.GROUP KN.WRONG KN1.RESOLVE KN1.RESOLVE.REMOTE KN.COMPLEX KN1.DIALOG KN.DLG.NOTICE KN.DLG.MIN KN1.SEND
    KN1.LEGALFORCE KN1.LEGALFORCE.REMOTE KN2.FILE KN2.FILE.REMOTE KN2.ACCEPT KN2.DIALOG KN2.RESOLVE KN2.RESOLVE.REMOTE KN2.SEND
    KN2.PUBLISH KN2.LEGALFORCE KN2.LEGALFORCE.REMOTE KN.SUSPEND.SEND KN.RESUME.SEND KN.EXTEND.SEND KN.WITHDRAW KN.DISC.FILE
    KN.DISC.ACCEPT KN.DISC.RESOLVE KN.COURT
    TC.INIT TC.REJECT TC.TRANSFER TC.NOPROC TC.ANON TC.CRIME TC.PRESS TC.NOTIFY TC.RESOLVE TC.SUSPEND TC.RESUME.SEND
    TC.EXTEND.SEND TC.CONCL TC.ACT TC.ACT.REPORT TC.PUBLISH TC.AGAIN TC.OVERDUE.1 TC.OVERDUE.2 TC.PROTECT TC.EXEC.TRACK
    TCD.REPLY TCD.BACK TCD.BACK.CITIZEN TCD.REFUSE TCD.LEADER.REPLY TCD.SCHED.CITY TCD.SCHED.DEPT TCD.SCHED.COMMUNE TCD.UNSCHED
    TCD.ONLINE TCD.ONLINE.TEST TCD.ONLINE.CONNECT TCD.SPLIT TCD.45 KP.RESOLVE BTTND.REPLY
    XLD.CLASSIFY XLD.NOPROC XLD.ONCE XLD.SPLIT XLD.KEEP
    PAKN.TRANSFER PAKN.ANSWER PAKN.PUBLISH IH.RECEIPT IH.URGENT IH.NORMAL IH.COMPLEX
    KNCT.REPLY KNCT.REPLY.LEAD KNCT.COMPLEX KNCT.LOCAL KNCT.CONTACT
    DT.MINUTES DT.CONCLUSION DT.COMMITMENT DT.YEARLY DT.HEAR DT.CONSULT DT.REPORTS
    HG.BEGIN GS.PLAN GS.BODY.REPORT GS.RESULT PB.DRAFT SOURCE.DUE
"""
ROWS_OF_THE_LAW = TABLES.split()
OUR_OWN = {"CONTEST.REPLY", "TCA.CHECK", "TCA.RESULT"}
"""Every row of the tables of the law by its id, and the duties that we added to them."""
OUTLIVE_A_WITHDRAWAL = {"TC.CRIME", "TC.PROTECT", "TC.SUSPEND"}
FIRST, DUTIES = "complaint_first.yaml", "complaint_duties.yaml"


@cache
def law() -> Law:
    return read_law(RULES)


def kept_or_explained() -> set[str]:
    return {rule.id for rule in law().rules} | {entry.id for entry in law().not_kept}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copytree(RULES, tmp_path / "rules")
    return tmp_path / "rules"


def plant(rules: Path, file: str, old: str, new: str) -> None:
    path = rules / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(rules: Path) -> list[str]:
    return [str(finding) for finding in check_directory(rules).findings]


Planted = tuple[str, str, str, str, str]
"""File, what stands there, what is planted, where and what the finding must say."""
PLANTED = [
    pytest.param(
        (FIRST, "step: accept_or_refuse", "stepp: accept_or_refuse", "KN1.ACCEPT v1 stepp", "Extra inputs"), id="schema"
    ),
    pytest.param((FIRST, "unit: calendar_day", "unit: fortnight", "KN1.ACCEPT v1 limit.unit", "working_hour"), id="unit"),
    pytest.param((FIRST, "rules:", "rules: [", FIRST, "cannot be read"), id="not YAML"),
    pytest.param((FIRST, "rules:", "laws:", FIRST, "no list of rules"), id="no rules"),
    pytest.param(
        (
            FIRST,
            "effective_to: 2026-06-30",
            "effective_to: 2026-07-01",
            "KN1.ACCEPT v2 effective_from",
            "in force on 2026-07-01 together with version 1",
        ),
        id="overlap",
    ),
    pytest.param(
        (
            FIRST,
            "effective_to: 2026-06-30",
            "effective_to: 2026-06-28",
            "KN1.ACCEPT v2 effective_from",
            "no version is in force from 2026-06-29 to 2026-06-30",
        ),
        id="gap",
    ),
    pytest.param((FIRST, "version: 2", "version: 1", "KN1.ACCEPT v1 version", "stands twice"), id="version twice"),
    pytest.param((FIRST, "start: [received]", "start: [applauded]", "KN1.ACCEPT v1 start", "stands for applauded"), id="start"),
    pytest.param((FIRST, "met_by: [answered]", "met_by: [clapped]", "KN1.RESOLVE v1 met_by", "stands for clapped"), id="met by"),
    pytest.param((FIRST, "start: suspended", "start: dozed", "KN1.RESOLVE v1 pauses", "stands for dozed"), id="pause"),
    pytest.param(
        (FIRST, "citation: Luật Khiếu nại 02/2011/QH13, Điều 27", "citation: ' '", "KN1.ACCEPT v1 citation", "no source"),
        id="source",
    ),
    pytest.param(
        (DUTIES, "(cam kết dịch vụ)", "", "KN.EXTEND.SEND v1 confirmation", "service level"), id="promise in Vietnamese"
    ),
    pytest.param((DUTIES, "(own service level)", "", "KN.EXTEND.SEND v1 confirmation", "service level"), id="promise in English"),
    pytest.param((FIRST, "- KN3A.FOREIGN", "- KN3A.MOON", "KN1.RESOLVE v1 grounds", "KN3A.MOON is unknown"), id="unknown ground"),
    pytest.param(("grounds.yaml", "grounds:", "grounds:\n  KN9.IDLE: {}", "KN9.IDLE", "no rule uses it"), id="unused ground"),
    pytest.param(
        ("grounds.yaml", "KN3A.CONTENTS:", "KN3A.PLACES:", "grounds.yaml", "KN3A.PLACES stands twice"), id="ground twice"
    ),
    pytest.param(
        (FIRST, "[KN1.RESOLVE]", "[KN7.RESOLVE]", "KN2.FILE v1 start_overdue", "KN7.RESOLVE is no rule"), id="breach of nothing"
    ),
    pytest.param(
        (FIRST, "ceiling: 45", "ceiling: 30", "KN1.RESOLVE v1 extensions", "30 is not above the limit 30"), id="ceiling"
    ),
    pytest.param((FIRST, "[hanoi]", "[atlantis]", "KN1.ACCEPT v1 jurisdictions", "atlantis has no calendar"), id="jurisdiction"),
    pytest.param((DUTIES, "    met_by: [extension_sent]\n", "", "KN.EXTEND.SEND v1 met_by", "nothing fulfils it"), id="endless"),
    pytest.param((FIRST, "    start: [accepted]\n", "", "KN1.RESOLVE v1 start", "nothing starts it"), id="never started"),
    pytest.param(
        (FIRST, "reminders: [50, 80]", "reminders: [80, 50]", "KN1.ACCEPT v1 reminders", "does not rise"), id="reminders"
    ),
    pytest.param((FIRST, "- {days: 1,", "- {days: 5,", "KN1.ACCEPT v1 ladder", "does not rise"), id="ladder"),
    pytest.param(
        (FIRST, "[closed, withdrawn, terminated]", "[accepted]", "KN1.ACCEPT v1 void_by", "accepted stands in met_by"),
        id="both ends",
    ),
    pytest.param(("not_kept.yaml", "id: KN.FILE", "id: KN1.SEND", "KN1.SEND", "a rule keeps it"), id="kept and not kept"),
    pytest.param(("not_kept.yaml", "id: KN.FILE", "id: KN.COURT", "KN.COURT", "stands twice"), id="row twice"),
    pytest.param(
        ("calendars/hanoi.yaml", "zone: Asia/Ho_Chi_Minh", "zone: Asia/Hanoi", "hanoi.yaml zone", "time zone"), id="calendar"
    ),
]


def test_the_rules_that_we_ship_hold_no_mistake(rules: Path) -> None:
    checked = check_directory(rules)
    assert not checked.findings
    assert checked.rules > 60


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_mistake_is_named_with_its_place_and_a_remedy(rules: Path, planted: Planted) -> None:
    file, old, new, where, problem = planted
    plant(rules, file, old, new)
    named = [finding for finding in check_directory(rules).findings if where in finding.where and problem in finding.problem]
    assert named, found(rules)
    assert all(finding.remedy for finding in named)


def test_one_mistake_hides_no_other(rules: Path) -> None:
    plant(rules, FIRST, "step: accept_or_refuse", "stepp: accept_or_refuse")
    plant(rules, FIRST, "start: [received]", "start: [applauded]")
    plant(rules, FIRST, "reminders: [50, 80]", "reminders: [80, 50]")
    plant(rules, FIRST, "effective_to: 2026-06-30", "effective_to: 2026-07-01")
    plant(rules, FIRST, "unit: calendar_day}\n    start: [accepted]", "unit: fortnight}\n    start: [accepted]")
    plant(rules, FIRST, "ceiling: 45", "ceiling: 30")
    text = "\n".join(found(rules))
    for problem in ("stepp", "applauded", "[80, 50]", "together with version 1", "working_hour", "the ceiling 30"):
        assert problem in text
    assert "no rule uses it" not in text
    assert "KN1.RESOLVE is no rule" not in text


def test_a_file_of_anything_is_a_finding_and_no_crash(rules: Path) -> None:
    for content in (
        "",
        "7",
        "- 1",
        "rules: [1, [], {}, {id: 7, ladder: 3, pauses: [x], limit: []}]",
        "rules: {a: b}",
        "\tx: [",
        "? [a]",
    ):
        (rules / FIRST).write_text(content, encoding="utf-8")
        assert found(rules)
    (rules / FIRST).write_bytes(b"\xff\xfe")
    assert found(rules)


@pytest.mark.parametrize("row", ROWS_OF_THE_LAW)
def test_a_row_of_the_law_is_a_rule_or_has_a_reason(row: str) -> None:
    assert row in kept_or_explained()


def test_no_rule_stands_for_no_row_of_the_law() -> None:
    assert kept_or_explained() == set(ROWS_OF_THE_LAW) | OUR_OWN


def test_a_withdrawal_ends_every_clock_but_those_that_protect_somebody() -> None:
    """What is withdrawn of a denunciation ends with the decision on it (Law on Denunciations art. 33), not before."""
    ended_by = {rule.id: "terminated" if rule.id.startswith(("TC.", "TCA.")) else "withdrawn" for rule in law().rules}
    left = {rule.id for rule in law().rules if ended_by[rule.id] not in rule.void_by}
    assert left == OUTLIVE_A_WITHDRAWAL


def test_a_transfer_ends_only_the_duty_to_transfer() -> None:
    ended = {rule.id for rule in law().rules if "transferred" in (*rule.met_by, *rule.void_by)}
    assert ended == {"TC.TRANSFER", "PAKN.TRANSFER"}


def test_no_unconfirmed_limit_claims_an_article_for_its_ladder() -> None:
    for rule in law().rules:
        if rule.confirmation in ("UNCONFIRMED", "DESIGN"):
            assert not [rung.basis for rung in rule.ladder if rung.basis], rule.id


def test_every_rule_file_is_read_the_same_by_any_yaml_reader() -> None:
    for path in RULES.glob("*.yaml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8")) is not None
