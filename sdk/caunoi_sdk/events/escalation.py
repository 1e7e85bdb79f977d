# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What escalation says: time as facts. Each event is effective when time made it true, whenever it was noticed.

`plan` numbers the plans of one deadline: 1 when it is set, one more each time it is moved. `tell_from` is the earliest instant at
which the people of the office are to be told: at once while their office is open or where `is_urgent`, else when it opens next.
"""

from datetime import date, datetime
from caunoi_sdk.events.base import OpenWord
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from caunoi_sdk.events.base import EventBody

FIRST_PLAN = 1


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
    nature: str = Field(default="duty", description="duty of an office, window of a petitioner, or effect of time")
    is_service_level: bool = Field(default=False, description="no confirmed source: the office's own promise, no legal claim")
    occurrence: int = Field(default=1, description="a repeating duty starts again with each fact; its number")
    concerns_petitioner: bool = Field(default=True, description="False: a duty inside the procedure, a window, an effect")


class MoveReason(OpenWord):
    """Why a due moment is another one now."""

    RESUMED = "resumed"
    EXTENDED = "extended"
    REOPENED = "reopened"
    UNMERGED = "unmerged"
    CALENDAR_AMENDED = "calendar_amended"
    RULE_AMENDED = "rule_amended"


class DeadlinePausedV1(EventBody):
    """A suspension stopped the clock. There is no due moment until it is resumed; `due_at` is the one it had."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.paused.v1"

    deadline_id: UUID
    rule: str
    office: str
    due_at: datetime
    plan: int
    paused_on: date = Field(description="first day that is not counted")
    ground: str | None = None
    concerns_petitioner: bool = Field(default=True, description="False: a duty inside the procedure")
    withdraws_breach: bool = Field(default=False, description="the act was true before the breach that had been recorded")


class DeadlineMovedV1(EventBody):
    """A recorded act gave the deadline another due moment, or set it running again towards the old one."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.moved.v1"

    deadline_id: UUID
    rule: str
    rule_version: int
    office: str
    plan: int
    reason: MoveReason
    from_due_at: datetime
    due_at: datetime
    due_without_extension_at: datetime
    limit: str
    calendar: str
    calendar_version: str
    derivation_sha256: str
    withdraws_breach: bool = Field(default=False, description="the act was true before the breach that had been recorded")
    amendment_id: UUID | None = None
    tell_from: datetime | None = None
    concerns_petitioner: bool = Field(default=True, description="False: a duty inside the procedure")


class DeadlineMetV1(EventBody):
    """The ending event came in time."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.met.v1"

    deadline_id: UUID
    rule: str
    due_at: datetime
    ended_at: datetime
    ended_by: str = Field(description="type of the event that ended the clock")
    is_on_time_without_extension: bool = True


class DeadlineEndedV1(EventBody):
    """The clock stopped otherwise: late after a breach, void because the step fell away, lapsed or in_force by time."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.ended.v1"

    deadline_id: UUID
    rule: str
    due_at: datetime
    ended_at: datetime
    ended_by: str
    reason: str = Field(description="late, void, lapsed (a petitioner's window) or in_force (an effect of time)")
    because: str | None = Field(default=None, description="the fact in a word: withdrawn, merged, transferred, refused ...")


class DeadlineRemindedV1(EventBody):
    """A share of the limit has passed."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.reminded.v1"

    deadline_id: UUID
    rule: str
    office: str
    percent: int
    due_at: datetime
    plan: int = FIRST_PLAN
    tell_from: datetime | None = None
    is_urgent: bool = False
    concerns_petitioner: bool = Field(default=True, description="False: a duty inside the procedure")


class DeadlineBreachedV1(EventBody):
    """The limit passed without the ending event. Effective at the due moment."""

    TYPE: ClassVar[str] = "petitions.escalation.deadline.breached.v1"

    deadline_id: UUID
    rule: str
    office: str
    due_at: datetime
    plan: int = FIRST_PLAN
    tell_from: datetime | None = None
    is_urgent: bool = False
    concerns_petitioner: bool = Field(default=True, description="False: a duty inside the procedure")


class PetitionEscalatedV1(EventBody):
    """An overdue step went up the tree of offices: the office above is told, and acknowledges or it climbs on."""

    TYPE: ClassVar[str] = "petitions.escalation.petition.escalated.v1"

    deadline_id: UUID
    rule: str
    level: int
    from_office: str
    to_office: str
    due_at: datetime
    plan: int = FIRST_PLAN
    climb: int = Field(default=0, description="0 as planned; else how often this level climbed on for want of an acknowledgement")
    action: str | None = Field(default=None, description="what the office above is to do, for example demand_resolution")
    basis: str | None = Field(default=None, description="article that provides for it; None: an internal warning")
    acknowledge_by: datetime | None = Field(default=None, description="unless acknowledged by then it climbs on")
    tell_from: datetime | None = None
    is_urgent: bool = False
    concerns_petitioner: bool = Field(default=True, description="False: a duty inside the procedure")


class EscalationAcknowledgedV1(EventBody):
    """A named person (the actor) of the office above took note. The words stay in escalation, their digest stands here."""

    TYPE: ClassVar[str] = "petitions.escalation.escalation.acknowledged.v1"

    deadline_id: UUID
    rule: str
    office: str
    level: int = Field(description="this level and those below it are acknowledged")
    note_sha256: str


class ChangedDayV1(BaseModel):
    """One day of a calendar that is another one than before."""

    model_config = ConfigDict(frozen=True)

    day: date
    is_worked: bool
    name: str
    source: str
    announced_on: date


class CalendarAmendedV1(EventBody):
    """A calendar changed. Running deadlines that it re-dates each say so in a `deadline.moved` with this amendment's id.

    The aggregate is ``derived("calendar", calendar)``.
    """

    TYPE: ClassVar[str] = "petitions.escalation.calendar.amended.v1"

    amendment_id: UUID
    calendar: str
    from_version: str
    to_version: str
    days: list[ChangedDayV1]
    moves: int = Field(description="how many running deadlines it re-dates")


class RuleAmendedV1(EventBody):
    """A rule changed. The aggregate is ``derived("rule", rule)``; moves as with a calendar."""

    TYPE: ClassVar[str] = "petitions.escalation.rule.amended.v1"

    amendment_id: UUID
    rule: str
    versions: list[int]
    content_sha256: str
    source: str
    announced_on: date
    moves: int


class CalendarMissingV1(EventBody):
    """On 1 December next year's holidays had not been entered. The aggregate is ``derived("calendar", calendar)``."""

    TYPE: ClassVar[str] = "petitions.escalation.calendar.missing.v1"

    calendar: str
    year: int
    jurisdictions: list[str]
