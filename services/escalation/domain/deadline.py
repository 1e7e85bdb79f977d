"""One deadline's life: set, reminded, breached, escalated, paused, moved, ended, revived. Pure: from state to what is to be said.

Invariants: each step of a plan is said once, in the order of its instants and effective at its planned instant, however late it
is noticed; nothing is said of a deadline while it is paused or after its end; an act at the due moment itself is in time.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.escalation.domain.basis import Basis
from services.escalation.domain.plan import Step, StepKind
from services.escalation.domain.rules import Endings
from services.escalation.domain.tree import Holder, Tree

RESOLUTION = timedelta(microseconds=1)
"""The finest difference of two instants: a step one of these before an act comes before it."""
TIME = "time"
"""What ends a window or an effect."""


class Outcome(StrEnum):
    """How a deadline ended: in time, after its due moment, because its step fell away, or by time itself."""

    MET = "met"
    LATE = "late"
    VOID = "void"
    LAPSED = "lapsed"
    IN_FORCE = "in_force"


_BY_TIME = {StepKind.LAPSED: Outcome.LAPSED, StepKind.IN_FORCE: Outcome.IN_FORCE}


@dataclass(frozen=True, slots=True)
class Pausing:
    """An open suspension: the first day that is not counted, and the fact that began it."""

    since_on: date
    by: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How, when and by what a clock stopped: the fact in a word, and the type of the event that said it."""

    outcome: Outcome
    at: datetime
    fact: str
    event: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far time has come with a plan. `next_step` is the index of what is still to be said.

    `rung` is how high in the holder's ladder somebody was told; `acknowledged_level` the highest level that was acknowledged.
    """

    next_step: int = 0
    breached_at: datetime | None = None
    rung: int = 0
    acknowledged_level: int = 0


NOTHING_SAID = Progress()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A clock of a petition. `plan` numbers its plans; `steps` are those of the present one."""

    id: UUID
    petition_id: UUID
    basis: Basis
    due_at: datetime
    due_without_extension_at: datetime
    calendar: str
    calendar_version: str
    steps: tuple[Step, ...]
    is_urgent: bool = False
    plan: int = 1
    progress: Progress = NOTHING_SAID
    pausing: Pausing | None = None
    ending: Ending | None = None

    @property
    def rule(self) -> str:
        return self.basis.rule

    @property
    def is_running(self) -> bool:
        """Whether time can bring something: neither ended nor paused."""
        return self.ending is None and self.pausing is None

    @property
    def next_action_at(self) -> datetime | None:
        """When the sweep must look at it again; None where time brings nothing more."""
        if not self.is_running or self.progress.next_step >= len(self.steps):
            return None
        return self.steps[self.progress.next_step].at


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
    step: Step
    from_office: str
    to_office: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The clock stopped; its outcome, instant and fact stand in the deadline."""

    deadline: Deadline
    effective_at: datetime
    office: str


TimeSaid = Reminded | Breached | Escalated | Ended


def advance(deadline: Deadline, holder: Holder, tree: Tree, *, through: datetime) -> tuple[Deadline, list[TimeSaid]]:
    """Say every step planned up to and including `through` that was not yet said, with `holder` having the duty."""
    said: list[TimeSaid] = []
    if not deadline.is_running:
        return deadline, said
    now = deadline.progress
    place, breached_at, rung, ending = now.next_step, now.breached_at, now.rung, None
    while place < len(deadline.steps) and deadline.steps[place].at <= through:
        step = deadline.steps[place]
        place += 1
        match step.kind:
            case StepKind.REMINDED:
                said.append(Reminded(deadline, step.at, holder.office, step.number))
            case StepKind.BREACHED:
                breached_at = step.at
                said.append(Breached(deadline, step.at, holder.office))
            case StepKind.ESCALATED:
                rung = _climb(deadline, step, holder, tree, rung=rung, said=said)
            case _:
                ending = Ending(_BY_TIME[step.kind], step.at, TIME, TIME)
    if place == now.next_step:
        return deadline, said
    progress = Progress(place, breached_at, rung, now.acknowledged_level)
    advanced = replace(deadline, progress=progress, ending=ending)
    if ending is not None:
        said.append(Ended(advanced, ending.at, holder.office))
    return advanced, said


def end(
    deadline: Deadline, endings: Endings, holder: Holder, tree: Tree, *, fact: str, at: datetime, event: str
) -> tuple[Deadline, list[TimeSaid]]:
    """End the deadline by a fact at `at`, after what time brought before it. One that does not end it changes nothing."""
    if deadline.ending is not None or fact not in endings.met_by | endings.void_by:
        return deadline, []
    brought, said = advance(deadline, holder, tree, through=at - RESOLUTION)
    if brought.ending is not None:  # time ended it first
        return brought, said
    ended = replace(brought, ending=Ending(_outcome(deadline, endings, fact, at), at, fact, event))
    return ended, [*said, Ended(ended, at, holder.office)]


def _outcome(deadline: Deadline, endings: Endings, fact: str, at: datetime) -> Outcome:
    if fact in endings.void_by:
        return Outcome.VOID
    return Outcome.MET if deadline.pausing is not None or at <= deadline.due_at else Outcome.LATE


def _climb(deadline: Deadline, step: Step, holder: Holder, tree: Tree, *, rung: int, said: list[TimeSaid]) -> int:
    """Tell the next office above; return how high somebody was told.

    At the top a planned level tells the top again; what nobody acknowledged climbs on only where somebody is above.
    """
    if step.climb and deadline.progress.acknowledged_level >= step.number:
        return rung
    to = tree.rung_above(holder, rung, at=step.at)
    if to is None and rung and not step.climb:
        to = rung
    if to is None:
        return rung
    below = (holder.office, *holder.superiors)[rung if to > rung else rung - 1]
    said.append(Escalated(deadline, step.at, holder.office, step, from_office=below, to_office=holder.superiors[to - 1]))
    return to
