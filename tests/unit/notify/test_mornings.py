"""Which days have a morning, when it is told, and what it tells first."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.mornings import (
    GUESS,
    HOT_PEOPLE,
    LATEST,
    LINES_MAX,
    TOLD_AT,
    Due,
    WorkingDays,
    gathered,
    is_delayed,
    morning_at,
    working_days_from,
    working_days_of,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 16, 0, 15, tzinfo=UTC)
HOURS = {day: [["08:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
TET = {"name": "hanoi", "hours": HOURS, "days_off": {"2026-02-17": "Tết"}, "days_worked": {"2026-02-21": [["08:00", "12:00"]]}}


@given(now=st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_a_morning_is_told_from_a_quarter_past_seven_until_the_evening_of_the_same_day(now: datetime) -> None:
    local = now.astimezone(HANOI)
    day = morning_at(now, zone=HANOI)
    assert day == (local.date() if TOLD_AT <= local.time() < LATEST else None)
    if day is not None:
        assert is_delayed(now, day, zone=HANOI) is (local.time() > time(7, 25))


@given(ticks=st.lists(st.datetimes(datetime(2026, 11, 9), datetime(2026, 11, 23), timezones=st.just(UTC)), max_size=60))  # noqa: DTZ001
def test_whatever_the_clock_does_no_day_has_two(ticks: list[datetime]) -> None:
    told: list[date] = []
    for now in ticks:  # forwards and backwards
        day = morning_at(now, zone=HANOI)
        if day is not None and day not in told:
            told.append(day)
    assert len(told) == len(set(told))
    assert set(told) == {day for day in (morning_at(now, zone=HANOI) for now in ticks) if day}


@pytest.mark.parametrize(
    ("day", "works"),
    [("2026-02-16", True), ("2026-02-17", False), ("2026-02-21", True), ("2026-02-22", False), ("2026-04-30", True)],
)
def test_working_days_are_those_of_the_calendar_with_days_off_and_worked_saturdays(day: str, works: bool) -> None:
    assert working_days_from(TET).has(date.fromisoformat(day)) is works, "a calendar that is known needs no guess"


@pytest.mark.parametrize(
    ("day", "works"), [("2026-04-30", False), ("2026-11-16", True), ("2026-11-15", False), ("2026-09-02", False)]
)
def test_without_a_calendar_holidays_of_a_fixed_day_are_off(day: str, works: bool) -> None:
    assert GUESS.has(date.fromisoformat(day)) is works


def test_an_office_works_by_its_own_calendar_else_by_that_of_its_jurisdiction_else_by_the_guess() -> None:
    own, city = (
        WorkingDays(offices=frozenset({"a"}), is_known=True),
        WorkingDays(jurisdictions=frozenset({"hanoi"}), is_known=True),
    )
    assert working_days_of([city, own], office="a", jurisdiction="hanoi") is own
    assert working_days_of([city, own], office="b", jurisdiction="hanoi") is city
    assert working_days_of([city, own], office="b", jurisdiction="boston") is GUESS


@given(start=st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_the_next_working_day_is_one_and_the_first(start: date) -> None:
    works = working_days_from(TET)
    following = works.after(start)
    assert works.has(following)
    assert not any(works.has(start + timedelta(days=number)) for number in range(1, (following - start).days))


def test_a_calendar_without_any_working_day_is_not_believed() -> None:
    assert WorkingDays(weekdays=frozenset(), is_known=True).after(NOW.date()) == NOW.date() + timedelta(days=1)


def due(code: str, hours: float, *, level: int = 0, people: int = 1, is_urgent: bool = False) -> Due:
    due_at = NOW + timedelta(hours=hours)
    return Due(code, code, "a", "IH.RESOLVE", due_at, due_at < NOW, level, people, is_urgent)


def test_most_pressing_comes_first_and_what_is_hot_is_told_once() -> None:
    found = [
        due("late", -2),
        due("later, but told above", -1, level=2),
        due("soon", 5),
        due("far", 500, people=HOT_PEOPLE),
        due("far", 600, people=HOT_PEOPLE),
        due("danger", 400, is_urgent=True),
    ]
    morning = gathered(found, ends_at=NOW + timedelta(days=1))
    assert [each.code for each in morning.lines["late"]] == ["later, but told above", "late"]
    assert [each.code for each in morning.lines["soon"]] == ["soon"]
    assert [each.code for each in morning.lines["hot"]] == ["danger", "far"]


def test_what_is_not_named_is_counted() -> None:
    morning = gathered([due(f"{number:03}", -number - 1) for number in range(LINES_MAX + 7)], ends_at=NOW)
    assert (len(morning.lines["late"]), morning.counts["late"]) == (LINES_MAX, LINES_MAX + 7)
