"""The answer that tells a petition's life, as it is read by people's programs. Only optional fields may be added."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.audit.wire.telling import GapAnswer


class CauseAnswer(BaseModel):
    """The event that this one answers. `position` is null where it is not in the log."""

    event_id: UUID
    source: str
    version: int
    position: int | None


class StandAnswer(BaseModel):
    """How a clock stands. `due_at` is null while it is paused, `outcome` says how it ended."""

    state: str = Field(description="running, paused or ended")
    due_at: datetime | None
    is_breached: bool
    level: int = Field(description="how far up the ladder its breach was told")
    outcome: str | None = Field(description="met, late, void, lapsed or in_force")


class ClockChangeAnswer(BaseModel):
    """What an event did to one clock, itself or through what it caused. `before` is null where it was not set yet."""

    deadline_id: str
    rule: str
    step: str
    before: StandAnswer | None
    after: StandAnswer


class ClockAnswer(BaseModel):
    """A clock of the petition and how it stands after everything; `set_at` is the position of the event that set it."""

    deadline_id: str
    rule: str
    rule_version: int | None
    step: str
    nature: str = Field(description="duty, window or effect")
    set_at: int
    stand: StandAnswer


class EventAnswer(BaseModel):
    """One event of a petition's life."""

    position: int = Field(description="place in the log")
    depth: int = Field(description="0: caused by no event; else one more than its cause")
    id: UUID
    source: str
    version: int
    type: str
    title: str
    effective_at: datetime = Field(description="when it became true in law")
    recorded_at: datetime = Field(description="when its service noticed")
    heard_at: datetime = Field(description="when audit wrote it down")
    lateness_seconds: float = Field(description="recorded_at minus effective_at")
    actor: str
    authority: str | None = Field(description="right that was used, as officer@hanoi-00070; null before it was recorded")
    office: str | None
    cause: CauseAnswer | None
    effects: list[int] = Field(description="positions of the events that name this one as their cause")
    rule: dict[str, object] | None = Field(description="the rule, table or ground that it was decided by")
    clocks: list[ClockChangeAnswer] = Field(description="clocks before and after it and what it caused")
    facts: Mapping[str, object]
    is_readable: bool = Field(description="false: the body is no JSON object; the log keeps its bytes as they came")
    body_sha256: str
    body_bytes: int
    is_sealed: bool
    stream: str
    stream_seq: int
    correlation_id: UUID
    trace_id: str | None


class OddityAnswer(BaseModel):
    """Something that cannot be right or calls for a word: what it is, what shows it, at which event."""

    kind: str
    position: int
    text: str
    why: str
    facts: Mapping[str, str]


class ReadingAnswer(BaseModel):
    """Somebody read personal data of the petition, had a copy made, or took its trace out."""

    position: int
    at: datetime
    what: str = Field(description="identity, content, copy or export")
    title: str
    actor: str
    authority: str | None
    fields: list[str]
    purpose: str | None
    verifiers: list[str] = Field(description="accounts for whom a copy was made")


class RelatedAnswer(BaseModel):
    """Another petition that belongs to this one; by which event is in the facts of the one that says so."""

    relation: str = Field(
        description="follows, part_of, merged_into, unmerged_from: what this one is to it; "
        "followed_by, has_part, has_merged, has_unmerged: what it is to this one"
    )
    petition_id: UUID
    code: str | None


class RecordDifferenceOfOne(BaseModel):
    """What is not alike in the log and in a service's own record: missing_here, missing_there or changed."""

    kind: str
    means: str
    version: int
    event_id: UUID
    type: str
    position: int | None = Field(description="in the log; null where it is missing there")
    fields: list[str] = Field(description="those that are not alike")


class RecordAnswer(BaseModel):
    """A service's own record of the petition, held against the log."""

    service: str
    state: str = Field(description="agrees, differs, on_its_way (something was said a moment ago) or away (no answer)")
    text: str
    events: int = Field(description="of this service in the log")
    on_their_way: int
    differences: list[RecordDifferenceOfOne]


class TraceAnswer(BaseModel):
    """A petition's whole life in the order of the log.

    `is_complete`: no service's numbering has a gap. `is_verified`: every service was asked, answered and keeps just what the log
    holds. Only where both are so the verdict is `complete`.
    """

    petition_id: UUID
    code: str | None
    kind: str | None = Field(description="as it was lodged; null where that is missing")
    is_sealed: bool
    office: str | None = Field(description="who has it now")
    is_complete: bool
    is_verified: bool
    verdict: str = Field(description="complete, incomplete (something is missing or differs) or unverified")
    verdict_text: str
    gaps: list[GapAnswer]
    oddities: list[OddityAnswer]
    unjudged: list[str] = Field(description="kinds of oddities that could not be looked for just now")
    records: list[RecordAnswer] | None = Field(description="null where the comparison was not asked for")
    readings: list[ReadingAnswer]
    related: list[RelatedAnswer]
    clocks: list[ClockAnswer]
    events: list[EventAnswer]
