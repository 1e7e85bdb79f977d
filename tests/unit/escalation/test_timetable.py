"""Counting working time and days: examples at the edges, and properties that hold for every calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.calendar import Calendar
from services.escalation.domain.timetable import Timetable
from shared.kernel.refusals import Malformed
from tests.unit.escalation.parts import around_the_clock, hanoi, office_week, rulebook, wall

ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")

MORNING = ((8 * 60, 12 * 60),)
"""Worked on one day a week at least, so that a limit ends within some years."""

instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - a bound
spans = st.timedeltas(timedelta(microseconds=1), timedelta(hours=200))
intervals = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda minutes: tuple(zip(sorted(minutes)[::2], sorted(minutes)[1::2], strict=False))
)


@st.composite
def calendars(draw: st.DrawFn) -> Timetable:
    hours = draw(st.dictionaries(st.integers(0, 6), intervals, min_size=1)) | {draw(st.integers(0, 6)): MORNING}
    days_off = draw(st.lists(st.dates(date(2024, 1, 1), date(2028, 12, 31)), max_size=10))
    worked = draw(st.dictionaries(st.dates(date(2024, 1, 1), date(2028, 12, 31)), intervals, max_size=5))
    zone = draw(st.sampled_from(ZONES))
    return Timetable(Calendar("drawn", zone, hours, dict.fromkeys(days_off, "off"), worked=worked))


pauses = st.lists(
    st.tuples(instants, st.timedeltas(timedelta(0), timedelta(days=20))).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=4,
)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, spans, pauses)
def test_the_time_between_a_start_and_its_due_moment_is_the_limit(
    timetable: Timetable, start: datetime, span: timedelta, paused: list[tuple[datetime, datetime]]
) -> None:
    assert timetable.between(start, timetable.add(start, span, pauses=paused), pauses=paused) == span


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, spans, spans)
def test_counting_in_two_parts_is_counting_once(timetable: Timetable, start: datetime, one: timedelta, other: timedelta) -> None:
    assert timetable.add(timetable.add(start, one), other) == timetable.add(start, one + other)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, spans)
def test_the_spans_add_up_and_the_due_moment_ends_one(timetable: Timetable, start: datetime, span: timedelta) -> None:
    due = timetable.add(start, span)
    parts = timetable.spans(start, due)
    assert sum((end - begin for begin, end in ((b.astimezone(UTC), e.astimezone(UTC)) for b, e in parts)), timedelta(0)) == span
    assert parts[-1][1] == due


@settings(max_examples=60, deadline=None)
@given(calendars(), st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(1, 200))
def test_the_nth_working_day_has_n_working_days_up_to_it(timetable: Timetable, day: date, count: int) -> None:
    last = timetable.add_working_days(day, count)
    between = (date.fromordinal(number) for number in range(day.toordinal() + 1, last.toordinal() + 1))
    assert sum(timetable.is_working_day(each) for each in between) == count
    assert timetable.is_working_day(last)
    if timetable.is_working_day(day):
        assert timetable.add_working_days(last, -count) == day


@pytest.mark.parametrize(
    ("zone", "start", "hours", "due"),
    [
        ("Europe/Berlin", "2026-03-28 12:00", 24, "2026-03-29 13:00"),  # the clock goes forward: the day has 23 hours
        ("Europe/Berlin", "2026-10-24 12:00", 24, "2026-10-25 11:00"),  # and back: 25
        ("America/New_York", "2015-03-07 20:00", 12, "2015-03-08 09:00"),
        ("Asia/Ho_Chi_Minh", "2028-02-28 12:00", 24, "2028-02-29 12:00"),  # a leap day is a day
    ],
)
def test_hours_are_elapsed_time_over_both_clock_changes(zone: str, start: str, hours: int, due: str) -> None:
    assert around_the_clock(zone).add(wall(start, zone), timedelta(hours=hours)) == wall(due, zone)


def test_a_limit_that_ends_at_closing_time_is_due_then_and_not_next_morning() -> None:
    timetable = office_week()
    assert timetable.add(hanoi("2026-11-16 08:00"), timedelta(hours=8)) == hanoi("2026-11-16 17:30")
    assert timetable.add(hanoi("2026-11-14 10:00"), timedelta(hours=4)) == hanoi("2026-11-16 12:00")


def test_a_worked_saturday_counts_and_the_day_exchanged_for_it_does_not() -> None:
    timetable = rulebook().timetable("hanoi", "hanoi")
    assert timetable.is_working_day(date(2026, 8, 22))
    assert timetable.is_working_day(date(2026, 1, 10))
    assert not timetable.is_working_day(date(2026, 1, 2))
    assert not timetable.is_working_day(date(2026, 8, 31))


def test_years_far_apart_are_counted_on_one_table() -> None:
    fresh, used = office_week(), office_week()
    used.between(datetime(2014, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    span = (datetime(2016, 3, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC))
    assert fresh.between(*span) == used.between(*span) > timedelta(hours=15_000)


def test_a_calendar_that_never_works_is_refused() -> None:
    with pytest.raises(Malformed, match="no working hour"):
        Calendar("idle", "UTC", {0: ()})
    mostly_off = Timetable(Calendar("sparse", "UTC", {0: ((0, 1),)}))
    with pytest.raises(Malformed, match="too little"):
        mostly_off.add(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1000))
