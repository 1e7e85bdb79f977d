"""Counts a limit and shows its work: the due moment, and the derivation that answers "why this date?" by reading.

Invariant: equal rule, calendar and start give an equal derivation to the last byte; its digest in `deadline.set` commits to it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from services.escalation.domain.rules import Limit, Rule, Unit
from services.escalation.domain.timetable import Timetable

FORMAT = 1
"""Version of the derivation's own form."""
ONE_DAY = timedelta(days=1)

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Count:
    """When a limit ends, and how that was counted."""

    due_at: datetime
    counted: Record


def count(limit: Limit, timetable: Timetable, start_at: datetime, *, is_rolled: bool = True) -> Count:
    """Count a limit that started at `start_at`. Days end at 24:00 of the last one, working hours at their last minute."""
    if limit.unit is Unit.WORKING_HOUR:
        return _hours(limit, timetable, start_at)
    start_on = timetable.local_date(start_at)
    if limit.unit is Unit.WORKING_DAY:
        return _working_days(limit, timetable, start_on)
    return _calendar_days(limit, timetable, start_on, is_rolled=is_rolled)


def given(due_at: datetime, *, source: str) -> Count:
    """Take the due moment that the source of a petition gives; nothing is counted."""
    return Count(due_at=due_at, counted={"given_by": source, "due_at": _text(due_at)})


def derivation(rule: Rule, timetable: Timetable, start_at: datetime, result: Count) -> Record:
    """Return everything that led to the due moment, as plain values for canonical JSON."""
    calendar = timetable.calendar
    years = range(timetable.local_date(start_at).year, timetable.local_date(result.due_at).year + 1)
    provisional = [year for year in years if not calendar.is_complete_for(date(year, 1, 1))]
    return {
        "format": FORMAT,
        "rule": rule.id,
        "rule_version": rule.version,
        "citation": rule.citation,
        "confirmation": rule.confirmation,
        "limit": str(rule.limit),
        "calendar": calendar.name,
        "calendar_version": calendar.version,
        "zone": calendar.zone,
        "started_at": _text(start_at),
        "started_on": timetable.local_date(start_at).isoformat(),
        "counted": result.counted,
        "due_at": _text(result.due_at),
        "due_on": timetable.local_date(result.due_at).isoformat(),
        "years_without_holidays": provisional,
    }


def canonical(record: Record) -> str:
    """Return the one JSON text of a derivation: sorted keys, no spaces, UTF-8."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a derivation's canonical text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def _hours(limit: Limit, timetable: Timetable, start_at: datetime) -> Count:
    due_at = timetable.add(start_at, timedelta(hours=limit.amount))
    spans = [
        {"from": begin.isoformat(), "to": end.isoformat(), "minutes": (end - begin) / timedelta(minutes=1)}
        for begin, end in timetable.spans(start_at, due_at)
    ]
    days_off = _days_off(timetable, timetable.local_date(start_at), timetable.local_date(due_at))
    return Count(due_at=due_at, counted={"spans": spans, "days_off": days_off})


def _working_days(limit: Limit, timetable: Timetable, start_on: date) -> Count:
    last_on = timetable.add_working_days(start_on, limit.amount)
    days = [day for day in _days(start_on + ONE_DAY, last_on) if timetable.is_working_day(day)]
    counted = {
        "first_day": "excluded",
        "days": [day.isoformat() for day in days],
        "days_off": _days_off(timetable, start_on + ONE_DAY, last_on),
    }
    return Count(due_at=timetable.end_of_day(last_on), counted=counted)


def _calendar_days(limit: Limit, timetable: Timetable, start_on: date, *, is_rolled: bool) -> Count:
    last_on = timetable.add_calendar_days(start_on, limit.amount, is_rolled=False)
    due_on = timetable.roll_forward(last_on) if is_rolled else last_on
    counted = {
        "first_day": "excluded",
        "from": (start_on + ONE_DAY).isoformat(),
        "to": last_on.isoformat(),
        "rolled_to": due_on.isoformat() if due_on != last_on else None,
        "days_off": _days_off(timetable, last_on, due_on) if due_on != last_on else {},
    }
    return Count(due_at=timetable.end_of_day(due_on), counted=counted)


def _days_off(timetable: Timetable, first: date, last: date) -> dict[str, str]:
    calendar = timetable.calendar
    return {day.isoformat(): calendar.why_off(day) for day in _days(first, last) if not timetable.is_working_day(day)}


def _days(first: date, last: date) -> list[date]:
    return [date.fromordinal(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1)]


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
