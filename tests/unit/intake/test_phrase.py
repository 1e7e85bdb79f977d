"""The secret phrase of a denunciation: read without accents, misread words are noticed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import phrase as phrases
from services.intake.domain.phrase import LENGTH, WORDS, BadPhrase, folded, parse, phrase_of

PHRASE = phrase_of(bytes(range(7)))


def _parsed(words: list[str]) -> str | None:
    try:
        return parse(" ".join(words))
    except BadPhrase:
        return None


def test_all_words_differ_without_their_accents() -> None:
    assert len({folded(word) for word in WORDS}) == len(WORDS) == 256


@given(st.binary(min_size=7, max_size=32))
def test_a_phrase_is_understood_as_people_type_it(stamp: bytes) -> None:
    phrase = phrase_of(stamp)
    assert len(phrase.split()) == LENGTH
    for written in (phrase, folded(phrase), phrase.upper(), "  " + phrase.replace(" ", " - ") + ".\n"):
        assert parse(written) == phrase
        assert phrases.digest_context(written) == phrases.digest_context(phrase)


@given(st.binary(min_size=7, max_size=7), st.integers(0, LENGTH - 1), st.sampled_from(WORDS))
def test_a_wrong_word_is_another_phrase_or_none(stamp: bytes, place: int, word: str) -> None:
    words = phrase_of(stamp).split()
    right = words[place]
    words[place] = word
    assert (_parsed(words) == phrase_of(stamp)) is (word == right)


def test_most_wrong_words_are_noticed() -> None:
    words = PHRASE.split()
    found = [word for word in WORDS if _parsed([word, *words[1:]])]
    assert len(found) <= 5  # one in 256 by chance, and the right one


@pytest.mark.parametrize(
    ("written", "reason"),
    [("", "length"), ("cánh", "length"), (PHRASE + " cánh", "length"), ("zzz " + " ".join(PHRASE.split()[1:]), "word")],
)
def test_what_is_wrong_with_a_phrase_is_named_and_the_words_are_not_repeated(written: str, reason: str) -> None:
    with pytest.raises(BadPhrase) as bad:
        parse(written)
    errors: Any = bad.value.facts["errors"]
    (error,) = errors
    assert (error["field"], error["reason"]) == ("phrase", reason)
    assert "zzz" not in str(error)
