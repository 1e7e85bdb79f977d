"""The dated tree of offices. A closed office is never deleted: it points to its successors."""

from collections.abc import Iterable, Mapping
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
    head: str | None = None
    """Opaque account of who leads it; who leads two offices is told of an overdue step once."""
    absences: tuple[tuple[date, date | None], ...] = ()
    """Days on which nobody leads it, the last without an end where it lasts."""

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


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
        """Return the ladder above an office, nearest first.

        A superior that is closed is stood in for by its one successor; where it has not just one, it is skipped upwards.
        """
        ladder: list[str] = []
        passed = {code}
        office = self._by_code.get(code)
        while office is not None and office.parent is not None and office.parent not in passed:
            passed.add(office.parent)
            competent = self.competent(office.parent, today=today)
            office = competent or self._by_code.get(office.parent)
            if competent is not None and competent.code not in (code, *ladder):
                ladder.append(competent.code)
        return ladder

    def reception(self, jurisdiction: str, *, today: date) -> Office | None:
        """Return the office that owns the unassigned pool."""
        for office in self._by_code.values():
            if office.is_reception and office.jurisdiction == jurisdiction and office.is_valid_on(today):
                return office
        return None
