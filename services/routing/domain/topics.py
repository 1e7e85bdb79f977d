"""The lexicon: which topic a text speaks of, and whether of danger, by whole words and phrases on folded Vietnamese.

A text without accents is compared without them (đ as d). In a text written with accents the words must agree in them, so that
"chưa" (not yet) does not speak of "chùa" (pagoda). Only a clear case is suggested: the best topic must beat the second;
everything else is for a person.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CHARACTERS_MAX = 4000  # what a text is about stands at its beginning
RESTRICTED_CHARACTERS_MAX = 20_000  # whom it denounces may stand at its end
ACCENTED_SHARE_MIN = 1 / 3  # of the words; Vietnamese written with accents has about two in three, without them only names

_DANGER = "!danger"
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
    """What a text speaks of: topics, strongest first, and words of danger.

    `restricted` are words of denunciation and of complaint, by the kind of petition they make it: they beat every topic.
    """

    suggestions: tuple[Suggestion, ...] = ()
    danger: tuple[str, ...] = ()
    restricted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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
    """Words of the lexicon, and what they speak of: a topic, danger, a kind of petition."""

    words: str
    about: str
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


class _Phrases:
    """Phrases by their first word."""

    def __init__(self) -> None:
        self._by_first_word: dict[str, list[_Phrase]] = {}

    def add(self, phrases: Iterable[str], about: str, *, needs_accents: bool = False) -> None:
        for words in phrases:
            exact = tuple(_exact_words(words, CHARACTERS_MAX))
            phrase = _Phrase(words, about, exact, tuple(fold(word) for word in exact), needs_accents)
            self._by_first_word.setdefault(phrase.plain[0], []).append(phrase)

    def said_by(self, text: str, characters_max: int) -> dict[str, list[_Phrase]]:
        """Return what the beginning of a text says, by what it speaks of."""
        found: dict[str, list[_Phrase]] = {}
        for phrase in dict.fromkeys(self._found(text, characters_max)):
            found.setdefault(phrase.about, []).append(phrase)
        return found

    def _found(self, text: str, characters_max: int) -> Iterator[_Phrase]:
        exact = _exact_words(text, characters_max)
        plain = [fold(word) for word in exact]
        is_accented = _is_accented(exact, plain)
        for place, word in enumerate(plain):
            for phrase in self._by_first_word.get(word, ()):
                if phrase.needs_accents and not is_accented:
                    continue
                here = slice(place, place + len(phrase.exact))
                if phrase.is_said_by(exact[here], plain[here], in_accents=is_accented):
                    yield phrase


@dataclass(frozen=True, slots=True)
class Restricted:
    """Words that make a text a kind of petition of its own; `accented` count only in a text that is written with accents."""

    kind: str
    words: tuple[str, ...]
    accented: tuple[str, ...] = ()


class Lexicon:
    """Topics with their words, the words of danger, and those that no topic beats."""

    def __init__(
        self, topics: Iterable[Topic], *, urgent: Iterable[str], version: str, restricted: Iterable[Restricted] = ()
    ) -> None:
        self.version = version
        self.topics: Mapping[str, Topic] = {topic.code: topic for topic in topics}
        self._phrases, self._restricted = _Phrases(), _Phrases()
        for topic in self.topics.values():
            self._phrases.add(topic.words, topic.code)
            self._phrases.add(topic.accented, topic.code, needs_accents=True)
        self._phrases.add(urgent, _DANGER)
        for item in restricted:
            self._restricted.add(item.words, item.kind)
            self._restricted.add(item.accented, item.kind, needs_accents=True)

    def read(self, text: str) -> Reading:
        """Return what `text` speaks of."""
        found = self._phrases.said_by(text, CHARACTERS_MAX)
        danger = found.pop(_DANGER, [])
        suggestions = [
            Suggestion(topic, sum(phrase.score for phrase in said), tuple(phrase.words for phrase in said))
            for topic, said in found.items()
        ]
        restricted = self._restricted.said_by(text, RESTRICTED_CHARACTERS_MAX)
        return Reading(
            suggestions=tuple(sorted(suggestions, key=lambda item: (-item.score, item.topic))),
            danger=tuple(phrase.words for phrase in danger),
            restricted={kind: tuple(phrase.words for phrase in said) for kind, said in restricted.items()},
        )


def fold(text: str) -> str:
    """Return `text` in lower case without accents, đ as d."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _exact_words(text: str, characters_max: int) -> list[str]:
    """Return the words in lower case, the tone after the letters: "hòa" and "hoà" are the same word."""
    found = _WORD.findall(unicodedata.normalize("NFD", text[:characters_max].casefold()))
    return [word.translate(_WITHOUT_TONES) + "".join(tone for tone in word if tone in _TONES) for word in found]


def _is_accented(exact: Sequence[str], plain: Sequence[str]) -> bool:
    accented = sum(one != other for one, other in zip(exact, plain, strict=True))
    return accented >= len(exact) * ACCENTED_SHARE_MIN
