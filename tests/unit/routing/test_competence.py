"""Which office is competent: the shipped table by examples, and what happens when offices or tables end."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.competence import (
    RANKS,
    STAFF,
    Basis,
    Question,
    Rule,
    Table,
    Why,
    in_succession,
    is_denounced,
    is_over_the_head,
    judged,
    route,
)
from services.routing.domain.directory import Directory, Office
from services.routing.wire.competence_files import shipped_lexicon, shipped_tables
from services.routing.wire.directory_file import shipped_directories

TODAY = date(2026, 7, 1)
OFFICES = [office for directory in shipped_directories() for office in directory.offices]
DIRECTORY = Directory(OFFICES)
TABLES = shipped_tables()


def ask(kind: str, topic: str | None = None, commune: str | None = None) -> Question:
    return Question(jurisdiction="hanoi", kind=kind, topic=topic, commune=commune)


@pytest.mark.parametrize(
    ("question", "office", "rule"),
    [
        (ask("denunciation", commune="00070"), "hanoi-thanh-tra", "TC-01"),
        (ask("complaint", commune="00070"), "hanoi-00070", "KN-01"),
        (ask("voters_petition"), "hanoi-vp", "CT-01"),
        (ask("commitment"), "hanoi-vp", "CT-01"),
        (ask("field_report", "rac-thai", "00004"), "hanoi-00004", "PA-01"),
        (ask("field_report", "rac-thai"), "hanoi-so-nnmt", "PA-03"),
        (ask("field_report", "ngap-ung", "00070"), "hanoi-so-xd", "PA-02"),
        (ask("recommendation", "an-toan-thuc-pham", "00070"), "hanoi-so-yt", "PA-04"),
        (ask("recommendation", "dien"), "hanoi-so-ct", "PA-05"),
        (ask("recommendation", "giao-duc"), "hanoi-so-gddt", "PA-06"),
        (ask("recommendation", "thai-do-can-bo"), "hanoi-so-nv", "PA-07"),
        (ask("recommendation", "ho-tich"), "hanoi-so-tp", "PA-08"),
        (ask("recommendation", "dau-tu"), "hanoi-so-tc", "PA-09"),
        (ask("recommendation", "chuyen-doi-so"), "hanoi-so-khcn", "PA-10"),
        (ask("recommendation", "van-hoa"), "hanoi-so-vhtt", "PA-11"),
        (ask("recommendation", "du-lich"), "hanoi-so-dl", "PA-12"),
        (ask("recommendation", "quy-hoach"), "hanoi-so-qhkt", "PA-13"),
        (ask("recommendation", "ton-giao"), "hanoi-so-dttg", "PA-14"),
        (ask("field_report", commune="00070"), "hanoi-00070", "PA-90"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_table_knows_the_competent_office(question: Question, office: str, rule: str) -> None:
    found = route(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert (found.office, found.rule, found.basis) == (office, rule, Basis.COMPETENCE)
    assert found.superiors == ("hanoi",)
    assert found.table_version == TABLES[0].version


WARD, OTHER_WARD, DEPARTMENT, CITY = "hanoi-00070", "hanoi-00004", "hanoi-so-xd", "hanoi"


@pytest.mark.parametrize(
    ("question", "office", "rule"),
    [
        (Question("hanoi", "complaint", against=WARD), WARD, "KN-00"),
        (Question("hanoi", "complaint", against=DEPARTMENT, commune="00070"), DEPARTMENT, "KN-00"),
        (Question("hanoi", "complaint", against=CITY), CITY, "KN-00"),
        (Question("hanoi", "complaint", commune="00070", spans=True), CITY, "KN-02"),
        (Question("hanoi", "complaint", commune="00070", spans=True, against=WARD), WARD, "KN-00"),
        (Question("hanoi", "field_report", topic="rac-thai", commune="00070", spans=True), "hanoi-so-nnmt", "PA-03"),
        (Question("hanoi", "recommendation", commune="00070", spans=True), "hanoi-vp", "PA-89"),
        (Question("hanoi", "denunciation", against=WARD, rank="staff"), WARD, "TC-00A"),
        (Question("hanoi", "denunciation", against=WARD, rank="deputy"), CITY, "TC-00"),
        (Question("hanoi", "denunciation", against=DEPARTMENT, rank="head"), CITY, "TC-00"),
        (Question("hanoi", "denunciation", against=DEPARTMENT, rank="staff"), DEPARTMENT, "TC-00A"),
        (Question("hanoi", "denunciation", against=DEPARTMENT), CITY, "TC-00"),
        (Question("hanoi", "denunciation", against=CITY, rank="staff"), CITY, "TC-00A"),
    ],
)
def test_who_is_complained_of_decides_first(question: Question, office: str, rule: str) -> None:
    found = route(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert (found.office, found.rule) == (office, rule)


CAU_GIAY = "hanoi-d005"
"""A district until 30 June 2025; the wards Cầu Giấy (00166), Nghĩa Đô (00160) and seven others took it over."""


@pytest.mark.parametrize(
    ("question", "office", "rule"),
    [
        (Question("hanoi", "complaint", against=CAU_GIAY, commune="00166"), "hanoi-00166", "KN-00"),
        (Question("hanoi", "complaint", against=CAU_GIAY, commune="00166", spans=True), CITY, "KN-00"),
        (Question("hanoi", "denunciation", against=CAU_GIAY, rank="head"), CITY, "TC-00"),
    ],
)
def test_what_a_district_had_begun_goes_to_who_took_it_over(question: Question, office: str, rule: str) -> None:
    found = route(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert (found.office, found.rule) == (office, rule)


@pytest.mark.parametrize(
    "question",
    [
        Question("hanoi", "complaint", against=CAU_GIAY),
        Question("hanoi", "complaint", against=CAU_GIAY, commune="00430"),  # not in its area
        Question("hanoi", "denunciation", against=CAU_GIAY, rank="staff"),  # no place is said of a denunciation
        Question("hanoi", "complaint", against="boston-PWDx"),
    ],
)
def test_where_nobody_says_which_office_a_person_decides(question: Question) -> None:
    found = route(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert (found.office, found.basis) == ("hanoi-tcd", Basis.UNASSIGNED)


def test_every_commune_took_over_from_a_district_and_there_were_thirty() -> None:
    districts = [office for office in OFFICES if office.code.startswith("hanoi-d")]
    communes = {office.code for office in OFFICES if office.jurisdiction == "hanoi" and office.kind == "commune"}
    assert len(districts) == 30
    assert set().union(*(office.successors for office in districts)) == communes


HANOI = sorted(office.code for office in OFFICES if office.jurisdiction == "hanoi")


@given(
    against=st.sampled_from(HANOI),
    rank=st.sampled_from([*RANKS, None]),
    closed=st.one_of(st.none(), st.tuples(st.sampled_from(HANOI), st.lists(st.sampled_from(HANOI), max_size=2))),
)
def test_a_denunciation_never_goes_to_the_denounced_or_below_him(
    against: str, rank: str | None, closed: tuple[str, list[str]] | None
) -> None:
    directory = closing(closed[0], *closed[1]) if closed else DIRECTORY
    question = Question("hanoi", "denunciation", against=against, rank=rank)
    found = route(question, tables=TABLES, directory=directory, today=TODAY)
    if found is not None and rank != STAFF:
        led = directory.competent(against, today=TODAY)
        assert found.office not in (against, led.code if led else None)
        assert against not in directory.superiors(found.office, today=TODAY)


@pytest.mark.parametrize(
    ("code", "rank", "is_excluded"),
    [(WARD, "head", True), (WARD, None, True), (WARD, "staff", False), (CITY, "head", False), (OTHER_WARD, "head", False)],
)
def test_nobody_passes_it_on_to_the_denounced(code: str, rank: str | None, is_excluded: bool) -> None:
    question = Question("hanoi", "denunciation", against=WARD, rank=rank)
    assert is_denounced(code, question, directory=DIRECTORY, today=TODAY) is is_excluded
    assert not is_denounced(code, replace(question, kind="complaint"), directory=DIRECTORY, today=TODAY)


@pytest.mark.parametrize(
    ("received_by", "against", "is_over"),
    [
        (CITY, WARD, True),
        (WARD, WARD, False),
        (OTHER_WARD, WARD, False),
        (None, WARD, False),
        (CITY, None, False),
        (CITY, CITY, False),
        ("hanoi-tcd", WARD, True),  # it stands for the city
        ("hanoi-tcd", CITY, False),
    ],
)
def test_a_first_complaint_handed_in_above_who_decides_is_over_his_head(
    received_by: str | None, against: str | None, is_over: bool
) -> None:
    question = Question("hanoi", "complaint", against=against, received_by=received_by)
    assert is_over_the_head(question, directory=DIRECTORY, today=TODAY) is is_over
    assert not is_over_the_head(replace(question, kind="recommendation"), directory=DIRECTORY, today=TODAY)


@pytest.mark.parametrize("question", [ask("field_report"), ask("complaint"), ask("recommendation", "khong-co")])
def test_what_no_rule_decides_goes_to_the_reception_offices_pool(question: Question) -> None:
    found = route(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert (found.office, found.basis, found.rule) == ("hanoi-tcd", Basis.UNASSIGNED, None)


def test_the_source_of_an_import_names_the_office_where_the_directory_knows_it() -> None:
    known = Question("boston", "field_report", source_office="boston-PWDx")
    found = route(known, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert (found.office, found.basis) == ("boston-PWDx", Basis.SOURCE)
    unknown = route(replace(known, source_office="boston-none"), tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert unknown is not None
    assert (unknown.office, unknown.basis) == ("boston", Basis.UNASSIGNED)


def closing(code: str, *successors: str) -> Directory:
    """Return the directory on the day after `code` was closed."""
    changed = [replace(o, valid_to=date(2026, 6, 30), successors=successors) if o.code == code else o for o in OFFICES]
    return Directory(changed)


def test_a_closed_offices_duties_go_to_its_successor_and_to_a_person_where_there_are_several() -> None:
    question = ask("complaint", commune="00070")
    one = route(question, tables=TABLES, directory=closing("hanoi-00070", "hanoi-00082"), today=TODAY)
    several = route(question, tables=TABLES, directory=closing("hanoi-00070", "hanoi-00082", "hanoi-00004"), today=TODAY)
    before = route(question, tables=TABLES, directory=closing("hanoi-00070", "hanoi-00082"), today=date(2026, 6, 30))
    assert one
    assert several
    assert before
    assert (one.office, several.basis, before.office) == ("hanoi-00082", Basis.UNASSIGNED, "hanoi-00070")


def test_the_table_in_force_on_the_day_decides() -> None:
    old = Table("hanoi", "old", date(2025, 1, 1), (Rule("A", ("complaint",), "hanoi-vp"),), date(2026, 6, 30))
    new = Table("hanoi", "new", date(2026, 7, 1), (Rule("B", ("complaint",), "hanoi-thanh-tra"),))
    days = (date(2026, 6, 30), date(2026, 7, 1))
    found = [route(ask("complaint"), tables=(old, new), directory=DIRECTORY, today=day) for day in days]
    assert [each.table_version if each else None for each in found] == ["old", "new"]


def test_a_ladder_skips_a_superior_that_is_closed() -> None:
    offices = (
        Office("x", "x", "city", "X", "X", TODAY, is_reception=True),
        Office("x-1", "x", "department", "1", "1", date(2020, 1, 1), date(2026, 1, 1), parent="x"),
        Office("x-2", "x", "unit", "2", "2", date(2020, 1, 1), parent="x-1"),
    )
    assert Directory(offices).superiors("x-2", today=TODAY) == ["x"]


def test_hanoi_has_126_communes_and_15_departments_and_every_rule_points_to_one_that_exists() -> None:
    hanoi = [office for office in OFFICES if office.jurisdiction == "hanoi"]
    communes = [office for office in hanoi if office.kind == "commune"]
    assert len(communes) == 126
    assert sum("phường" in office.name_vi for office in communes) == 51
    assert sum(office.kind == "department" for office in hanoi) == 15
    rules = [rule for table in TABLES for rule in table.rules]
    assert {rule.office for rule in rules} - {"{commune}", "{against}", "{above}"} <= {office.code for office in hanoi}
    assert {topic for rule in rules for topic in rule.topics} <= set(shipped_lexicon().topics)


KINDS = ["denunciation", "complaint", "voters_petition", "field_report", "recommendation"]
TOPICS = [None, "rac-thai", "ngap-ung", "dien", "khong-co"]


@given(st.sampled_from(KINDS), st.sampled_from(TOPICS), st.sampled_from([None, "00070"]))
def test_the_explanation_tells_of_every_rule_and_agrees_with_the_route(kind: str, topic: str | None, commune: str | None) -> None:
    question = ask(kind, topic, commune)
    told = judged(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    found = route(question, tables=TABLES, directory=DIRECTORY, today=TODAY)
    assert found is not None
    assert [item.rule for item in told] == [rule.id for table in TABLES if table.jurisdiction == "hanoi" for rule in table.rules]
    decided = [item for item in told if item.why is Why.DECIDED]
    assert [(item.rule, item.office) for item in decided] == ([(found.rule, found.office)] if found.rule else [])
    before = told[: told.index(decided[0])] if decided else told
    assert Why.AFTER not in {item.why for item in before}


def test_a_rule_whose_office_is_gone_says_so_and_nobody_behind_it_decides() -> None:
    question = ask("complaint", commune="00070")
    told = judged(question, tables=TABLES, directory=closing("hanoi-00070"), today=date(2026, 7, 1))
    assert {item.rule: item.why for item in told}["KN-01"] is Why.CLOSED
    assert Why.DECIDED not in {item.why for item in told}


def test_each_table_is_in_force_until_the_next_one_begins() -> None:
    first, second, third = (
        Table("hanoi", version, day, ())
        for version, day in (("1", date(2025, 7, 1)), ("2", date(2026, 12, 1)), ("3", date(2027, 3, 1)))
    )
    elsewhere = Table("boston", "1", date(2015, 1, 1), (), date(2015, 6, 30))
    found = {(table.jurisdiction, table.version): table.valid_to for table in in_succession([third, elsewhere, first, second])}
    assert found == {
        ("boston", "1"): date(2015, 6, 30),
        ("hanoi", "1"): date(2026, 11, 30),
        ("hanoi", "2"): date(2027, 2, 28),
        ("hanoi", "3"): None,
    }
