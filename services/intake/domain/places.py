"""Places: the communes that petitions may name, near names for a mistyped one, and coordinates made coarse enough to travel."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from services.intake.domain.mistakes import Mistake

GRID_DEGREES = 0.0005  # 55 m north to south, 52 m east to west at Hanoi's latitude
COMMUNE_DIGITS = 5
SUGGESTIONS_MAX = 3
SUGGESTION_CUTOFF = 0.6
_COMMITTEE = re.compile(r"^uy ban nhan dan ")
_UNIT = re.compile(r"^(phuong|xa|thi tran|dac khu) ")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune as routing's directory knows it. `code` is its five-digit number; `valid_to` is its last day."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None = None
    successors: tuple[str, ...] = ()

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Communes:
    """The communes by code, and every office with the one above it (None: the highest).

    Empty until the directory was heard: then only the form of a code is checked.
    """

    def __init__(self, communes: Iterable[Commune] = (), *, offices: Mapping[str, str | None] = MappingProxyType({})) -> None:
        self.offices = offices
        self._by_code: Mapping[str, Commune] = {commune.code: commune for commune in communes}
        self._by_name: dict[str, list[Commune]] = {}
        for commune in self._by_code.values():
            for name in _names(commune.name):
                self._by_name.setdefault(name, []).append(commune)

    def __len__(self) -> int:
        return len(self._by_code)

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def mistake(self, code: str, *, today: date) -> Mistake | None:
        """Return what is wrong with `code` on the legal day `today`, with near names; None where it is right."""
        if len(code) != COMMUNE_DIGITS or not (code.isascii() and code.isdigit()):
            return Mistake("commune", "bad_commune", {"near": self._hint(self.near(code))})
        if not self._by_code:
            return None
        commune = self._by_code.get(code)
        if commune is None:
            return Mistake("commune", "unknown_commune", {"commune": code, "near": self._hint(self.near(code))})
        if commune.is_valid_on(today):
            return None
        heirs = [self._by_code[heir] for heir in commune.successors if heir in self._by_code]
        return Mistake("commune", "closed_commune", {"commune": f"{code} {commune.name}", "near": self._hint(heirs)})

    def named(self, name: str) -> str | None:
        """Return the code of the commune with this name, accents and case aside; None where there is none, or several.

        "Hoàn Kiếm" and "phường Hoàn Kiếm" name it as its people's committee does. One that lives goes before closed ones.
        """
        called = self._by_name.get(fold(name), [])
        living = [commune for commune in called if commune.valid_to is None]
        found = living or called
        return found[0].code if len(found) == 1 else None

    def near(self, text: str) -> list[Commune]:
        """Return the communes whose name or code is nearest to what was written."""
        written = fold(text)
        known = self._by_name | {code: [commune] for code, commune in self._by_code.items()}
        named = [commune for name, called in self._by_name.items() if written and written in name for commune in called]
        alike = difflib.get_close_matches(written, known, n=SUGGESTIONS_MAX, cutoff=SUGGESTION_CUTOFF)
        found = {commune.code: commune for commune in [*named, *(commune for name in alike for commune in known[name])]}
        return list(found.values())[:SUGGESTIONS_MAX]

    @staticmethod
    def _hint(communes: Iterable[Commune]) -> str:
        listed = ", ".join(f"{commune.code} {commune.name}" for commune in communes)
        return f": {listed}?" if listed else ""


def _names(office: str) -> set[str]:
    """Return how a commune is called: as its office, as a unit ("phuong hoan kiem"), and by its bare name; all folded."""
    whole = fold(office)
    unit = _COMMITTEE.sub("", whole)
    return {whole, unit, _UNIT.sub("", unit)}


def fold(text: str) -> str:
    """Return `text` without accents, in lower case, đ as d: how names are compared."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.split())


def coarse(degrees: float) -> float:
    """Return a coordinate on the grid of about 50 m, the only form in which it may travel in an event."""
    return round(round(degrees / GRID_DEGREES) * GRID_DEGREES, 4)
