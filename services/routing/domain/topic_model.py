"""A small linear model of topics: plain arrays, and every suggestion with the words of the text that decided it.

Features are folded words and pairs of neighbouring words that the vocabulary knows, once each, weighed by how rare they are
(tf-idf, Salton & Buckley 1988), of length one together. Weights are whole numbers from -127 to 127 with one factor per topic;
a temperature makes probabilities of the sums (Guo et al. 2017). How it is made and how good it is: tests/topics.
"""

import math
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.routing.domain.topics import CHARACTERS_MAX, Reading, fold

SUGGESTED = 3
WORDS_SHOWN = 4
_WORD = re.compile(r"[a-z0-9]+")
_DIGITS = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A topic that a text may speak of: how likely it is, and the words that say so, the strongest first."""

    topic: str
    probability: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicModel:
    """The model. `weights` holds a row of the vocabulary's length for each topic."""

    version: str
    topics: tuple[str, ...]
    vocabulary: Mapping[str, int]
    rarity: Sequence[float]
    weights: "array[int]"
    factors: Sequence[float]
    biases: Sequence[float]
    temperature: float

    def suggest(self, text: str, reading: Reading, *, number: int = SUGGESTED) -> list[Weighed]:
        """Return the likeliest topics of a text, the likeliest first; among them the one that the lexicon clearly reads in it."""
        features = self.features(text)
        likely = _softmax([self.sum_of(row, features) / self.temperature for row in range(len(self.topics))])
        ranked = sorted(range(len(self.topics)), key=lambda row: (-likely[row], row))
        clear = [row for row in ranked[number:] if self.topics[row] == reading.clear_topic]
        best = [*ranked[: number - len(clear)], *clear]
        said = {item.topic: item.words for item in reading.suggestions}
        return [self._weighed(row, likely[row], features, said.get(self.topics[row], ())) for row in best]

    def features(self, text: str) -> dict[int, float]:
        """Return the features of a text by their place in the vocabulary."""
        places = {self.vocabulary[term] for term in terms(text) if term in self.vocabulary}
        length = math.sqrt(sum(self.rarity[place] ** 2 for place in places))
        return {place: self.rarity[place] / length for place in places} if length else {}

    def sum_of(self, row: int, features: Mapping[int, float]) -> float:
        """Return what the features say for a topic."""
        begin = row * len(self.rarity)
        return self.biases[row] + self.factors[row] * sum(
            value * self.weights[begin + place] for place, value in features.items()
        )

    def _weighed(self, row: int, probability: float, features: Mapping[int, float], said: Sequence[str]) -> Weighed:
        begin, names = row * len(self.rarity), {place: term for term, place in self.vocabulary.items() if place in features}
        parts = {names[place]: value * self.weights[begin + place] for place, value in features.items()}
        strongest = sorted((term for term, part in parts.items() if part > 0), key=lambda term: (-parts[term], term))
        words = [*said, *_without_parts(strongest)]
        return Weighed(self.topics[row], round(probability, 3), tuple(dict.fromkeys(words))[:WORDS_SHOWN])


def terms(text: str) -> list[str]:
    """Return the folded words of the beginning of a text and their pairs. Numbers are none: they are of somebody's house."""
    words = [word for word in _WORD.findall(fold(text[:CHARACTERS_MAX])) if not _DIGITS.search(word)]
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]


def _without_parts(found: Sequence[str]) -> list[str]:
    """Leave out words that a pair shown before already says."""
    kept: list[str] = []
    for term in found:
        if not any(f" {term} " in f" {other} " for other in kept):
            kept.append(term)
    return kept


def _softmax(values: Sequence[float]) -> list[float]:
    highest = max(values)
    powers = [math.exp(value - highest) for value in values]
    return [power / sum(powers) for power in powers]
