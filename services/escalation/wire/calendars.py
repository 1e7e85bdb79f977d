"""Reads calendars: a YAML file with office hours and dated overrides, seeded with public holidays by the package `holidays`.

Invariant: a calendar's version is a digest of what it says, so the same version always counts the same, whatever seeded it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import available_timezones

import holidays
import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from services.escalation.domain.calendar import Calendar, Interval
from shared.kernel.refusals import Malformed

DIGEST_CHARACTERS = 12
FIRST_YEAR, LAST_YEAR = 1970, 2100
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Hours = Sequence[tuple[str, str]]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Override(_Strict):
    """One day that differs from the seed, where that stands, and since when it is known."""

    day: date
    name: str
    source: str
    announced_on: date


class Seed(_Strict):
    """Public holidays of a country for some years."""

    country: str
    subdivision: str | None = None
    language: str | None = None
    first_year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    last_year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.last_year < self.first_year:
            raise ValueError("last_year trước first_year · last_year comes before first_year")
        return self


class CalendarFile(_Strict):
    """A calendar file as it stands."""

    name: str
    jurisdictions: list[str] = Field(default_factory=list, description="every office of these works by it")
    offices: list[str] = Field(default_factory=list, description="these offices work by it, whatever their jurisdiction")
    zone: str
    hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[tuple[str, str]]]
    hours_source: str
    seed: Seed | None = None
    worked_hours: list[tuple[str, str]] = Field(description="hours of a Saturday or Sunday that is worked by decision")
    days_off: list[Override] = Field(default_factory=list)
    days_worked: list[Override] = Field(default_factory=list)
    official_through: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, description="last year whose holidays were officially announced")

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("không phải múi giờ IANA · not an IANA time zone")
        return zone

    def as_known_on(self, day: date) -> "CalendarFile":
        """Return the calendar with what had been announced by a day."""
        return self.model_copy(
            update={
                "days_off": [override for override in self.days_off if override.announced_on <= day],
                "days_worked": [override for override in self.days_worked if override.announced_on <= day],
            }
        )

    def amended(self, amendment: "CalendarAmendment") -> "CalendarFile":
        """Return the calendar with days that are other ones now; the latest word on a day counts."""
        changed = {override.day for override in (*amendment.days_off, *amendment.days_worked)}
        return self.model_copy(
            update={
                "days_off": [*(item for item in self.days_off if item.day not in changed), *amendment.days_off],
                "days_worked": [*(item for item in self.days_worked if item.day not in changed), *amendment.days_worked],
                "official_through": max(self.official_through, amendment.official_through or 0),
            }
        )


class CalendarAmendment(_Strict):
    """Days of one calendar that become days off or worked days, each with where that stands."""

    calendar: str
    days_off: list[Override] = Field(default_factory=list)
    days_worked: list[Override] = Field(default_factory=list)
    official_through: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        days = [item.day for item in (*self.days_off, *self.days_worked)]
        if len(set(days)) != len(days):
            raise ValueError("một ngày có hai lần · a day stands twice")
        if not days and self.official_through is None:
            raise ValueError(
                "không thay đổi gì: hãy ghi days_off, days_worked hoặc official_through"
                " · it changes nothing: give days_off, days_worked or official_through"
            )
        return self


def read_calendar(path: Path) -> CalendarFile:
    """Read a calendar file. Raises Malformed naming every mistake."""
    try:
        return CalendarFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise Malformed(f"{path.name}: {error}", code="calendar_file") from error
    except (yaml.YAMLError, ValueError) as error:  # a day that does not exist is a ValueError of the reader
        raise Malformed(f"{path.name} is not YAML: {error}", code="calendar_file") from error


def calendar_of(file: CalendarFile) -> Calendar:
    """Return the calendar that a file describes: its overrides rule over the seed."""
    days_off, worked_days = _seeded(file.seed)
    for override in file.days_worked:
        days_off.pop(override.day, None)
    days_off |= {override.day: override.name for override in file.days_off}
    worked_days = (worked_days | {override.day for override in file.days_worked}) - days_off.keys()
    worked = dict.fromkeys(sorted(worked_days), _intervals(file.worked_hours))
    hours = {WEEKDAYS.index(name): _intervals(intervals) for name, intervals in file.hours.items()}
    return Calendar(
        name=file.name,
        zone=file.zone,
        hours=hours,
        holidays=dict(sorted(days_off.items())),
        worked=worked,
        version=_version(file.zone, hours, days_off, worked),
        covers=(file.seed.first_year, file.seed.last_year) if file.seed else None,
    )


def calendar_content(calendar: Calendar) -> dict[str, object]:
    """Return everything that counting by a calendar needs, as plain values: what an auditor counts again with."""
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "version": calendar.version,
        "hours": {WEEKDAYS[day]: [_clocks(item) for item in intervals] for day, intervals in sorted(calendar.hours.items())},
        "days_off": {day.isoformat(): name for day, name in sorted(calendar.holidays.items())},
        "days_worked": {day.isoformat(): [_clocks(item) for item in intervals] for day, intervals in calendar.worked.items()},
        "covers": list(calendar.covers) if calendar.covers else None,
    }


def calendar_from(content: Mapping[str, Any]) -> Calendar:
    """Return the calendar that `calendar_content` wrote down; its version is computed anew. Raises Malformed."""
    try:
        hours = {WEEKDAYS.index(name): _intervals(intervals) for name, intervals in content["hours"].items()}
        days_off = {date.fromisoformat(day): str(name) for day, name in content["days_off"].items()}
        worked = {date.fromisoformat(day): _intervals(intervals) for day, intervals in content["days_worked"].items()}
        return Calendar(
            name=content["name"],
            zone=content["zone"],
            hours=hours,
            holidays=days_off,
            worked=worked,
            version=_version(content["zone"], hours, days_off, worked),
            covers=tuple(content["covers"]) if content.get("covers") else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Malformed(f"the calendar cannot be read: {error!r}", code="calendar_file") from error


def _clocks(interval: Interval) -> list[str]:
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in interval]


def _seeded(seed: Seed | None) -> tuple[dict[date, str], set[date]]:
    if seed is None:
        return {}, set()
    years = range(seed.first_year, seed.last_year + 1)
    found = holidays.country_holidays(seed.country, subdiv=seed.subdivision, years=years, language=seed.language)
    worked = {day for day in getattr(found, "weekend_workdays", set()) if day.year in years}
    return {day: name for day, name in found.items() if day.year in years}, worked


def _intervals(hours: Hours) -> tuple[Interval, ...]:
    return tuple(sorted((minute_of(opening), minute_of(closing)) for opening, closing in hours))


def minute_of(clock: str) -> int:
    """Return the minute of the day of ``HH:MM``; ``24:00`` is midnight at its end."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _version(
    zone: str,
    hours: Mapping[int, tuple[Interval, ...]],
    days_off: Mapping[date, str],
    worked: Mapping[date, tuple[Interval, ...]],
) -> str:
    """Names of holidays are left out: only what changes a count changes the version."""
    content = {
        "zone": zone,
        "hours": sorted(hours.items()),
        "off": sorted(day.isoformat() for day in days_off),
        "worked": sorted((day.isoformat(), intervals) for day, intervals in worked.items()),
    }
    return sha256(orjson.dumps(content)).hexdigest()[:DIGEST_CHARACTERS]
