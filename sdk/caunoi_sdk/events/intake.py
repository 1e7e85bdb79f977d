# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What intake says. No name, contact or free text: those stay in the identity vault and are fetched by right."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from caunoi_sdk.events.base import EventBody
from caunoi_sdk.events.words import Channel, Kind, Language, Procedure, Rank, Urgency


class SourceFactsV1(BaseModel):
    """What the system that a petition was imported from says of it. Instants are aware UTC."""

    model_config = ConfigDict(frozen=True)

    system: str = Field(description="name of the source, for example boston311")
    reference: str = Field(description="the source's own number")
    office: str | None = Field(default=None, description="office code, where the source names the office")
    due_at: datetime | None = Field(default=None, description="the due moment that the source gives")
    closed_at: datetime | None = Field(default=None, description="when the source says it was closed")


class PetitionLodgedV1(EventBody):
    """A petition was lodged. `code` is the receipt number people use. A denunciation carries no place and no topic."""

    TYPE: ClassVar[str] = "petitions.intake.petition.lodged.v1"

    code: str
    kind: Kind
    jurisdiction: str
    topic: str | None = None
    commune: str | None = None
    latitude: float | None = Field(default=None, description="rounded to about 50 m")
    longitude: float | None = Field(default=None, description="rounded to about 50 m")
    channel: Channel
    language: Language
    urgency: Urgency | None = Field(default=None, description="as given by the clerk; None: routing decides")
    is_reachable: bool = Field(description="the petitioner left a contact")
    is_physical: bool = Field(description="it is about a place that can be looked at")
    has_text: bool = True
    source: SourceFactsV1 | None = None
    procedure: Procedure | None = Field(default=None, description="as lodged, for example complaint.second; None: the first one")
    follows: UUID | None = Field(default=None, description="the petition whose answer this one contests")
    against: str | None = Field(default=None, description="office whose decision is complained of, or of who is denounced")
    against_rank: Rank | None = Field(default=None, description="of who is denounced, in that office")
    other_communes: list[str] = Field(default_factory=list, description="communes that it concerns beside `commune`")
    received_by: str | None = Field(default=None, description="office at whose counter it was handed in")
    part_of: UUID | None = Field(default=None, description="the petition of mixed content that this one was taken out of")
    petitioners: int | None = Field(default=None, description="how many lodged it jointly; None: one")
    commune_origin: str | None = Field(
        default=None,
        description="how it is known: name, former, polygon, nearest; split: a former one that went into several; None: given",
    )
    content_commitment: str | None = Field(
        default=None,
        description="SHA-256 (hexadecimal) of what was lodged, salted: who has the receipt can prove by it what that was",
    )


class PetitionJoinedV1(EventBody):
    """A further person stands behind the petition: one of those who lodged it jointly, or one who joined it later.

    `petitioner_id` says nothing of who he is; `petitioners` counts persons, not messages.
    """

    TYPE: ClassVar[str] = "petitions.intake.petition.joined.v1"

    petitioner_id: UUID
    is_reachable: bool = Field(description="left a contact")
    language: Language
    is_representative: bool = Field(description="speaks for all who lodged it jointly")
    petitioners: int


class PetitionerWithdrawnV1(EventBody):
    """One of several took the petition back for himself: it goes on for the others. The first one's id is the petition's."""

    TYPE: ClassVar[str] = "petitions.intake.petitioner.withdrawn.v1"

    petitioner_id: UUID
    petitioners: int = Field(description="persons who still stand behind it")


class AttachmentV1(BaseModel):
    """A stored file: digest of the bytes as stored, never its name."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    media_type: str
    size_bytes: int
    sha256: str
    purpose: str = Field(description="petition or evidence")


class PetitionSupplementedV1(EventBody):
    """Files were added to a petition."""

    TYPE: ClassVar[str] = "petitions.intake.petition.supplemented.v1"

    attachments: list[AttachmentV1]


class IdentityRevealedV1(EventBody):
    """A person (the event's actor) read protected data of a petition: which fields, and for what purpose."""

    TYPE: ClassVar[str] = "petitions.intake.identity.revealed.v1"

    fields: list[str]
    purpose: str = Field(description="a word of ReadingPurpose")


class CopyIssuedV1(EventBody):
    """A copy of what was lodged was made that does not show who wrote it, for the verifiers that are named by their ids."""

    TYPE: ClassVar[str] = "petitions.intake.copy.issued.v1"

    copy_id: UUID
    verifiers: list[str]


class ContentErasedV1(EventBody):
    """What the petitioner said was erased: its keys are destroyed. It was closed so many years ago as its rule says."""

    TYPE: ClassVar[str] = "petitions.intake.content.erased.v1"

    closed_at: datetime
    years: int


class RetentionHeldV1(EventBody):
    """It is held back from being erased, for a reason of a list."""

    TYPE: ClassVar[str] = "petitions.intake.retention.held.v1"

    reason: str


class RetentionReleasedV1(EventBody):
    """It is held back no longer."""

    TYPE: ClassVar[str] = "petitions.intake.retention.released.v1"


class AnswerPublishedV1(EventBody):
    """The answer or conclusion was made public, without anything of the petitioner."""

    TYPE: ClassVar[str] = "petitions.intake.answer.published.v1"

    publication_id: UUID


class PetitionSplitV1(EventBody):
    """Mixed content was taken apart (Decree 154/2026 art. 14): each part is a petition of its own. Sealed parts are not named."""

    TYPE: ClassVar[str] = "petitions.intake.petition.split.v1"

    parts: list[UUID]


class PetitionRatedV1(EventBody):
    """What the petitioner says of the answer, beside what the office says. The words stay in the vault."""

    TYPE: ClassVar[str] = "petitions.intake.petition.rated.v1"

    is_satisfied: bool
    petitioner_id: UUID | None = Field(default=None, description="which of several; None: the first one")


class PetitionCommentedV1(EventBody):
    """Somebody added words for the office to an open field report; they stay in the vault. `number` counts its comments."""

    TYPE: ClassVar[str] = "petitions.intake.petition.commented.v1"

    number: int


class PetitionWithdrawnV1(EventBody):
    """Every petitioner withdrew. A partial withdrawal ends nothing."""

    TYPE: ClassVar[str] = "petitions.intake.petition.withdrawn.v1"
