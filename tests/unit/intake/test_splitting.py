"""Words taken out of a petition are found in what is left of it, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.splitting import RUN, stays_in

WORDS = st.lists(st.sampled_from(["đèn", "đường", "hỏng", "cán", "bộ", "nhận", "tiền"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("remaining", "part", "found"),
    [
        ("Đèn hỏng. Cán bộ nhận tiền!", "cán bộ nhận tiền của dân", "cán bộ nhận tiền"),
        ("ĐÈN HỎNG, CAN BO NHAN TIEN", "Cán bộ nhận tiền.", "Cán bộ nhận tiền"),
        ("Đèn hỏng, nhận tiền điện hai lần.", "Cán bộ nhận tiền.", None),
        ("Đèn hỏng, hối lộ.", "Hối lộ", "Hối lộ"),
        ("Đèn hỏng.", "", None),
        ("", "Cán bộ nhận tiền.", None),
    ],
)
def test_the_first_words_that_stay_are_named(remaining: str, part: str, found: str | None) -> None:
    assert stays_in(remaining, ["không liên quan gì cả", part]) == found


@given(before=WORDS, part=WORDS, after=WORDS)
def test_a_part_left_as_it_was_is_always_found(before: list[str], part: list[str], after: list[str]) -> None:
    assert stays_in(" ".join([*before, *part, *after]), [" ".join(part)]) is not None


@given(part=WORDS, left=WORDS)
def test_what_is_named_stands_in_both(part: list[str], left: list[str]) -> None:
    found = stays_in(" ".join(left), [" ".join(part)])
    shared = min(RUN, len(part))
    runs = [part[place : place + shared] for place in range(len(part) - shared + 1)]
    assert (found is not None) == any(left[place : place + shared] in runs for place in range(len(left) - shared + 1))
