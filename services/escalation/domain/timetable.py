"""A calendar compiled for counting: sorted lists and running totals, so that every question is two binary searches.

Working time is counted on **instants** (elapsed seconds), not on the wall clock: opening hours are wall-clock times, but an
hour that a clock change takes away or repeats counts as it passed. A day of 24 hours on the wall therefore counts 23 or 25
when the clocks change. An opening time that a clock change skips moves on by the skipped hour; one that happens twice is
its first happening. This is what Znuny does and the only reading under which all yardstick vectors hold. A limit that ends
exactly at closing time is due at that closing time, not at the next opening.

Days are local dates: the first day is not counted (Civil Code 91/2015/QH13, art. 147(2)); a period whose last day is a day
off ends with the next working day (art. 148(5)).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from services.escalation.domain.basis import Days
from services.escalation.domain.calendar import Calendar
from services.escalation.domain.rules import Limit, Unit
from shared.kernel.refusals import Malformed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1970, 2200
HORIZON_YEARS = 25
"""No deadline is counted further than this; a calendar that hardly ever works fails loudly instead of looping."""

Span = tuple[datetime, datetime]
"""From (included) to (excluded), aware instants."""


class Timetable:
    """Counts working time and days of one calendar. Years are compiled on first use; instances may be shared and kept."""

    __slots__ = ("_closes", "_days", "_ends", "_opening", "_starts", "_totals", "_years", "calendar", "zone")

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = calendar.zone_info
        self._years = (0, -1)
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._totals: list[int] = []
        self._days: list[int] = []
        self._closes: list[int] = []
        self._opening = (EPOCH, EPOCH)

    def add(self, start_at: datetime, span: timedelta, *, pauses: Sequence[Span] = ()) -> datetime:
        """Return the instant at which `span` of working time has passed since `start_at`, time in `pauses` not counted."""
        if not span:
            return start_at
        start = _micro(start_at)
        target = self._passed(start, start_at.year) + span // MICROSECOND
        due = self._instant(target, start_at.year)
        for begin, end in merged(pauses):
            begin_at = max(begin, start_at)
            if _micro(begin_at) < due and end > begin_at:
                target += self._passed(_micro(end), end.year) - self._passed(_micro(begin_at), begin_at.year)
                due = self._instant(target, end.year)
        return EPOCH + timedelta(microseconds=due)

    def between(self, start_at: datetime, end_at: datetime, *, pauses: Sequence[Span] = ()) -> timedelta:
        """Return the working time from `start_at` to `end_at`, time in `pauses` not counted; nothing where they are swapped."""
        if end_at <= start_at:
            return timedelta(0)
        total = self._between(start_at, end_at)
        for begin, end in merged(pauses):
            first, last = max(begin, start_at), min(end, end_at)
            if first < last:
                total -= self._between(first, last)
        return timedelta(microseconds=total)

    def spans(self, start_at: datetime, end_at: datetime) -> list[Span]:
        """Return the working intervals between two instants, cut to them, in the calendar's zone."""
        self._need(start_at.year, end_at.year)
        start, end = _micro(start_at), _micro(end_at)
        found: list[Span] = []
        for index in range(bisect_right(self._ends, start), len(self._starts)):
            if self._starts[index] >= end:
                break
            found.append((self._local(max(start, self._starts[index])), self._local(min(end, self._ends[index]))))
        return found

    def local_date(self, instant: datetime) -> date:
        """Return the legal day of an instant: its date in the calendar's zone."""
        return instant.astimezone(self.zone).date()

    def is_working_day(self, day: date) -> bool:
        return bool(self.calendar.intervals_on(day))

    def add_working_days(self, day: date, count: int, *, pauses: Sequence[Days] = ()) -> date:
        """Return the `count`-th working day after `day` (before it where negative); `day` itself is never counted.

        Days in `pauses` (merged, in order) are not counted; they are looked at only where counting forward.
        """
        last = self._working_day(day, count)
        for begin, end in pauses:
            first = max(begin, day + ONE_DAY)
            if first <= last and end > first:
                count += self.working_days_between(first, end)
                last = self._working_day(day, count)
        return last

    def working_days_between(self, first: date, end: date) -> int:
        """Return how many working days there are from `first` up to, not including, `end`."""
        self._need(first.year, end.year)
        return bisect_left(self._days, end.toordinal()) - bisect_left(self._days, first.toordinal())

    def bulk_working_days(self, ordinals: Sequence[int], count: int) -> list[int]:
        """Return the `count`-th working day after each day, for many at once. Days are proleptic ordinals (date.toordinal)."""
        table = {day: self._working_day(date.fromordinal(day), count).toordinal() for day in set(ordinals)}
        return [table[day] for day in ordinals]

    def days_before(self, day: date, limit: Limit) -> date:
        """Return the last day on which something that must be done so long before `day` is in time; never a day off."""
        if limit.unit is Unit.WORKING_DAY:
            return self._working_day(day, -limit.amount)
        found = day - timedelta(days=limit.amount)
        return found if self.is_working_day(found) else self._working_day(found, -1)

    def midnight(self, day: date) -> datetime:
        """Return the first instant of a local day."""
        return datetime.combine(day, time.min, tzinfo=self.zone).astimezone(UTC)

    def is_open(self, instant: datetime) -> bool:
        """Whether the office works at an instant."""
        self._need(instant.year, instant.year)
        at = _micro(instant)
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._ends[index]

    def next_opening(self, instant: datetime) -> datetime:
        """Return the next instant at which the office begins to work, the instant itself where it works then.

        The last answer is kept: a sweep asks it of one instant for every event.
        """
        if self._opening[0] != instant:
            self._opening = (instant, self._next_opening(instant))
        return self._opening[1]

    def _next_opening(self, instant: datetime) -> datetime:
        if self.is_open(instant):
            return instant
        years = 1
        while True:
            self._need(instant.year, instant.year + years)
            index = bisect_right(self._starts, _micro(instant))
            if index < len(self._starts):
                return EPOCH + timedelta(microseconds=self._starts[index])
            years = self._further(years)

    def _working_day(self, day: date, count: int) -> date:
        if not count:
            return day
        years = abs(count) // 200 + 1
        while True:
            self._need(day.year - years, day.year + years)
            index = (
                bisect_right(self._days, day.toordinal()) + count - 1
                if count > 0
                else bisect_left(self._days, day.toordinal()) + count
            )
            if 0 <= index < len(self._days):
                return date.fromordinal(self._days[index])
            years = self._further(years)

    def roll_forward(self, day: date, *, pauses: Sequence[Days] = ()) -> date:
        """Return `day`, or the next working day where nobody works on it; one that is paused is passed over."""
        if self.is_working_day(day):
            return day
        found = self._working_day(day, 1)
        for begin, end in pauses:
            if begin <= found < end:
                found = self._working_day(end - ONE_DAY, 1)
        return found

    def add_calendar_days(self, day: date, count: int, *, is_rolled: bool = True) -> date:
        """Return the day `count` days after `day`, rolled to the next working day where asked."""
        last = day + timedelta(days=count)
        return self.roll_forward(last) if is_rolled else last

    def close_of(self, day: date) -> datetime:
        """Return the end of the last working interval of a working day."""
        self._need(day.year, day.year)
        index = bisect_left(self._days, day.toordinal())
        if index == len(self._days) or self._days[index] != day.toordinal():
            raise Malformed(f"{day} is not a working day of {self.calendar.name}", code="not_a_working_day")
        return EPOCH + timedelta(microseconds=self._closes[index])

    def end_of_day(self, day: date) -> datetime:
        """Return the last instant of a local day: a period ends at 24:00 of its last day (Civil Code, art. 148(6))."""
        midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=self.zone)
        return midnight.astimezone(UTC) - MICROSECOND

    def _between(self, start_at: datetime, end_at: datetime) -> int:
        self._need(start_at.year, end_at.year)  # both at once: a table that grows backwards between the two counts would not fit
        return self._passed(_micro(end_at), end_at.year) - self._passed(_micro(start_at), start_at.year)

    def _passed(self, instant: int, year: int) -> int:
        """Return the microseconds worked before `instant` since the table's beginning, which `_need` never moves forward."""
        self._need(year, year)
        index = bisect_right(self._starts, instant) - 1
        if index < 0:
            return 0
        return self._totals[index] - max(0, self._ends[index] - instant)

    def _instant(self, passed: int, year: int) -> int:
        """Return the first instant at which `passed` microseconds of the table have been worked."""
        years = 0
        while passed > self._totals[-1]:
            years = self._further(years)
            self._need(year, year + years)
        index = bisect_left(self._totals, passed)
        return self._ends[index] - (self._totals[index] - passed)

    def _further(self, years: int) -> int:
        if years >= HORIZON_YEARS:
            message = f"calendar {self.calendar.name} works too little within {HORIZON_YEARS} years"
            raise Malformed(message, code="calendar_horizon")
        return min(2 * years or 1, HORIZON_YEARS)

    def _need(self, first: int, last: int) -> None:
        """Compile the years `first` to `last` with one more on each side (an instant's UTC year is not its local year)."""
        if self._years[0] < first and last < self._years[1]:
            return
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise Malformed(f"years {first} to {last} are outside {FIRST_YEAR} to {LAST_YEAR}", code="year_out_of_range")
        known = self._years if self._years[1] > 0 else (first, last)
        self._years = (min(first - 1, known[0]), max(last + 1, known[1]))
        self._compile()

    def _compile(self) -> None:
        self._starts, self._ends, self._days, self._closes = [], [], [], []
        last = date(self._years[1], 12, 31).toordinal()
        for ordinal in range(date(self._years[0], 1, 1).toordinal(), last + 1):
            intervals = self.calendar.intervals_on(date.fromordinal(ordinal))
            if intervals:
                self._starts.extend(self._wall(ordinal, opening) for opening, _ in intervals)
                self._ends.extend(self._wall(ordinal, closing) for _, closing in intervals)
                self._days.append(ordinal)
                self._closes.append(self._ends[-1])
        self._totals = list(accumulate(end - start for start, end in zip(self._starts, self._ends, strict=True)))

    def _wall(self, ordinal: int, minute: int) -> int:
        day, clock = divmod(minute, 24 * 60)
        wall = datetime.combine(date.fromordinal(ordinal + day), time(clock // 60, clock % 60), tzinfo=self.zone)
        return _micro(wall)

    def _local(self, instant: int) -> datetime:
        return (EPOCH + timedelta(microseconds=instant)).astimezone(self.zone)


def merged_days(pauses: Sequence[Days]) -> list[Days]:
    """Return suspensions in order, joined where they touch or overlap."""
    found: list[Days] = []
    for begin, end in sorted(pauses):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def merged(spans: Sequence[Span]) -> list[Span]:
    """Return spans sorted and joined where they touch or overlap; empty ones fall away."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _micro(instant: datetime) -> int:
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
