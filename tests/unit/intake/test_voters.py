"""Voters' petitions: folding, likeness, and that no line of a file is ever lost."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.mistakes import Mistake
from services.intake.domain.places import Commune, Communes
from services.intake.domain.voters import (
    ALIKE,
    VotersLine,
    commune_of,
    digest,
    folded,
    likeness,
    mistakes_in_line,
    office_of,
    shingles,
)
from services.intake.wire.voters import ERROR_COLUMN, FORMULA, Rejected, read_voters, reject_file
from shared.kernel.refusals import Malformed

KEY = b"k" * 32
HEAD = ["Kỳ họp", "Ngày tiếp xúc", "Phường, xã", "Nội dung", "Cơ quan", "Số"]
TODAY = date(2026, 11, 1)
COMMUNES = Communes([Commune("00070", "Phường Hoàn Kiếm", date(2025, 7, 1))])
OFFICES = {"hanoi-so-xd": "hanoi-so-xd", "so xay dung": "hanoi-so-xd"}
TEXT = "Đề nghị thành phố sớm sửa chữa mặt đường và hệ thống thoát nước tại ngõ 12 phố Hàng Bài"


def _line(**more: object) -> VotersLine:
    said = {"line": 2, "session": "Thứ 5", "met_on": TODAY, "commune": "00070", "text": TEXT, "office": "", "number": "1"}
    return VotersLine(**(said | more))  # type: ignore[arg-type]


def test_accents_case_signs_and_spaces_do_not_tell_texts_apart() -> None:
    assert folded("  ĐƯỜNG  ngõ-12: hỏng!") == folded("đường ngo 12 hong") == "duong ngo 12 hong"
    assert digest("Đường hỏng.", key=KEY) == digest("duong HONG", key=KEY)
    assert digest("Đường hỏng", key=KEY) != digest("Đường hỏng", key=b"x" * 32)


def test_a_word_more_is_alike_and_another_matter_is_not() -> None:
    one, other = shingles(TEXT, key=KEY), shingles(f"{TEXT} ạ", key=KEY)
    assert ALIKE <= likeness(one, other) < 1
    assert likeness(one, shingles("Đề nghị thành phố xây thêm trường mầm non", key=KEY)) < 0.2


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_even_handed_and_between_nothing_and_one(one: str, other: str) -> None:
    first, second = shingles(one, key=KEY), shingles(other, key=KEY)
    assert first
    assert likeness(first, second) == likeness(second, first)
    assert 0 <= likeness(first, second) <= 1
    assert likeness(first, first) == 1


@pytest.mark.parametrize("written", ["00070", "70", "phường hoàn kiếm", "PHUONG HOAN KIEM"])
def test_a_commune_is_known_by_code_and_name(written: str) -> None:
    assert commune_of(written, COMMUNES) == "00070"


def test_an_office_is_known_by_code_and_name() -> None:
    assert office_of("Sở Xây dựng", OFFICES) == office_of("hanoi-so-xd", OFFICES) == "hanoi-so-xd"


BAD = {
    "text missing": {"text": " ?! "},
    "text too_long": {"text": "x" * 5_001},
    "session missing": {"session": ""},
    "number missing": {"number": ""},
    "met_on bad_day": {"met_on": None},
    "met_on future_day": {"met_on": date(2026, 11, 2)},
    "met_on old_day": {"met_on": date(1026, 11, 1)},
    "commune unknown_commune": {"commune": "99999"},
    "commune bad_commune": {"commune": "Atlantis"},
    "commune missing": {"commune": ""},
    "office unknown_office": {"office": "Bộ Phép thuật"},
    "text bad_signs": {"text": "x\x00y"},
}


@pytest.mark.parametrize(("told", "fields"), BAD.items())
def test_what_is_wrong_with_a_line_is_named(told: str, fields: dict[str, object]) -> None:
    found = mistakes_in_line(_line(**fields), communes=COMMUNES, offices=OFFICES, today=TODAY)
    assert [f"{mistake.field} {mistake.code}" for mistake in found] == [told]


def test_a_good_line_has_nothing_wrong() -> None:
    assert mistakes_in_line(_line(office="sở xây dựng"), communes=COMMUNES, offices=OFFICES, today=TODAY) == []


@pytest.mark.parametrize("head", [[], HEAD[:-1], [*HEAD, "STT"]])
def test_a_head_that_lacks_or_doubles_a_column_is_refused(head: list[str]) -> None:
    with pytest.raises(Malformed) as refused:
        read_voters([(1, head, None)])
    assert refused.value.code == "voters_head"
    assert refused.value.facts["errors"]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
ROWS = st.lists(st.tuples(st.lists(CELL, max_size=9), st.sampled_from([None, "trouble"])), max_size=12)


@given(ROWS)
def test_every_line_is_read_or_rejected_exactly_once(rows: list[tuple[list[str], str | None]]) -> None:
    numbered = [(number, cells, trouble) for number, (cells, trouble) in enumerate(rows, start=2)]
    file = read_voters([(1, HEAD, None), *numbered])
    seen = [line.line for line, _ in file.lines] + [item.line for item in file.rejected]
    assert sorted(seen) == [number for number, _, _ in numbered]


@given(st.lists(st.lists(CELL, min_size=len(HEAD), max_size=len(HEAD)), max_size=8))
def test_the_reject_file_has_every_rejected_line_once_and_no_formula(rows: list[list[str]]) -> None:
    rejected = [Rejected(number, cells, [Mistake("text", "missing")]) for number, cells in enumerate(rows, start=2)]
    written = list(csv.reader(io.StringIO(reject_file(HEAD, rejected), newline="")))
    assert written[0] == [*HEAD, ERROR_COLUMN]
    assert [row[-1].split(":")[0] for row in written[1:]] == [f"Dòng {item.line}" for item in rejected]
    assert not any(cell.startswith(FORMULA) for row in written for cell in row)
    for row, item in zip(written[1:], rejected, strict=True):
        assert [cell.removeprefix("'") for cell in row[:-1]] == [cell.removeprefix("'") for cell in item.cells]


def test_the_reject_file_names_field_and_remedy_in_both_languages_and_can_be_sent_again() -> None:
    cells = ["Thứ 5", "hôm qua", "00070", "=HYPERLINK(1)", "", "3"]
    said = reject_file([*HEAD, ERROR_COLUMN], [Rejected(4, [*cells, "cũ"], [Mistake("met_on", "bad_day")])])
    _, row = csv.reader(io.StringIO(said, newline=""))
    assert row[3] == "'=HYPERLINK(1)"
    assert "Ngày tiếp xúc: thiếu ngày" in row[-1]
    assert "met_on: the day is missing" in row[-1]
    again = read_voters([(1, [*HEAD, ERROR_COLUMN], None), (2, row, None)])
    assert again.lines[0][0].text == "=HYPERLINK(1)"
