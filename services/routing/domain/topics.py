"""The lexicon: which topic a text speaks of, on folded Vietnamese (no accents, đ as d), by whole words and phrases.

Only a clear case is suggested: the best topic must beat the second. Everything else is for a person.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CHARACTERS_MAX = 4000  # what a text is about stands at its beginning

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the city, and whether it is about places that can be looked at."""

    code: str
    name_vi: str
    name_en: str
    is_physical: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A topic that a text speaks of, with the words that say so."""

    topic: str
    score: int
    words: tuple[str, ...]


class Lexicon:
    """Topics with their words, and the words of danger."""

    def __init__(self, topics: Iterable[Topic], *, urgent: Iterable[str], version: str) -> None:
        self.version = version
        self.topics: Mapping[str, Topic] = {topic.code: topic for topic in topics}
        self._urgent = tuple(f" {phrase} " for phrase in urgent)
        self._phrases = [(f" {phrase} ", topic.code) for topic in self.topics.values() for phrase in topic.words]

    def suggest(self, text: str) -> list[Suggestion]:
        """Return the topics that `text` speaks of, strongest first."""
        folded = fold(text)
        found: dict[str, list[str]] = {}
        for phrase, topic in self._phrases:
            if phrase in folded:
                found.setdefault(topic, []).append(phrase.strip())
        suggestions = [Suggestion(topic, _score(words), tuple(words)) for topic, words in found.items()]
        return sorted(suggestions, key=lambda suggestion: (-suggestion.score, suggestion.topic))

    def clear_topic(self, text: str) -> str | None:
        """Return the one topic that `text` clearly speaks of, else None."""
        best = self.suggest(text)[:2]
        if not best or (len(best) == 2 and best[0].score == best[1].score):  # noqa: PLR2004 - the best and the second
            return None
        return best[0].topic

    def is_urgent(self, text: str) -> bool:
        """Whether `text` speaks of danger."""
        folded = fold(text)
        return any(phrase in folded for phrase in self._urgent)


def _score(words: Iterable[str]) -> int:
    """A phrase counts by its length in words, squared: "lấn chiếm vỉa hè" says more than "vỉa hè"."""
    return sum(len(phrase.split()) ** 2 for phrase in words)


def fold(text: str) -> str:
    """Return `text` in lower case without accents, đ as d, one space around every word."""
    decomposed = unicodedata.normalize("NFD", text[:CHARACTERS_MAX].casefold().replace("đ", "d"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return f" {_NOT_A_WORD.sub(' ', plain).strip()} "
