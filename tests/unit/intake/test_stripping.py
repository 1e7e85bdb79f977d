"""A text without its author: however the name is written, nothing of it is left; what is not personal stays."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.stripping import MASK, Personal, Trace, strip

WHO = Personal(name="Đỗ Thị Mận", email="man.do@example.vn", phone="+84912345678", place="Số 12, ngõ 5/8 Hàng Bài, Hoàn Kiếm")


@pytest.mark.parametrize(
    "written",
    [
        "Đỗ Thị Mận",
        "ĐỖ THỊ MẬN",
        "do thi man",
        "Đỗ  Thị\nMận",
        "Thị Mận",
        "Đỗ Mận",
        "Mận",
        "MẬN",
        unicodedata.normalize("NFD", "Đỗ Thị Mận"),
        "0912345678",
        "0912 345 678",
        "+84 912.345.678",
        "84-912-345-678",
        "MAN.DO@example.vn",
        "001185012345",
        "012345678",
        "ngõ 5/8 Hàng Bài",
        "NGO 5/8 HANG BAI",
        "ngõ 5 - 8 Hàng Bài",
        "Hoàn Kiếm",
        "số 12, ngõ 5/8 hàng bài, hoàn kiếm",
    ],
)
def test_what_shows_who_wrote_it_goes(written: str) -> None:
    stripped = strip(f"Tôi là {written}, ông X nhận 500.000.000 đồng ngày 12/03/2026.", WHO)
    assert stripped.text == f"Tôi là {MASK}, ông X nhận 500.000.000 đồng ngày 12/03/2026."
    assert sum(stripped.found.values()) == 1


@pytest.mark.parametrize(
    "text", ["Cây mận ven đường", "Quyết định 1234/QĐ-UBND ngày 01/02/2026", "Hàng Bạc", "nhận 1.200.000 đồng"]
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert strip(text, WHO).text == text


def test_a_person_adds_and_keeps() -> None:
    text = "Chồng tôi là Trần Văn Bé; gọi 024 3825 3536 của ủy ban."
    stripped = strip(text, Personal(), also=["tran van be"], keep=["024 3825 3536"])
    assert stripped.text == f"Chồng tôi là {MASK}; gọi 024 3825 3536 của ủy ban."
    assert stripped.found == {Trace.ALSO: 1}


WORDS = st.text(alphabet=st.sampled_from("abđơưêôâăạểữĐÊ"), min_size=2, max_size=6)
AROUND = st.text(max_size=40)


@given(name=st.lists(WORDS, min_size=2, max_size=4).map(" ".join), before=AROUND, after=AROUND)
def test_no_name_is_left_whatever_stands_around_it(name: str, before: str, after: str) -> None:
    text = f"{before} {name} {after}"
    once = strip(text, Personal(name=name))
    assert name not in once.text
    assert strip(once.text, Personal(name=name)).text == once.text


@given(st.text(max_size=60))
def test_without_anything_known_only_numbers_and_addresses_can_go(text: str) -> None:
    stripped = strip(text, Personal())
    assert (stripped.text == unicodedata.normalize("NFC", text)) is (not stripped.found)
