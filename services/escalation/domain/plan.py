"""Plans the steps of a deadline as instants when it is set or moved, so that the sweep compares instants and counts nothing.

Reminders fall at a share of the *working time* between start and due, so they reach an office while somebody works there. The
ladder climbs so many working days after the due day, at the due moment's time of day; a level that nobody acknowledges in its own
time climbs on, until the next level comes. Every step fires once.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from services.escalation.domain.basis import Basis
from services.escalation.domain.counting import due, pause_spans
from services.escalation.domain.rules import Nature, Rule, Rung
from services.escalation.domain.timetable import Span, Timetable

PERCENT = 100
LADDERS_KEPT = 4096
CLIMBS_MAX = 3
"""How often one level climbs on for want of an acknowledgement: above the city nobody is left."""


class StepKind(StrEnum):
    """What a step says when its instant comes."""

    REMINDED = "reminded"
    BREACHED = "breached"
    ESCALATED = "escalated"
    LAPSED = "lapsed"
    IN_FORCE = "in_force"


_AT_DUE = {Nature.DUTY: StepKind.BREACHED, Nature.WINDOW: StepKind.LAPSED, Nature.EFFECT: StepKind.IN_FORCE}


class Step(NamedTuple):
    """One planned step; `number` is the percentage of a reminder or the level of an escalation.

    `climb` is 0 for a level as planned, else how often it has climbed on. `acknowledge_by` is when it would do so next.
    """

    at: datetime
    kind: StepKind
    number: int = 0
    climb: int = 0
    acknowledge_by: datetime | None = None


def plan(rule: Rule, timetable: Timetable, basis: Basis, due_at: datetime, *, after: datetime | None = None) -> tuple[Step, ...]:
    """Return every step of a deadline in the order of its instants: reminders, the due moment, the ladder.

    Where a later act makes the plan, reminders up to `after` are left out, and a due moment already past is breached then.
    """
    since = max(basis.started_at, after or basis.started_at)
    reminders = [*_reminders(rule, timetable, basis, due_at), *_also(rule, timetable, basis, due_at)]
    coming = sorted({step for step in reminders if since < step.at < due_at}, key=lambda step: (step.at, step.number))
    at_due = Step(max(due_at, since), _AT_DUE[rule.nature])
    return (*coming, at_due, *_ladder(rule.warnings.ladder, timetable, at_due.at))


def due_only(rule: Rule, due_at: datetime) -> tuple[Step, ...]:
    """Return the plan of a deadline whose end is already known: nobody is reminded of finished history."""
    return (Step(due_at, _AT_DUE[rule.nature]),)


def _reminders(rule: Rule, timetable: Timetable, basis: Basis, due_at: datetime) -> list[Step]:
    if not rule.warnings.reminders:
        return []
    pauses = pause_spans(timetable, basis.pauses)
    total = timetable.between(basis.started_at, due_at, pauses=pauses)
    return [
        Step(timetable.add(basis.started_at, total * percent / PERCENT, pauses=pauses), StepKind.REMINDED, percent)
        for percent in rule.warnings.reminders
    ]


def _also(rule: Rule, timetable: Timetable, basis: Basis, due_at: datetime) -> list[Step]:
    """Return a reminder of the second limit where it ends first; its number is the share of working time then passed."""
    if rule.warnings.also is None:
        return []
    at = due(rule.warnings.also, timetable, basis.without_extension(), is_rolled=rule.is_rolled)
    pauses: list[Span] = pause_spans(timetable, basis.pauses)
    total = timetable.between(basis.started_at, due_at, pauses=pauses)
    if not at < due_at or not total:
        return []
    percent = int(timetable.between(basis.started_at, at, pauses=pauses) * PERCENT / total)
    return [] if percent in rule.warnings.reminders else [Step(at, StepKind.REMINDED, percent)]


@lru_cache(maxsize=LADDERS_KEPT)
def _ladder(rungs: tuple[Rung, ...], timetable: Timetable, due_at: datetime) -> tuple[Step, ...]:
    """Return the levels, each followed by its climbs up to the next level's instant; limits in days share due moments."""
    steps: list[Step] = []
    for level, rung in enumerate(rungs, start=1):
        next_at = _days_later(timetable, due_at, rungs[level].days) if level < len(rungs) else None
        waits = rung.acknowledge_within_days
        climbs = CLIMBS_MAX if waits else 0
        instants = [_days_later(timetable, due_at, rung.days + (waits or 0) * number) for number in range(climbs + 1)]
        coming = [at for at in instants if next_at is None or at < next_at]
        for climb, at in enumerate(coming):
            answer_by = instants[climb + 1] if climb < climbs else None
            steps.append(Step(at, StepKind.ESCALATED, level, climb, answer_by))
    return tuple(steps)


def _days_later(timetable: Timetable, due_at: datetime, days: int) -> datetime:
    local = due_at.astimezone(timetable.zone)
    later = timetable.add_working_days(local.date(), days)
    return local.replace(year=later.year, month=later.month, day=later.day, fold=0).astimezone(UTC)
