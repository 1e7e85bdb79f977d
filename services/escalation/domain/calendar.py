"""Calendars as data: when an office works. Immutable; a changed calendar is another calendar with another version.

Hours are wall-clock minutes of a local day, several intervals a day. A worked day beats a holiday, a holiday beats the
weekday's hours. Holidays on 29 February by `yearly_holidays` exist in leap years only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from shared.kernel.refusals import Malformed

MINUTES_PER_DAY = 24 * 60
DAYS_PER_WEEK = 7
Interval = tuple[int, int]
"""Opening and closing minute of the local day; 1440 is midnight at its end."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """When an office works, in the wall-clock time of `zone` (an IANA name).

    `hours` are by weekday (0 is Monday); `holidays` and `worked` are local dates, holidays with their reason. `covers` are the
    first and last year for which holidays were entered; outside them only weekdays are known.
    Raises Malformed where intervals overlap or nothing is ever worked.
    """

    name: str
    zone: str
    hours: Mapping[int, tuple[Interval, ...]]
    holidays: Mapping[date, str] = field(default_factory=dict)
    yearly_holidays: frozenset[tuple[int, int]] = frozenset()
    worked: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    version: str = "0"
    covers: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for intervals in (*self.hours.values(), *self.worked.values()):
            _check(intervals)
        if not any(self.hours.get(weekday) for weekday in range(DAYS_PER_WEEK)):
            raise Malformed(f"calendar {self.name} has no working hour in any week", code="calendar_never_works")

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        """Return the working intervals of the local day; empty where nobody works."""
        if day in self.worked:
            return self.worked[day]
        if day in self.holidays or (day.month, day.day) in self.yearly_holidays:
            return ()
        return self.hours.get(day.weekday(), ())

    def why_off(self, day: date) -> str:
        """Return the reason why nobody works on the local day: the holiday's name, ``holiday`` or ``weekend``."""
        named = self.holidays.get(day)
        if named is not None:
            return named
        return "holiday" if (day.month, day.day) in self.yearly_holidays else "weekend"

    def is_complete_for(self, day: date) -> bool:
        """Whether holidays were entered for the day's year."""
        return self.covers is None or self.covers[0] <= day.year <= self.covers[1]


def _check(intervals: tuple[Interval, ...]) -> None:
    closed = 0
    for opening, closing in intervals:
        if not closed <= opening < closing <= MINUTES_PER_DAY:
            raise Malformed(f"working hours {intervals} overlap or leave the day", code="calendar_hours")
        closed = closing
