"""The dated tree of offices. A closed office is never deleted: it points to its successors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

CITY, DEPARTMENT, COMMUNE, UNIT = "city", "department", "commune", "unit"
KINDS = (CITY, DEPARTMENT, COMMUNE, UNIT)
SUCCESSION_STEPS_MAX = 20


@dataclass(frozen=True, slots=True)
class Office:
    """An office as the directory knows it. `valid_to` is the last legal day on which it is competent."""

    code: str
    jurisdiction: str
    kind: str
    name_vi: str
    name_en: str
    valid_from: date
    valid_to: date | None = None
    parent: str | None = None
    is_reception: bool = False
    mailbox: str | None = None
    successors: tuple[str, ...] = ()

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class DirectoryMistake:
    """One mistake in a directory: which office, what, and what to do."""

    office: str
    code: str
    reason: str
    remedy: str


class Directory:
    """Offices by code, asked about a legal day."""

    def __init__(self, offices: Iterable[Office]) -> None:
        self._by_code: Mapping[str, Office] = {office.code: office for office in offices}

    def __len__(self) -> int:
        return len(self._by_code)

    def get(self, code: str) -> Office | None:
        return self._by_code.get(code)

    def all(self) -> list[Office]:
        return sorted(self._by_code.values(), key=lambda office: office.code)

    def competent(self, code: str, *, today: date) -> Office | None:
        """Return the office, or the one that took its duties over; None where that is not one single office."""
        for _ in range(SUCCESSION_STEPS_MAX):
            office = self._by_code.get(code)
            if office is None or office.is_valid_on(today):
                return office
            if len(office.successors) != 1:
                return None
            code = office.successors[0]
        return None

    def superiors(self, code: str, *, today: date) -> list[str]:
        """Return the ladder above an office, nearest first; a superior that is closed is skipped upwards."""
        ladder: list[str] = []
        office = self._by_code.get(code)
        while office is not None and office.parent is not None and office.parent not in ladder:
            office = self._by_code.get(office.parent)
            if office is not None and office.is_valid_on(today):
                ladder.append(office.code)
        return ladder

    def reception(self, jurisdiction: str, *, today: date) -> Office | None:
        """Return the office that owns the unassigned pool."""
        for office in self._by_code.values():
            if office.is_reception and office.jurisdiction == jurisdiction and office.is_valid_on(today):
                return office
        return None


def mistakes_in(offices: Sequence[Office]) -> list[DirectoryMistake]:
    """Return everything that is wrong with a directory: duplicates, parents, dates, cycles, successors, reception offices."""
    by_code = {office.code: office for office in offices}
    found = _duplicates(offices)
    for office in offices:
        found += _one(office, by_code)
    for jurisdiction in {office.jurisdiction for office in offices}:
        receptions = [office.code for office in offices if office.is_reception and office.jurisdiction == jurisdiction]
        if not receptions:
            reason = "no office is the reception office"
            found.append(DirectoryMistake(jurisdiction, "no_reception", reason, "mark one office is_reception: true"))
    return found


def _duplicates(offices: Sequence[Office]) -> list[DirectoryMistake]:
    seen: set[str] = set()
    found = []
    for office in offices:
        if office.code in seen:
            found.append(DirectoryMistake(office.code, "duplicate", "the code occurs twice", "keep one entry"))
        seen.add(office.code)
    return found


def _one(office: Office, by_code: Mapping[str, Office]) -> list[DirectoryMistake]:
    found = []
    if office.kind not in KINDS:
        found.append(DirectoryMistake(office.code, "bad_kind", f"kind {office.kind}", f"one of {', '.join(KINDS)}"))
    if office.valid_to is not None and office.valid_to < office.valid_from:
        found.append(DirectoryMistake(office.code, "bad_dates", "valid_to is before valid_from", "swap them"))
    if office.parent is None and office.kind != CITY:
        found.append(DirectoryMistake(office.code, "no_parent", "only a city has no parent", "name the parent"))
    if office.parent is not None and office.parent not in by_code:
        found.append(DirectoryMistake(office.code, "unknown_parent", f"parent {office.parent} is not there", "add it"))
    if _is_in_cycle(office, by_code):
        found.append(DirectoryMistake(office.code, "cycle", "it stands above itself", "correct the parents"))
    found += [
        DirectoryMistake(office.code, "unknown_successor", f"{successor} is not there", "add it")
        for successor in office.successors
        if successor not in by_code
    ]
    if office.successors and office.valid_to is None:
        found.append(DirectoryMistake(office.code, "early_successor", "successors but no valid_to", "enter the last day"))
    return found


def _is_in_cycle(office: Office, by_code: Mapping[str, Office]) -> bool:
    seen = {office.code}
    parent = office.parent
    while parent is not None and parent in by_code:
        if parent == office.code:
            return True
        if parent in seen:
            return False
        seen.add(parent)
        parent = by_code[parent].parent
    return False
