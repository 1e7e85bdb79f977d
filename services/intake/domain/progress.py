"""How far a petition has come, told from its recorded steps, in whatever order they were heard."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """What people are told.

    Đã tiếp nhận, đã chuyển đến cơ quan, đang giải quyết, tạm đình chỉ, từ chối, đã hướng dẫn, đình chỉ, đã rút, đã trả lời,
    đã kết thúc.
    """

    LODGED = "lodged"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    GUIDED = "guided"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    CLOSED = "closed"


OPEN = frozenset({State.LODGED, State.ROUTED, State.ACCEPTED, State.SUSPENDED})
"""States in which a petition can be withdrawn."""


class What(StrEnum):
    """Steps in a petition's life that its petitioner may see."""

    LODGED = "lodged"
    SUPPLEMENTED = "supplemented"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GUIDED = "guided"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    ANSWERED = "answered"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    EXTENDED = "extended"
    TERMINATED = "terminated"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    CONTESTED = "contested"
    MERGED = "merged"
    UNMERGED = "unmerged"
    BREACHED = "breached"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `version` orders the steps of one `source`; `office` is who did it, or who has the petition after it."""

    source: str
    version: int
    what: What
    effective_at: datetime
    office: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a petition stands, and the office that has it (None: no office yet)."""

    state: State
    office: str | None


PROCEDURE, PETITIONER = "routing", "petitioner"
_STATES = {
    What.ROUTED: State.ROUTED,
    What.TRANSFERRED: State.ROUTED,
    What.ACCEPTED: State.ACCEPTED,
    What.SUSPENDED: State.SUSPENDED,
    What.RESUMED: State.ACCEPTED,
    What.REOPENED: State.ACCEPTED,
    What.REFUSED: State.REFUSED,
    What.GUIDED: State.GUIDED,
    What.RETURNED: State.ROUTED,
    What.TERMINATED: State.TERMINATED,
    What.ANSWERED: State.ANSWERED,
    What.CLOSED: State.CLOSED,
}


def stand(steps: Iterable[Step]) -> Progress:
    """Return where the petition stands: the latest act of the procedure decides, whatever the order of `steps`."""
    known = list(steps)
    acts = [step for step in known if step.source == PROCEDURE and step.what in _STATES]
    latest = max(acts, key=lambda step: step.version, default=None)
    present = Progress(_STATES[latest.what], latest.office) if latest else Progress(State.LODGED, None)
    if present.state in OPEN and any(step.what is What.WITHDRAWN for step in known):
        return Progress(State.WITHDRAWN, present.office)
    return present


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline; one that does not concern the petitioner is a duty inside the procedure, for the office's eyes only."""

    deadline_id: UUID
    petition_id: UUID
    rule: str
    due_at: datetime
    is_running: bool
    concerns_petitioner: bool = True


@dataclass(frozen=True, slots=True)
class Office:
    """An office as the petitioner sees it."""

    code: str
    jurisdiction: str
    kind: str
    name_vi: str
    name_en: str
    valid_from: date
    valid_to: date | None
    successors: tuple[str, ...]
    parent: str | None = None
