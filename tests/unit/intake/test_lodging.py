"""What a petition must say: every mistake at once, each with a way out, in two languages."""

from dataclasses import replace
from datetime import UTC, date, datetime
from string import Formatter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import mistakes as said
from services.intake.domain.lodging import Lodging, mistakes_in, mistakes_in_import, mistakes_in_key
from services.intake.domain.mistakes import Mistake, told
from services.intake.domain.people import Contact, Person
from services.intake.domain.places import Commune, Communes, coarse, fold
from services.intake.handlers.lodging import LodgePetition

TODAY = date(2026, 11, 23)
DIGEST = "90e5ff16f8b6815b99f7652d485bd486a3c45a1b00f7d2bd351fbb2561448609"
COMMUNES = Communes(
    [
        Commune("00070", "Phường Hoàn Kiếm", date(2025, 7, 1)),
        Commune("00004", "Phường Ba Đình", date(2025, 7, 1)),
        Commune("00037", "Phường Phúc Tân", date(2000, 1, 1), date(2025, 6, 30), ("00070",)),
    ]
)
GOOD = Lodging(
    kind="field_report",
    jurisdiction="hanoi",
    text="Nắp cống vỡ",
    topic="giao-thong",
    commune="00070",
    latitude=21.02,
    longitude=105.85,
    place="12 Hàng Bài",
    contact=Contact(name="Bưởi", email="buoi@example.vn", phone="+84912345678"),
    channel="web",
    language="vi",
    urgency=None,
)


def _codes(lodging: Lodging) -> set[tuple[str, str]]:
    return {(mistake.field, mistake.code) for mistake in mistakes_in(lodging, communes=COMMUNES, today=TODAY)}


def test_a_good_petition_has_no_mistake() -> None:
    assert _codes(GOOD) == set()
    assert _codes(replace(GOOD, topic=None, commune=None, latitude=None, longitude=None, place=None, contact=Contact())) == set()


CASES: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"text": " \n"}, ("text", "blank")),
    ({"text": "x" * 20_001}, ("text", "too_long")),
    ({"place": "x" * 501}, ("place", "too_long")),
    ({"topic": "Giao thông"}, ("topic", "bad_topic")),
    ({"topic": "x" * 41}, ("topic", "bad_topic")),
    ({"latitude": None}, ("latitude", "half_coordinates")),
    ({"longitude": None}, ("longitude", "half_coordinates")),
    ({"latitude": 90.1}, ("latitude", "out_of_range")),
    ({"longitude": -180.1}, ("longitude", "out_of_range")),
    ({"commune": "70"}, ("commune", "bad_commune")),
    ({"commune": "٠٠٠٧٠"}, ("commune", "bad_commune")),
    ({"commune": "99999"}, ("commune", "unknown_commune")),
    ({"commune": "00037"}, ("commune", "closed_commune")),
    ({"jurisdiction": "boston"}, ("commune", "no_communes_there")),
    ({"jurisdiction": "atlantis", "commune": None}, ("jurisdiction", "unknown_jurisdiction")),
    ({"channel": "import"}, ("channel", "import_only")),
    ({"contact": Contact(email="buoi")}, ("petitioner.email", "bad_email")),
    ({"contact": Contact(name="x" * 201)}, ("petitioner.name", "too_long")),
]


@pytest.mark.parametrize(("change", "expected"), CASES, ids=[f"{field}-{code}" for _, (field, code) in CASES])
def test_a_mistake_is_named_with_its_field(change: dict[str, Any], expected: tuple[str, str]) -> None:
    assert _codes(replace(GOOD, **change)) == {expected}


def test_a_petition_of_another_system_may_have_no_words_but_no_free_text_for_a_topic() -> None:
    silent = replace(GOOD, text="", channel="import")
    assert mistakes_in_import(silent, communes=COMMUNES, today=TODAY) == []
    spoken = replace(silent, topic="gọi 0912345678")
    assert [mistake.field for mistake in mistakes_in_import(spoken, communes=COMMUNES, today=TODAY)] == ["topic"]


def test_a_closed_commune_names_its_heir_and_an_unknown_one_its_neighbours_in_the_alphabet() -> None:
    (closed,) = mistakes_in(replace(GOOD, commune="00037"), communes=COMMUNES, today=TODAY)
    assert "00070 Phường Hoàn Kiếm" in told(closed, language="vi")["remedy"]
    assert COMMUNES.mistake("00037", today=date(2025, 6, 30)) is None
    (named,) = mistakes_in(replace(GOOD, commune="hoan kiem"), communes=COMMUNES, today=TODAY)
    assert "00070" in told(named, language="en")["remedy"]


def test_while_the_directory_is_not_heard_any_five_digits_are_taken() -> None:
    assert mistakes_in(replace(GOOD, commune="99999"), communes=Communes(), today=TODAY) == []
    assert len(mistakes_in(replace(GOOD, commune="9999x"), communes=Communes(), today=TODAY)) == 1


@pytest.mark.parametrize("key", ["short", "x" * 201, "with space in it", "nghị-định-1234"])
def test_a_key_that_headers_cannot_carry_is_named(key: str) -> None:
    assert [mistake.code for mistake in mistakes_in_key(key)] == ["bad_key"]
    assert mistakes_in_key(None) == mistakes_in_key("8d7f9a52") == []


@pytest.mark.parametrize("code", sorted(said.CODES))
def test_every_mistake_can_be_told_in_both_languages_with_the_same_facts(code: str) -> None:
    texts = [table[code] for table in said._LANGUAGES.values()]
    fields = [{name for part in (t.reason, t.remedy) for _, name, _, _ in Formatter().parse(part) if name} for t in texts]
    assert fields[0] == fields[1]
    facts = dict.fromkeys(fields[0], "7")
    for language in ("vi", "en"):
        words = told(Mistake("field", code, facts), language=language)
        assert words["reason"]
        assert words["remedy"]


@given(st.floats(min_value=-180, max_value=180))
def test_a_coordinate_that_travels_is_near_and_tells_no_house(degrees: float) -> None:
    rough = coarse(degrees)
    assert abs(rough - degrees) <= 0.00026
    assert rough == coarse(rough)
    assert round(rough / 0.0005) * 5 == round(rough * 10_000)


def test_names_are_compared_without_accents() -> None:
    assert fold("  Đống   ĐA ") == "dong da"


def test_the_digest_of_a_lodging_without_an_address_is_what_it_was_before_there_were_any() -> None:
    people = (Person(Contact("Bưởi"), is_representative=True, has_signed=True), Person(Contact("Lan"), has_signed=True))
    said = replace(GOOD, people=people)
    command = LodgePetition(said, UUID(int=1), "code", None, "petitioner", datetime(2026, 11, 23, tzinfo=UTC), None)
    assert command.digest.hex() == DIGEST
    moved = replace(command, lodging=replace(said, contact=replace(said.contact, address="7 Cầu Gỗ")))
    assert moved.digest != command.digest
    assert replace(command, lodging=replace(said, former_text="Đèn hỏng")).digest == command.digest
