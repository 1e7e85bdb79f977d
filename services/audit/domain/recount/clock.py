"""What should have been said, and how one clock stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from services.audit.domain.recount.law import RuleData
from services.audit.domain.recount.steps import Planned

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that should have been said of a deadline: the verb, when it became true, and what tells it from others."""

    deadline_id: UUID
    verb: str
    effective_at: datetime
    detail: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What the setting of a deadline named: the calendar's wording, and the rule's version where it was amended later."""

    calendar: tuple[str, str]
    rule_version: int | None = None


@dataclass(slots=True)
class Clock:
    """One running of a rule."""

    id: UUID
    rule: RuleData
    occurrence: int
    started_at: datetime
    calendar: tuple[str, str]
    planned_on: date | None = None
    pauses: list[tuple[date, date]] = field(default_factory=list)
    paused_since: date | None = None
    paused_by: str = ""
    extended_by: int = 0
    extensions: int = 0
    due_at: datetime = NEVER
    plan: int = 1
    steps: Sequence[Planned] = ()
    place: int = 0
    breached_at: datetime | None = None
    rung: int = 0
    acknowledged: int = 0
    outcome: str | None = None
    ended_at: datetime | None = None
    ended_fact: str = ""

    @property
    def is_running(self) -> bool:
        return self.outcome is None and self.paused_since is None
