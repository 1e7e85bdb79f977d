"""Reads calendars: a YAML file with office hours and dated overrides, seeded with public holidays by the package `holidays`.

Invariant: a calendar's version is a digest of what it says, so the same version always counts the same, whatever seeded it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal, Self
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
    """One day that differs from the seed, with where that stands."""

    day: date
    name: str
    source: str
    noted_on: date


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
            raise ValueError("last_year comes before first_year")
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

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("not an IANA time zone")
        return zone


def read_calendar(path: Path) -> CalendarFile:
    """Read a calendar file. Raises Malformed naming every mistake."""
    try:
        return CalendarFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise Malformed(f"{path.name} is not YAML: {error}", code="calendar_file") from error
    except ValidationError as error:
        raise Malformed(f"{path.name}: {error}", code="calendar_file") from error


def calendar_of(file: CalendarFile) -> Calendar:
    """Return the calendar that a file describes: its overrides rule over the seed."""
    days_off, worked_days = _seeded(file.seed)
    days_off |= {override.day: override.name for override in file.days_off}
    worked_days = (worked_days | {override.day for override in file.days_worked}) - {override.day for override in file.days_off}
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
