"""Checks the calendar engine against a file of deadline vectors: cases taken from other systems and from the law.

A vector's own calendar decides, not ours. Kinds: `add` and `vn_add` (working seconds from a local instant, with pauses),
`between` (working seconds between two), `add_days` and `vn_days` (days from a date; calendar days roll to the next working day).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.escalation.domain.calendar import Calendar, Interval
from services.escalation.domain.timetable import Timetable
from services.escalation.wire.calendars import minute_of
from shared.kernel.refusals import Malformed

ALL_DAY: tuple[Interval, ...] = ((0, 24 * 60),)
WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
OFFICE_WEEK = (0, 1, 2, 3, 4)

Hours = list[tuple[str, str]]


class VectorCalendar(BaseModel):
    """A calendar as a vector carries it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tz: str
    hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Hours]
    holidays: list[date] = Field(default_factory=list)
    yearly_holidays: list[str] = Field(default_factory=list, description="MM-DD")
    worked_exceptions: dict[date, Hours] = Field(default_factory=dict)


class Vector(BaseModel):
    """One case. `expected` is a local instant, a number of seconds or a date, by `kind`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    kind: Literal["add", "vn_add", "between", "add_days", "vn_days"]
    name: str = ""
    start: str
    expected: str | int
    tz: str = "UTC"
    end: str | None = None
    seconds: int = 0
    days: int = 0
    unit: Literal["working", "calendar"] = "working"
    calendar: VectorCalendar | None = None
    pauses: list[tuple[str, str]] = Field(default_factory=list)
    holidays: list[date] = Field(default_factory=list)
    working_weekdays: list[int] = Field(default_factory=lambda: list(OFFICE_WEEK))
    worked_exceptions: list[date] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """A vector that does not hold."""

    id: str
    name: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How a file of vectors came out."""

    passed: int
    differences: Sequence[Difference]


def check_file(path: Path) -> Checked:
    """Check every vector of a JSON file. Raises Malformed where the file cannot be read as vectors."""
    try:
        vectors = TypeAdapter(list[Vector]).validate_python(orjson.loads(path.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise Malformed(f"{path.name} is not JSON: {error}", code="vectors_unreadable") from error
    except ValidationError as error:
        places = [
            {"field": ".".join(map(str, item["loc"])), "reason": item["msg"], "remedy": "see services/escalation/wire/vectors.py"}
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise Malformed(f"{path.name} does not hold vectors", code="vectors_unreadable", errors=places) from error
    return check(vectors)


def check(vectors: Sequence[Vector]) -> Checked:
    """Check vectors; a vector that the engine refuses counts as a difference."""
    differences = []
    for vector in vectors:
        actual = _actual(vector)
        if actual != str(vector.expected):
            differences.append(Difference(id=vector.id, name=vector.name, expected=str(vector.expected), actual=actual))
    return Checked(passed=len(vectors) - len(differences), differences=differences)


def _actual(vector: Vector) -> str:
    try:
        return _KINDS[vector.kind](vector)
    except (Malformed, ValueError, ZoneInfoNotFoundError) as refusal:
        return f"refused: {refusal}"


def _added(vector: Vector) -> str:
    timetable = _timetable(vector)
    due_at = timetable.add(_instant(vector, vector.start), timedelta(seconds=vector.seconds), pauses=_pauses(vector))
    return due_at.astimezone(ZoneInfo(vector.tz)).strftime("%Y-%m-%d %H:%M:%S")


def _passed(vector: Vector) -> str:
    if vector.end is None:
        raise Malformed(f"{vector.id} has no end", code="vectors_unreadable")
    span = _timetable(vector).between(_instant(vector, vector.start), _instant(vector, vector.end), pauses=_pauses(vector))
    return f"{span.total_seconds():g}" if span.microseconds else str(span // timedelta(seconds=1))


def _day(vector: Vector) -> str:
    timetable = Timetable(
        Calendar(
            name=vector.id,
            zone="UTC",
            hours=dict.fromkeys(vector.working_weekdays, ALL_DAY),
            holidays=dict.fromkeys(vector.holidays, "holiday"),
            worked=dict.fromkeys(vector.worked_exceptions, ALL_DAY),
        )
    )
    start = date.fromisoformat(vector.start)
    if vector.unit == "working":
        return timetable.add_working_days(start, vector.days).isoformat()
    return timetable.add_calendar_days(start, vector.days).isoformat()


_KINDS: Mapping[str, Callable[[Vector], str]] = {
    "add": _added,
    "vn_add": _added,
    "between": _passed,
    "add_days": _day,
    "vn_days": _day,
}


def _timetable(vector: Vector) -> Timetable:
    given = vector.calendar
    if given is None:
        raise Malformed(f"{vector.id} has no calendar", code="vectors_unreadable")
    return Timetable(
        Calendar(
            name=vector.id,
            zone=given.tz,
            hours={WEEKDAYS[name]: _hours(hours) for name, hours in given.hours.items()},
            holidays=dict.fromkeys(given.holidays, "holiday"),
            yearly_holidays=frozenset((int(day[:2]), int(day[3:])) for day in given.yearly_holidays),
            worked={day: _hours(hours) for day, hours in given.worked_exceptions.items()},
        )
    )


def _hours(hours: Sequence[tuple[str, str]]) -> tuple[Interval, ...]:
    return tuple(sorted((minute_of(opening), minute_of(closing)) for opening, closing in hours))


def _pauses(vector: Vector) -> list[tuple[datetime, datetime]]:
    return [(_instant(vector, begin), _instant(vector, end)) for begin, end in vector.pauses]


def _instant(vector: Vector, local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(vector.tz))


__all__ = ["Checked", "Difference", "Vector", "check", "check_file"]
