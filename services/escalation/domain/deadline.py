"""One deadline's life: set, reminded, breached, escalated, ended. Pure functions from state to what is to be said.

Invariants: each step is said once, in the order of its instants and effective at its planned instant, however late it is noticed;
nothing is said of a deadline after its end; an act at the due moment itself is in time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.escalation.domain.plan import Step, StepKind
from services.escalation.domain.rules import Act, Endings

RESOLUTION = timedelta(microseconds=1)
"""The finest difference of two instants: a step one of these before an act comes before it."""


class Outcome(StrEnum):
    """How a deadline ended: in time, after its due moment, or because its step fell away."""

    MET = "met"
    LATE = "late"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Holder:
    """The office that has the duty, and the ladder above it, nearest first."""

    office: str
    superiors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A running or ended clock. `next_step` is the index in `steps` of what is still to be said."""

    id: UUID
    petition_id: UUID
    rule: str
    due_at: datetime
    steps: tuple[Step, ...]
    endings: Endings
    next_step: int = 0
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    outcome: Outcome | None = None

    @property
    def next_action_at(self) -> datetime | None:
        """When the sweep must look at it again; None where time brings nothing more."""
        if self.outcome is not None or self.next_step >= len(self.steps):
            return None
        return self.steps[self.next_step].at

    def brought_to(self, next_step: int, breached_at: datetime | None) -> "Deadline":
        """Return it with another next step (written out: the sweep does this for every row)."""
        return Deadline(self.id, self.petition_id, self.rule, self.due_at, self.steps, self.endings, next_step, breached_at)


@dataclass(frozen=True, slots=True)
class Reminded:
    deadline: Deadline
    effective_at: datetime
    office: str
    percent: int


@dataclass(frozen=True, slots=True)
class Breached:
    deadline: Deadline
    effective_at: datetime
    office: str


@dataclass(frozen=True, slots=True)
class Escalated:
    deadline: Deadline
    effective_at: datetime
    office: str
    level: int
    from_office: str
    to_office: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The clock stopped; its outcome, instant and act stand in the deadline."""

    deadline: Deadline
    effective_at: datetime
    office: str


TimeSaid = Reminded | Breached | Escalated


def advance(deadline: Deadline, holder: Holder, *, through: datetime) -> tuple[Deadline, list[TimeSaid]]:
    """Say every step planned up to and including `through` that was not yet said, with `holder` having the duty."""
    if deadline.outcome is not None:
        return deadline, []
    said: list[TimeSaid] = []
    place, breached_at = deadline.next_step, deadline.breached_at
    while place < len(deadline.steps) and deadline.steps[place].at <= through:
        step = deadline.steps[place]
        if step.kind is StepKind.BREACHED:
            breached_at = step.at
        fact = _fact(deadline, step, holder)
        if fact is not None:
            said.append(fact)
        place += 1
    if place == deadline.next_step:
        return deadline, said
    return deadline.brought_to(place, breached_at), said


def end(deadline: Deadline, holder: Holder, act: Act, *, at: datetime, ended_by: str) -> tuple[Deadline, list[TimeSaid | Ended]]:
    """End the deadline by an act at `at`, after what time brought before it. An act that does not end it changes nothing."""
    if deadline.outcome is not None:
        return deadline, []
    if act in deadline.endings.met_by:
        outcome = Outcome.MET if at <= deadline.due_at else Outcome.LATE
    elif act in deadline.endings.void_by:
        outcome = Outcome.VOID
    else:
        return deadline, []
    brought, said = advance(deadline, holder, through=at - RESOLUTION)
    ended = replace(brought, ended_at=at, ended_by=ended_by, outcome=outcome)
    return ended, [*said, Ended(ended, at, holder.office)]


def _fact(deadline: Deadline, step: Step, holder: Holder) -> TimeSaid | None:
    match step.kind:
        case StepKind.REMINDED:
            return Reminded(deadline, step.at, holder.office, step.number)
        case StepKind.BREACHED:
            return Breached(deadline, step.at, holder.office)
        case StepKind.ESCALATED:
            return _climb(deadline, step, holder)


def _climb(deadline: Deadline, step: Step, holder: Holder) -> Escalated | None:
    """Climb one level; the top of the ladder is told again where there is none above it. The city itself has no superior."""
    if not holder.superiors:
        return None
    rungs = (holder.office, *holder.superiors)
    to_level = min(step.number, len(holder.superiors))
    return Escalated(deadline, step.at, holder.office, step.number, from_office=rungs[to_level - 1], to_office=rungs[to_level])
