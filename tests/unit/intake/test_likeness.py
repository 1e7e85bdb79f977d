"""Likeness: rare words shared, near in place, fresh; and nothing else."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.likeness import EVERYDAY as DULL
from services.intake.domain.likeness import METRES_MAX, WITHIN, Likeness, Place, Said
from services.intake.domain.likeness import alike as likened
from services.intake.domain.words import digests

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HERE = Place.of(21.0285, 105.8542)
KEY = b"k" * 32
EVERYDAY = "tôi đề nghị cơ quan chức năng xem xét giải quyết sớm cho người dân"


def said(text: str, *, commune: str | None = "00070", place: Place | None = HERE, days: float = 1) -> Said:
    return Said(digests([text], key=KEY), commune, place, NOW - timedelta(days=days))


def alike(one: Said, others: list[Said]) -> list[Likeness]:
    return likened(one, others, everyday=digests([DULL], key=KEY))


ONE = said(f"đèn đường trước ngõ 12 phố hàng bài tắt ba đêm, {EVERYDAY}", days=0)
SAME = said(f"{EVERYDAY}: ngõ 12 hàng bài đèn đường không sáng, tắt mấy đêm nay")
OTHERS = [
    said(f"rác thải đổ bừa bãi đầu chợ bốc mùi hôi thối, {EVERYDAY}"),
    said(f"quán karaoke mở nhạc to quá mười một giờ, {EVERYDAY}"),
    said(f"vỉa hè bị chiếm làm chỗ trông xe, {EVERYDAY}"),
]


def test_the_same_lamp_is_found_among_neighbours_that_say_the_same_everyday_words() -> None:
    assert [item.number for item in alike(ONE, [*OTHERS, SAME])] == [3]


@pytest.mark.parametrize(
    "other",
    [
        said(f"ngõ 12 hàng bài đèn đường không sáng, tắt mấy đêm nay, {EVERYDAY}", place=Place.of(21.0385, 105.8542)),
        said("ngõ 12", place=HERE),
    ],
    ids=["a kilometre away", "two words"],
)
def test_what_lies_far_away_or_says_little_of_it_is_another_thing(other: Said) -> None:
    assert alike(ONE, [*OTHERS, other]) == []


def test_without_coordinates_the_commune_and_the_words_decide() -> None:
    elsewhere = said(f"ngõ 12 hàng bài đèn đường không sáng, tắt mấy đêm nay, {EVERYDAY}", commune="00004", place=None)
    here = said(f"ngõ 12 hàng bài đèn đường không sáng, tắt mấy đêm nay, {EVERYDAY}", place=None)
    scores = {item.number: item.score for item in alike(ONE, [*OTHERS, here, elsewhere])}
    assert 3 in scores
    assert scores.get(4, 0) < scores[3]


@given(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_everything_within_reach_lies_in_the_squares_that_are_looked_through(north: float, east: float) -> None:
    for latitude, longitude in ((21.0285, 105.8542), (42.3594, -71.0587), (-33.9, 18.4)):
        one, other = Place.of(latitude, longitude), Place.of(latitude + north, longitude + east)
        assert one is not None
        assert other is not None
        if one.metres_to(other) <= METRES_MAX:
            assert other.tiles()[4] in one.tiles()


@given(st.floats(0, 45), st.lists(st.sampled_from(["đèn", "đường", "tắt", "ngõ", "rác", "chợ"]), max_size=6))
def test_scores_lie_between_nothing_and_one_and_age_never_helps(days: float, words: list[str]) -> None:
    for item in alike(ONE, [said(" ".join(words), days=days), *OTHERS]):
        assert 0 <= item.score <= 1
    older = {item.number: item.score for item in alike(ONE, [said("đèn đường ngõ 12 tắt", days=WITHIN.days)])}
    newer = {item.number: item.score for item in alike(ONE, [said("đèn đường ngõ 12 tắt", days=0)])}
    assert older.get(0, 0) < newer.get(0, math.inf)
