"""Days and working time, counted one after another from a calendar as data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
DAYS_MAX = 5_000
"""No limit reaches further; a calendar that never works ends here instead of never."""

Pauses = Sequence[tuple[date, date]]


@dataclass(frozen=True, slots=True)
class Days:
    """A calendar: when an office works. `content` is what escalation gives for one version."""

    content: Mapping[str, Any]
    zone: ZoneInfo
    _hours: dict[date, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Days":
        return cls(content, ZoneInfo(content["zone"]))

    def local(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def hours(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return the spans in which the office works on a local day."""
        known = self._hours.get(day)
        if known is None:
            text = day.isoformat()
            spans = self.content["days_worked"].get(text)
            if spans is None:
                spans = [] if text in self.content["days_off"] else self.content["hours"].get(WEEKDAYS[day.weekday()], [])
            known = self._hours[day] = tuple((self._at(day, begin), self._at(day, end)) for begin, end in spans)
        return known

    def works(self, day: date) -> bool:
        return bool(self.hours(day))

    def end(self, day: date) -> datetime:
        """Return the last microsecond of a local day."""
        return datetime.combine(day + DAY, time.min, tzinfo=self.zone).astimezone(UTC) - TICK

    def nth_working_day(self, day: date, count: int, pauses: Pauses = ()) -> date:
        """Return the `count`-th working day after a day (before it where negative), paused days left out."""
        step = DAY if count > 0 else -DAY
        left = abs(count)
        for _ in range(DAYS_MAX):
            if not left:
                return day
            day += step
            if self.works(day) and not is_paused(day, pauses):
                left -= 1
        raise ValueError("the calendar works too little")

    def spans(self, begin: datetime, pauses: Pauses) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working spans from an instant on, paused days left out."""
        day = self.local(begin)
        for number in range(DAYS_MAX):
            today = day + number * DAY
            if is_paused(today, pauses):
                continue
            for opens, closes in self.hours(today):
                if closes > begin:
                    yield max(opens, begin), closes

    def worked(self, begin: datetime, end: datetime, pauses: Pauses) -> timedelta:
        """Return the working time between two instants."""
        total = timedelta(0)
        for opens, closes in self.spans(begin, pauses):
            if opens >= end:
                return total
            total += min(closes, end) - opens
        return total

    def after(self, begin: datetime, length: timedelta, pauses: Pauses) -> datetime:
        """Return the instant at which so much working time has passed."""
        if not length:
            return begin
        for opens, closes in self.spans(begin, pauses):
            if closes - opens >= length:
                return opens + length
            length -= closes - opens
        raise ValueError("the calendar works too little")

    def _at(self, day: date, clock: str) -> datetime:
        hour, minute = map(int, clock.split(":"))
        wall = datetime.combine(day + DAY * (hour // 24), time(hour % 24, minute), tzinfo=self.zone)
        return wall.astimezone(UTC)


def is_paused(day: date, pauses: Pauses) -> bool:
    return any(begin <= day < end for begin, end in pauses)


def due(limit: Mapping[str, Any], days: Days, started_at: datetime, **basis: Any) -> datetime:
    """Return when a limit ends. `basis`: pauses, extended_by, is_rolled, planned_on, given_at."""
    amount, unit = limit["amount"] + basis.get("extended_by", 0), limit["unit"]
    pauses: Pauses = basis.get("pauses", ())
    start = days.local(started_at)
    if unit == "source":
        given: datetime = basis["given_at"]
        return given
    if unit == "planned":
        return days.end(basis["planned_on"])
    if unit == "working_hour":
        return days.after(started_at, timedelta(hours=amount), pauses)
    if limit.get("direction") == "before":
        return max(days.end(_back(limit, days, basis["planned_on"])), started_at)
    if unit == "working_day":
        return days.end(days.nth_working_day(start, amount, pauses))
    last, left = start, amount
    while left:
        last += DAY
        left -= not is_paused(last, pauses)
    if basis.get("is_rolled", True) and not days.works(last):
        last = days.nth_working_day(last, 1, pauses)
    return days.end(last)


def _back(limit: Mapping[str, Any], days: Days, planned_on: date) -> date:
    if limit["unit"] == "working_day":
        return days.nth_working_day(planned_on, -limit["amount"])
    day = planned_on - limit["amount"] * DAY
    return day if days.works(day) else days.nth_working_day(day, -1)
