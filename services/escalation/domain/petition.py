"""A petition as the clocks see it, and the facts that are heard of it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.escalation.domain.rules import NONE, Facts
from services.escalation.domain.tree import Holder


@dataclass(frozen=True, slots=True)
class Source:
    """What the system that a petition was imported from says of its time."""

    system: str
    due_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Matter:
    """What decides which rules speak about a petition."""

    kind: str
    procedure: str
    jurisdiction: str
    channel: str
    urgency: str
    traits: Facts = NONE


@dataclass(frozen=True, slots=True)
class Petition:
    """`holder` is None until somebody has the duty."""

    id: UUID
    code: str
    matter: Matter
    lodged_at: datetime
    correlation_id: UUID
    is_sealed: bool = False
    source: Source | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that became true of a petition at `at`; `event` is the type of the event that says so.

    What it carries beside depends on its name: a new holder, another matter, a ground, a rule and an amount, a planned day.
    """

    name: str
    at: datetime
    event: str
    holder: Holder | None = None
    kind: str | None = None
    procedure: str | None = None
    urgency: str | None = None
    traits: Facts = NONE
    ground: str | None = None
    rule: str | None = None
    amount: int = 0
    planned_on: date | None = None
