"""Counts a limit and shows its work: the due moment, and the derivation that answers "why this date?" by reading.

Invariant: equal rule, calendar, start, pauses and extensions give an equal derivation to the last byte; its digest in the event
commits to it, and `recounted` gives the same due moment from the derivation and the calendar alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from services.escalation.domain.basis import Basis, Days
from services.escalation.domain.rules import Limit, Rule, Unit
from services.escalation.domain.timetable import Span, Timetable, merged_days
from shared.kernel.refusals import Malformed

FORMAT = 2
"""Version of the derivation's own form."""
ONE_DAY = timedelta(days=1)

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Count:
    """When a limit ends, and how that was counted."""

    due_at: datetime
    counted: Record


def due(limit: Limit, timetable: Timetable, basis: Basis, *, is_rolled: bool = True) -> datetime:
    """Return when a limit ends, without showing how: days end at 24:00 of the last one, working hours at their last minute.

    Raises Malformed where the starting fact does not give the day or moment that the unit needs.
    """
    whole = limit.longer_by(basis.extended_by)
    match whole.unit:
        case Unit.SOURCE:
            return _given(basis)
        case Unit.PLANNED:
            return timetable.end_of_day(_planned(basis))
        case Unit.WORKING_HOUR:
            spans = pause_spans(timetable, basis.pauses)
            return timetable.add(basis.started_at, timedelta(hours=whole.amount), pauses=spans)
    if whole.is_before:
        return max(timetable.end_of_day(timetable.days_before(_planned(basis), whole)), basis.started_at)
    return timetable.end_of_day(last_days(whole, timetable, timetable.local_date(basis.started_at), basis.pauses, is_rolled)[1])


def last_days(limit: Limit, timetable: Timetable, start_on: date, pauses: Sequence[Days], is_rolled: bool) -> tuple[date, date]:  # noqa: FBT001 - the same word as the rule's
    """Return the last counted day of a limit in days, and the day on which it ends after rolling."""
    pauses = merged_days(pauses)
    if limit.unit is Unit.WORKING_DAY:
        last_on = timetable.add_working_days(start_on, limit.amount, pauses=pauses)
        return last_on, last_on
    last_on = start_on + timedelta(days=limit.amount)
    for begin, end in pauses:
        first = max(begin, start_on + ONE_DAY)
        if first <= last_on and end > first:
            last_on += end - first
    return last_on, (timetable.roll_forward(last_on, pauses=pauses) if is_rolled else last_on)


def count(rule: Rule, timetable: Timetable, basis: Basis) -> Count:
    """Count a limit and show each day or span that was counted or left out."""
    limit = rule.limit.longer_by(basis.extended_by)
    due_at = due(rule.limit, timetable, basis, is_rolled=rule.is_rolled)
    match limit.unit:
        case Unit.SOURCE:
            return Count(due_at, {"given_by": basis.given_by or "", "due_at": _text(due_at)})
        case Unit.PLANNED:
            return Count(due_at, {"planned_on": _planned(basis).isoformat()})
        case Unit.WORKING_HOUR:
            return Count(due_at, _hours(timetable, basis, due_at))
    if limit.is_before:
        return Count(due_at, {"planned_on": _planned(basis).isoformat(), "back_to": timetable.local_date(due_at).isoformat()})
    return Count(due_at, _days_counted(limit, timetable, basis, is_rolled=rule.is_rolled))


def derivation(rule: Rule, timetable: Timetable, basis: Basis, result: Count) -> Record:
    """Return everything that led to the due moment, as plain values for canonical JSON."""
    calendar = timetable.calendar
    started_on = timetable.local_date(basis.started_at)
    due_on = timetable.local_date(result.due_at)
    provisional = [year for year in range(started_on.year, due_on.year + 1) if not calendar.is_complete_for(date(year, 1, 1))]
    return {
        "format": FORMAT,
        "rule": rule.id,
        "rule_version": rule.version,
        "citation": rule.citation,
        "confirmation": rule.confirmation,
        "limit": {"amount": rule.limit.amount, "unit": str(rule.limit.unit), "is_before": rule.limit.is_before},
        "first_day": "excluded",
        "is_rolled": rule.is_rolled,
        "calendar": calendar.name,
        "calendar_version": calendar.version,
        "zone": calendar.zone,
        "started_at": _text(basis.started_at),
        "started_on": started_on.isoformat(),
        "planned_on": basis.planned_on.isoformat() if basis.planned_on else None,
        "pauses": [[begin.isoformat(), end.isoformat()] for begin, end in basis.pauses],
        "extended_by": basis.extended_by,
        "counted": result.counted,
        "due_at": _text(result.due_at),
        "due_on": due_on.isoformat(),
        "years_without_holidays": provisional,
    }


def canonical(record: Record) -> str:
    """Return the one JSON text of a derivation: sorted keys, no spaces, UTF-8."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a derivation's canonical text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def pause_spans(timetable: Timetable, pauses: Sequence[Days]) -> list[Span]:
    """Return whole paused days as instants, from midnight to midnight of the calendar's zone."""
    return [(timetable.midnight(begin), timetable.midnight(end)) for begin, end in pauses]


def _hours(timetable: Timetable, basis: Basis, due_at: datetime) -> Record:
    paused = pause_spans(timetable, basis.pauses)
    spans = [
        {"from": begin.isoformat(), "to": end.isoformat(), "minutes": (end - begin) / timedelta(minutes=1)}
        for begin, end in timetable.spans(basis.started_at, due_at)
        if not any(first <= begin < last for first, last in paused)
    ]
    days_off = _days_off(timetable, timetable.local_date(basis.started_at), timetable.local_date(due_at))
    return {"spans": spans, "days_off": days_off}


def _days_counted(limit: Limit, timetable: Timetable, basis: Basis, *, is_rolled: bool) -> Record:
    start_on = timetable.local_date(basis.started_at)
    first_on = start_on + ONE_DAY
    last_on, due_on = last_days(limit, timetable, start_on, basis.pauses, is_rolled)
    paused = [day.isoformat() for day in _days(first_on, due_on) if _is_paused(day, basis.pauses)]
    common = {"from": first_on.isoformat(), "to": last_on.isoformat(), "days_paused": paused}
    if limit.unit is Unit.WORKING_DAY:
        days = [day for day in _days(first_on, last_on) if timetable.is_working_day(day) and not _is_paused(day, basis.pauses)]
        return common | {
            "days": [day.isoformat() for day in days],
            "days_off": _days_off(timetable, first_on, last_on),
        }
    return common | {
        "rolled_to": due_on.isoformat() if due_on != last_on else None,
        "days_off": _days_off(timetable, last_on, due_on) if due_on != last_on else {},
    }


def _is_paused(day: date, pauses: Sequence[Days]) -> bool:
    return any(begin <= day < end for begin, end in pauses)


def _days_off(timetable: Timetable, first: date, last: date) -> dict[str, str]:
    calendar = timetable.calendar
    return {day.isoformat(): calendar.why_off(day) for day in _days(first, last) if not timetable.is_working_day(day)}


def _days(first: date, last: date) -> list[date]:
    return [date.fromordinal(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1)]


def _planned(basis: Basis) -> date:
    if basis.planned_on is None:
        raise Malformed(f"{basis.rule}: the fact that starts it names no planned day", code="planned_day_missing")
    return basis.planned_on


def _given(basis: Basis) -> datetime:
    if basis.given_at is None:
        raise Malformed(f"{basis.rule}: the source gives no due moment", code="due_at_missing")
    return basis.given_at


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
