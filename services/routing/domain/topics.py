"""The lexicon: which topic a text speaks of, and whether of danger, by whole words and phrases on folded Vietnamese.

A text without accents is compared without them (đ as d). In a text written with accents the words must agree in them, so that
"chưa" (not yet) does not speak of "chùa" (pagoda). Only a clear case is suggested: the best topic must beat the second;
everything else is for a person.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

CHARACTERS_MAX = 4000  # what a text is about stands at its beginning
ACCENTED_SHARE_MIN = 1 / 3  # of the words; Vietnamese written with accents has about two in three, without them only names

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_WITHOUT_TONES = str.maketrans("", "", _TONES)
_WORD = re.compile(r"[0-9a-zđ\u0300-\u036f]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the city, and whether it is about places that can be looked at.

    `words` count always, `accented` only in a text that is written with accents.
    """

    code: str
    name_vi: str
    name_en: str
    is_physical: bool
    words: tuple[str, ...]
    accented: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A topic that a text speaks of, with the words that say so."""

    topic: str
    score: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text speaks of: topics, strongest first, and words of danger."""

    suggestions: tuple[Suggestion, ...] = ()
    danger: tuple[str, ...] = ()

    @property
    def is_urgent(self) -> bool:
        return bool(self.danger)

    @property
    def clear_topic(self) -> str | None:
        """The one topic that the text clearly speaks of."""
        match self.suggestions:
            case (best, second, *_) if best.score == second.score:
                return None
            case (best, *_):
                return best.topic
            case _:
                return None


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words of the lexicon; `topic` is None for words of danger."""

    words: str
    topic: str | None
    exact: tuple[str, ...]
    plain: tuple[str, ...]
    needs_accents: bool

    @property
    def score(self) -> int:
        """A phrase counts by its length in words, squared: "lấn chiếm vỉa hè" says more than "vỉa hè"."""
        return len(self.exact) ** 2

    def is_said_by(self, exact: Sequence[str], plain: Sequence[str], *, in_accents: bool) -> bool:
        """Whether these words of a text say it. In a text without accents a word without any stands for all its spellings."""
        if in_accents:
            return tuple(exact) == self.exact
        return tuple(plain) == self.plain and all(
            said in (wanted, fold(wanted)) for said, wanted in zip(exact, self.exact, strict=True)
        )


class Lexicon:
    """Topics with their words, and the words of danger."""

    def __init__(self, topics: Iterable[Topic], *, urgent: Iterable[str], version: str) -> None:
        self.version = version
        self.topics: Mapping[str, Topic] = {topic.code: topic for topic in topics}
        self._by_first_word: dict[str, list[_Phrase]] = {}
        for topic in self.topics.values():
            self._add(topic.words, topic.code, needs_accents=False)
            self._add(topic.accented, topic.code, needs_accents=True)
        self._add(urgent, None, needs_accents=False)

    def _add(self, phrases: Iterable[str], topic: str | None, *, needs_accents: bool) -> None:
        for words in phrases:
            exact = tuple(_exact_words(words))
            phrase = _Phrase(words, topic, exact, tuple(fold(word) for word in exact), needs_accents)
            self._by_first_word.setdefault(phrase.plain[0], []).append(phrase)

    def read(self, text: str) -> Reading:
        """Return what `text` speaks of."""
        topics: dict[str, list[_Phrase]] = {}
        danger = []
        for phrase in dict.fromkeys(self._found(text)):
            if phrase.topic is None:
                danger.append(phrase.words)
            else:
                topics.setdefault(phrase.topic, []).append(phrase)
        suggestions = [
            Suggestion(topic, sum(phrase.score for phrase in found), tuple(phrase.words for phrase in found))
            for topic, found in topics.items()
        ]
        return Reading(tuple(sorted(suggestions, key=lambda item: (-item.score, item.topic))), tuple(danger))

    def _found(self, text: str) -> Iterator[_Phrase]:
        exact = _exact_words(text)
        plain = [fold(word) for word in exact]
        is_accented = _is_accented(exact, plain)
        for place, word in enumerate(plain):
            for phrase in self._by_first_word.get(word, ()):
                if phrase.needs_accents and not is_accented:
                    continue
                here = slice(place, place + len(phrase.exact))
                if phrase.is_said_by(exact[here], plain[here], in_accents=is_accented):
                    yield phrase


def fold(text: str) -> str:
    """Return `text` in lower case without accents, đ as d."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _exact_words(text: str) -> list[str]:
    """Return the words in lower case, the tone after the letters: "hòa" and "hoà" are the same word."""
    found = _WORD.findall(unicodedata.normalize("NFD", text[:CHARACTERS_MAX].casefold()))
    return [word.translate(_WITHOUT_TONES) + "".join(tone for tone in word if tone in _TONES) for word in found]


def _is_accented(exact: Sequence[str], plain: Sequence[str]) -> bool:
    accented = sum(one != other for one, other in zip(exact, plain, strict=True))
    return accented >= len(exact) * ACCENTED_SHARE_MIN
