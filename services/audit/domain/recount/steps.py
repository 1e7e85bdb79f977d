"""The steps of a plan, worked out one by one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.audit.domain.recount.days import Days, due

CLIMBS = 3
AT_DUE = {"duty": "breached", "window": "lapsed", "effect": "in_force"}


class Planned(NamedTuple):
    """A step: when, what, of which percentage or level, and how often that level has climbed on."""

    at: datetime
    kind: str
    number: int = 0
    climb: int = 0


def plan_of(
    rule: Mapping[str, Any], days: Days, basis: Mapping[str, Any], due_at: datetime, *, after: datetime, is_history: bool = False
) -> Sequence[Planned]:
    """Return the steps of a plan made at `after`; of finished history only what becomes true at the due moment."""
    since = max(basis["started_at"], after)
    at_due = Planned(due_at if is_history else max(due_at, since), AT_DUE[rule["nature"]])
    if is_history:
        return [at_due]
    reminders = {step for step in _reminders(rule, days, basis, due_at) if since < step.at < due_at}
    return [*sorted(reminders, key=lambda step: (step.at, step.number)), at_due, *_ladder(rule, days, at_due.at)]


def _reminders(rule: Mapping[str, Any], days: Days, basis: Mapping[str, Any], due_at: datetime) -> list[Planned]:
    started_at, pauses = basis["started_at"], basis["pauses"]
    if not rule["reminders"] and not rule["also"]:
        return []
    total = days.worked(started_at, due_at, pauses)
    found = [Planned(days.after(started_at, total * percent / 100, pauses), "reminded", percent) for percent in rule["reminders"]]
    if rule["also"] and total:
        at = due(rule["also"], days, **{**basis, "extended_by": 0})
        percent = int(days.worked(started_at, at, pauses) * 100 / total)
        if at < due_at and percent not in rule["reminders"]:
            found.append(Planned(at, "reminded", percent))
    return found


def _ladder(rule: Mapping[str, Any], days: Days, due_at: datetime) -> list[Planned]:
    found = []
    rungs = rule["ladder"]
    for level, rung in enumerate(rungs, start=1):
        next_at = _later(days, due_at, rungs[level]["days"]) if level < len(rungs) else None
        waits = rung["acknowledge_within_days"] or 0
        for climb in range(CLIMBS + 1 if waits else 1):
            at = _later(days, due_at, rung["days"] + waits * climb)
            if next_at is None or at < next_at:
                found.append(Planned(at, "escalated", level, climb))
    return found


def _later(days: Days, due_at: datetime, count: int) -> datetime:
    local = due_at.astimezone(days.zone)
    day = days.nth_working_day(local.date(), count)
    return local.replace(year=day.year, month=day.month, day=day.day, fold=0).astimezone(UTC)
