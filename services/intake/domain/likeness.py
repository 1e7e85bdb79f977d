"""Whether two petitions are about the same thing: how many of their words they share, how near they lie, how old the other is.

Words that every petition has do not count, the others by how rare they are among those compared (inverse document frequency).
Each is a keyed digest: nothing is read to compare. The figures are our own choice, tried on made-up reports.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.intake.domain.places import GRID_DEGREES

WITHIN = timedelta(days=30)
"""So long after it was lodged somebody is shown a petition."""
METRES_MAX = 500.0
METRES_PER_DEGREE = 111_320.0
CELLS_PER_TILE = 10
"""Cells of the 50 m grid along a side of the square in which neighbours are looked for."""
WORDS_MIN = 0.2
"""Of all that both say: below it they are about different things, however near they lie."""
ALIKE, VERY_ALIKE = 0.35, 0.55
EVERYDAY = """
    tôi chúng em xin kính gửi đề nghị mong cơ quan chức năng các cấp có thẩm quyền xem xét kiểm tra xử lý giải quyết khắc phục sớm
    cho người dân bà con khu vực và của là không được những này kia đó ở tại trên dưới trong ngoài với để bị do vì nên mà thì đã
    đang sẽ rất quá nhiều mấy hôm nay từ đến ra vào lên xuống cũng còn vẫn lại như khi nếu hay hoặc một hai ba
"""
"""Words of any petition, whatever it is about."""
_BY_WORDS, _BY_PLACE, _BY_AGE = 0.6, 0.3, 0.1
_SAME_COMMUNE = 0.4


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of the grid in which places are kept."""

    north: int
    east: int

    @classmethod
    def of(cls, latitude: float | None, longitude: float | None) -> "Place | None":
        """Return the cell of a coordinate."""
        if latitude is None or longitude is None:
            return None
        return cls(round(latitude / GRID_DEGREES), round(longitude / GRID_DEGREES))

    def metres_to(self, other: "Place") -> float:
        """Return how far the middles of two cells lie apart; good to a percent within a city."""
        north = (self.north - other.north) * GRID_DEGREES * METRES_PER_DEGREE
        shrink = math.cos(math.radians(self.north * GRID_DEGREES))
        return math.hypot(north, (self.east - other.east) * GRID_DEGREES * METRES_PER_DEGREE * shrink)

    def tiles(self) -> list[tuple[int, int]]:
        """Return the squares in which everything near lies: its own and the eight around it."""
        row, column = int(self.north / CELLS_PER_TILE), int(self.east / CELLS_PER_TILE)  # as the database divides
        return [(row + up, column + aside) for up in (-1, 0, 1) for aside in (-1, 0, 1)]


@dataclass(frozen=True, slots=True)
class Said:
    """A petition as it is compared: digests of its words, where and when."""

    words: Collection[int]
    commune: str | None
    place: Place | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much another petition is like one: its place among `others`, from 0 to 1, and how far it lies away."""

    number: int
    score: float
    metres: float | None

    @property
    def is_high(self) -> bool:
        return self.score >= VERY_ALIKE


def alike(one: Said, others: Sequence[Said], *, everyday: Collection[int] = ()) -> list[Likeness]:
    """Return those of `others` that are like `one`, the most alike first; `everyday` are digests of words that say nothing."""
    dull = set(everyday)
    one = replace(one, words=set(one.words) - dull)
    others = [replace(other, words=set(other.words) - dull) for other in others]
    spread = Counter(word for other in others for word in other.words)
    weights = {word: math.log(1 + (len(others) + 1) / (1 + spread[word])) for word in {*spread, *one.words}}
    found = [_likeness(one, other, number, weights) for number, other in enumerate(others)]
    return sorted((item for item in found if item is not None), key=lambda item: (-item.score, item.number))


def _likeness(one: Said, other: Said, number: int, weights: dict[int, float]) -> Likeness | None:
    mine, theirs = set(one.words), set(other.words)
    whole = sum(weights[word] for word in mine | theirs)
    shared = sum(weights[word] for word in mine & theirs) / whole if whole else 0.0
    metres = one.place.metres_to(other.place) if one.place and other.place else None
    if shared < WORDS_MIN or (metres is not None and metres > METRES_MAX):
        return None
    is_same_commune = one.commune is not None and one.commune == other.commune
    nearness = 1 - metres / METRES_MAX if metres is not None else _SAME_COMMUNE * is_same_commune
    freshness = max(0.0, 1 - (one.at - other.at) / WITHIN)
    score = _BY_WORDS * shared + _BY_PLACE * nearness + _BY_AGE * freshness
    return Likeness(number, score, metres) if score >= ALIKE else None
