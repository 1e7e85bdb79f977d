"""What the city's doors are sent and answer, typed. Answers may gain members: unknown ones are kept and do no harm."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from caunoi_sdk.events.words import Channel, Kind, Language, Procedure, Rank, Urgency


class Answer(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Sent(BaseModel):
    """Base of what is sent: what is None is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_json(self) -> dict[str, Any]:
        """Return it as it travels."""
        return self.model_dump(mode="json", exclude_none=True)


class Person(Sent):
    """Who lodges; kept in the city's vault."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None


class Joint(Person):
    """One of several who lodge jointly; those who represent all of them are appointed in writing."""

    is_representative: bool | None = None
    has_signed: bool | None = None


class Lodging(Sent):
    """A petition to be lodged."""

    kind: Kind
    text: str
    jurisdiction: str | None = None
    topic: str | None = None
    commune: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    place: str | None = None
    petitioner: Person | None = None
    channel: Channel | None = None
    language: Language | None = None
    urgency: Urgency | None = None
    against: str | None = None
    against_rank: Rank | None = None
    other_communes: Sequence[str] | None = None
    petitioners: Sequence[Joint] | None = None
    appointed_on: date | None = None


class Paper(Sent):
    """The paper that an act stands on, ``12/QĐ-UBND``."""

    number: str
    issued_on: date


class Point(Sent):
    """What is answered to one of the requests, numbered from 1."""

    request: int
    answer: str


class Receipt(Answer):
    """What who lodges gets. `secret` proves him later and is shown once. A denunciation has a `phrase` and no code."""

    lodged_at: datetime
    code: str | None = None
    secret: str | None = None
    petition_id: UUID | None = None
    phrase: str | None = None
    petitioners: Sequence[str] = ()


class OfficeName(Answer):
    code: str
    name: str


class Status(Answer):
    """What whoever has the code sees."""

    code: str
    kind: str
    state: str
    state_text: str
    office: OfficeName | None
    lodged_at: datetime
    due_at: datetime | None = None
    steps: Sequence[Mapping[str, Any]] = ()


class Found(Answer):
    """A line of a search."""

    code: str
    kind: str
    state: str
    office: OfficeName | None = None
    commune: str | None = None
    lodged_at: datetime
    due_at: datetime | None = None


class Petition(Answer):
    """A petition as the office that has it sees it. `version` is named in the next act; `possible` says which there are."""

    petition_id: UUID
    code: str
    kind: Kind
    procedure: Procedure
    office: str
    state: str
    version: int
    lodged_at: datetime
    possible: Sequence[str] = ()
    evidence: Sequence[UUID] = ()
    requests: Sequence[Any] = ()
    topic: str | None = None
    commune: str | None = None


class Done(Answer):
    """What an act led to. Where it waits for a second person `proposal` names it, and nothing is done yet."""

    code: str
    version: int
    state: str
    office: str | None = None
    possible: Sequence[str] = ()
    effects: Sequence[Mapping[str, Any]] = ()
    proposal: UUID | None = None
    waits_for: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether it was done, and does not wait for a second person."""
        return self.proposal is None


class Deadline(Answer):
    """One clock of a petition; `why_vi` and `why_en` say why it is due then."""

    id: UUID
    rule: str
    rule_version: int
    step: str
    limit: str
    office: str
    started_at: datetime
    due_at: datetime
    state: str
    why_vi: str = ""
    why_en: str = ""


class Attachment(Answer):
    id: UUID
    media_type: str
    size_bytes: int
    sha256: str
    purpose: str


class Health(Answer):
    """Whether a service can do its work, and what is missing."""

    service: str
    is_ready: bool
    problems: Sequence[str] = Field(default_factory=list)
