"""Plans the steps of a deadline as instants when it is set, so that the sweep compares instants and counts nothing.

Reminders fall at a share of the *working time* between start and due, so they reach an office while somebody works there. The
ladder climbs so many working days after the due day, at the due moment's time of day. Every step fires once.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from services.escalation.domain.counting import count
from services.escalation.domain.rules import Rule, Warnings
from services.escalation.domain.timetable import Timetable

PERCENT = 100


class StepKind(StrEnum):
    """What a step says when its instant comes."""

    REMINDED = "reminded"
    BREACHED = "breached"
    ESCALATED = "escalated"


class Step(NamedTuple):
    """One planned step; `number` is the percentage of a reminder or the level of an escalation."""

    at: datetime
    kind: StepKind
    number: int = 0


def plan(rule: Rule, timetable: Timetable, start_at: datetime, due_at: datetime) -> tuple[Step, ...]:
    """Return every step of a deadline in the order of its instants: reminders, the breach, the ladder."""
    reminders = _reminders(rule.warnings, timetable, start_at, due_at)
    also = _also(rule, timetable, start_at, due_at)
    ladder = [Step(_days_later(timetable, due_at, days), StepKind.ESCALATED, level) for level, days in _levels(rule.warnings)]
    return (*sorted({*reminders, *also}, key=lambda step: (step.at, step.number)), Step(due_at, StepKind.BREACHED), *ladder)


def breach_only(due_at: datetime) -> tuple[Step, ...]:
    """Return the plan of a deadline whose end is already known: nobody is reminded of finished history."""
    return (Step(due_at, StepKind.BREACHED),)


def _reminders(warnings: Warnings, timetable: Timetable, start_at: datetime, due_at: datetime) -> list[Step]:
    if not warnings.reminders:
        return []
    total = timetable.between(start_at, due_at)
    instants = ((percent, timetable.add(start_at, total * percent / PERCENT)) for percent in warnings.reminders)
    return [Step(at, StepKind.REMINDED, percent) for percent, at in instants if start_at < at < due_at]


def _also(rule: Rule, timetable: Timetable, start_at: datetime, due_at: datetime) -> list[Step]:
    """Return a reminder of the second limit where it ends first; its number is the share of working time then passed."""
    if rule.warnings.also is None:
        return []
    at = count(rule.warnings.also, timetable, start_at, is_rolled=rule.is_rolled).due_at
    total = timetable.between(start_at, due_at)
    if not start_at < at < due_at or not total:
        return []
    percent = int(timetable.between(start_at, at) * PERCENT / total)
    return [] if percent in rule.warnings.reminders else [Step(at, StepKind.REMINDED, percent)]


def _levels(warnings: Warnings) -> list[tuple[int, int]]:
    return list(enumerate(warnings.ladder, start=1))


def _days_later(timetable: Timetable, due_at: datetime, days: int) -> datetime:
    local = due_at.astimezone(timetable.zone)
    later = timetable.add_working_days(local.date(), days)
    return local.replace(year=later.year, month=later.month, day=later.day, fold=0).astimezone(UTC)
