"""Who is told when an overdue step climbs: the offices above, less those that are closed, absent, or led by the same person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Holder:
    """The office that has the duty, and the ladder above it, nearest first."""

    office: str
    superiors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Office:
    """What the ladder needs to know of an office. Days are local; an absence without an end lasts."""

    valid_from: date
    valid_to: date | None = None
    head: str | None = None
    absences: Sequence[tuple[date, date | None]] = ()
    zone: ZoneInfo | None = None

    def is_there_on(self, at: datetime) -> bool:
        """Whether it exists and somebody leads it on the local day of an instant."""
        day = at.astimezone(self.zone).date()
        if day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        return not any(begin <= day and (end is None or day <= end) for begin, end in self.absences)


@dataclass(frozen=True, slots=True)
class Tree:
    """The directory as the ladder sees it. An office that is not in it is taken as it was named."""

    offices: Mapping[str, Office] = field(default_factory=dict)

    def rung_above(self, holder: Holder, rung: int, *, at: datetime) -> int | None:
        """Return the next rung above `rung` (0: the holder itself) that can be told at an instant, None where nobody is left.

        Rungs count `holder.superiors` from 1.
        """
        below = holder.office if rung == 0 else holder.superiors[min(rung, len(holder.superiors)) - 1]
        led_by = self._head(below)
        for index in range(rung + 1, len(holder.superiors) + 1):
            code = holder.superiors[index - 1]
            office = self.offices.get(code)
            if office is None or (office.is_there_on(at) and (office.head is None or office.head != led_by)):
                return index
        return None

    def _head(self, code: str) -> str | None:
        office = self.offices.get(code)
        return office.head if office else None
