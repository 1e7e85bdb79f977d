"""The lexicon on Vietnamese with and without accents: whole words, clear cases only."""

import pytest

from services.routing.domain.topics import Lexicon, Topic, fold
from services.routing.wire.competence_files import shipped_lexicon

LEXICON = shipped_lexicon()


def small(**words: tuple[str, ...]) -> Lexicon:
    topics = [Topic(code, code, code, is_physical=True, words=said) for code, said in words.items()]
    return Lexicon(topics, urgent=("nguy hiem",), version="1")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Đường hỏng, ổ gà rất nhiều, tắc đường mỗi sáng", "giao-thong"),
        ("duong hong, o ga rat nhieu, tac duong moi sang", "giao-thong"),
        ("Nước thải đen và mùi hôi, ô nhiễm cả khu", "o-nhiem"),
        ("Quán karaoke mở nhạc ồn ào đến 2 giờ sáng", "tieng-on"),
        ("Hàng rong lấn chiếm vỉa hè", "trat-tu-via-he"),
        ("Tôi có một ý kiến nhỏ", None),
    ],
)
def test_a_text_that_clearly_speaks_of_a_topic_is_understood(text: str, topic: str | None) -> None:
    assert LEXICON.read(text).clear_topic == topic


def test_danger_is_heard() -> None:
    assert LEXICON.read("Nắp cống bị vỡ, rất nguy hiểm").is_urgent
    assert not LEXICON.read("Xin hỏi giờ làm việc").is_urgent


def test_a_word_inside_another_is_not_that_word() -> None:
    assert small(a=("rac",)).read("tracker bracket").clear_topic is None


def test_a_longer_phrase_says_more_and_a_tie_says_nothing() -> None:
    lexicon = small(a=("via he",), b=("lan chiem via he",))
    assert lexicon.read("lan chiem via he").clear_topic == "b"
    assert small(a=("mot",), b=("hai",)).read("mot hai").clear_topic is None


def test_folding_takes_accents_away_and_knows_the_letter_d_with_a_stroke() -> None:
    assert fold("Đường Đê La Thành").split() == ["duong", "de", "la", "thanh"]
