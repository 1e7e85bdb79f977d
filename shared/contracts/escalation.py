"""What escalation says: time as facts. Each event is effective when time made it true, whenever it was noticed."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import EventBody


class DeadlineSetV1(EventBody):
    """A clock started. `derivation_sha256` commits to the stored derivation (docs/architecture.md, Time)."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.set.v1"

    deadline_id: UUID
    rule: str
    rule_version: int
    step: str
    limit: str = Field(description="for example 7 working_day")
    office: str
    started_at: datetime
    due_at: datetime
    calendar: str
    calendar_version: str
    citation: str
    confirmation: str = Field(description="how far the source is confirmed: TEXT, NEWS, RECALL, UNCONFIRMED, DESIGN")
    derivation_sha256: str


class DeadlineMetV1(EventBody):
    """The ending event came in time."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.met.v1"

    deadline_id: UUID
    rule: str
    due_at: datetime
    ended_at: datetime
    ended_by: str = Field(description="type of the event that ended the clock")


class DeadlineEndedV1(EventBody):
    """The clock stopped otherwise: `late` after a breach, or `void` because the step fell away."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.ended.v1"

    deadline_id: UUID
    rule: str
    due_at: datetime
    ended_at: datetime
    ended_by: str
    reason: str = Field(description="late or void")


class DeadlineRemindedV1(EventBody):
    """A share of the limit has passed."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.reminded.v1"

    deadline_id: UUID
    rule: str
    office: str
    percent: int
    due_at: datetime


class DeadlineBreachedV1(EventBody):
    """The limit passed without the ending event. Effective at the due moment."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.breached.v1"

    deadline_id: UUID
    rule: str
    office: str
    due_at: datetime


class PetitionEscalatedV1(EventBody):
    """An overdue step went one level up the tree of offices."""

    TYPE: ClassVar[str] = "petitions.escalation.petition.escalated.v1"

    deadline_id: UUID
    rule: str
    level: int
    from_office: str
    to_office: str
    due_at: datetime
