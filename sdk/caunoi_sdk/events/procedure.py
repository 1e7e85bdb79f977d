# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What routing says of acts that pause, lengthen, end or revive the law's clocks, and of steps recorded in the file.

An act is effective when it became true in law. Where a person entered that time, `entry` says when, by whom and on what evidence.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from caunoi_sdk.events.base import EventBody
from caunoi_sdk.events.words import Conflict, Rank, Step


class DocumentV1(BaseModel):
    """The paper an act stands on."""

    model_config = ConfigDict(frozen=True)

    number: str
    issued_on: date


class EntryV1(BaseModel):
    """How a legal time came in that a person entered: beside the event's `effective_at`, when and on what evidence."""

    model_config = ConfigDict(frozen=True)

    entered_at: datetime
    entered_by: str = Field(description="actor who entered it")
    evidence: str = Field(description="number of the paper, or id of the stored file, that shows the time")
    confirmed_by: str | None = Field(default=None, description="second person, where it lies further back than one alone may say")


class LegalAct(EventBody):
    """Base of every act: `entry` is None where the act is effective as it is recorded."""

    entry: EntryV1 | None = None


class OfficeAct(LegalAct):
    """Base of the acts of one office."""

    office: str


class PetitionSuspendedV1(OfficeAct):
    """The office suspended the resolution by a written decision, on a listed ground (complaints: Decree 124/2020 art. 28b)."""

    TYPE: ClassVar[str] = "petitions.routing.petition.suspended.v1"

    ground: str
    document: DocumentV1


class PetitionResumedV1(OfficeAct):
    """The office decided to continue. The remaining time runs on from that day."""

    TYPE: ClassVar[str] = "petitions.routing.petition.resumed.v1"

    document: DocumentV1


class PetitionExtendedV1(OfficeAct):
    """The office took more time for one step, on a listed ground, in writing, within the ceiling of the law."""

    TYPE: ClassVar[str] = "petitions.routing.petition.extended.v1"

    rule: str = Field(description="the rule whose limit is extended, for example KN1.RESOLVE")
    ground: str
    amount: int = Field(description="how much is added, in the rule's own unit")
    unit: str
    document: DocumentV1


class PetitionTerminatedV1(OfficeAct):
    """The office ended the resolution by a written decision, without deciding the matter, on a listed ground."""

    TYPE: ClassVar[str] = "petitions.routing.petition.terminated.v1"

    ground: str
    document: DocumentV1


class StepRecordedV1(OfficeAct):
    """A step of the file was done: a decision sent, a dialogue held. `planned_on` is the day that a call announces."""

    TYPE: ClassVar[str] = "petitions.routing.step.recorded.v1"

    step: Step
    document: DocumentV1 | None = None
    planned_on: date | None = None


class PetitionGuidedV1(OfficeAct):
    """The petitioner was shown the competent body; this office does not handle the petition."""

    TYPE: ClassVar[str] = "petitions.routing.petition.guided.v1"

    to_body: str = Field(description="office code, or a word of OutsideBody")
    ground: str | None = Field(default=None, description="listed reason, for example over_the_head")


class PetitionReturnedV1(OfficeAct):
    """The petition went back to the office that had sent it. The citizen's clocks go on."""

    TYPE: ClassVar[str] = "petitions.routing.petition.returned.v1"

    from_office: str
    reason: str
    superiors: list[str] = Field(default_factory=list, description="ladder above `office`, nearest first")


class DenouncedNamedV1(OfficeAct):
    """The head said to which office who is denounced belongs, which nobody had said when it was lodged.

    Until then, and where it is the very office that has the petition, its head alone sees it (Decree 31/2019 art. 5).
    """

    TYPE: ClassVar[str] = "petitions.routing.denounced.named.v1"

    against: str
    against_rank: Rank


class ContentRevealedV1(EventBody):
    """A person (the event's actor) read what an office wrote about a petition: which fields, and for what purpose."""

    TYPE: ClassVar[str] = "petitions.routing.content.revealed.v1"

    fields: list[str] = Field(description="requests, answer, proposals, contested")
    purpose: str = Field(description="a word of ReadingPurpose")


class PersonExcludedV1(OfficeAct):
    """Somebody may have nothing to do with the petition: `person` is the actor that he is in events."""

    TYPE: ClassVar[str] = "petitions.routing.person.excluded.v1"

    person: str
    why: Conflict


class PetitionContestedV1(OfficeAct):
    """The petitioner contested the answer within the limit."""

    TYPE: ClassVar[str] = "petitions.routing.petition.contested.v1"


class PetitionReopenedV1(OfficeAct):
    """The answer fell away. Clocks that it had ended run again towards the same due moment."""

    TYPE: ClassVar[str] = "petitions.routing.petition.reopened.v1"

    reason: str


class PetitionMergedV1(OfficeAct):
    """The petition is handled together with another one of the same content."""

    TYPE: ClassVar[str] = "petitions.routing.petition.merged.v1"

    into: UUID


class PetitionUnmergedV1(OfficeAct):
    """The merge is undone. Clocks that it had ended run again towards the same due moment."""

    TYPE: ClassVar[str] = "petitions.routing.petition.unmerged.v1"

    out_of: UUID
