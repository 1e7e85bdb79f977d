# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What routing says: the directory of offices, and every act of the procedure until a petition is closed."""

from datetime import date
from caunoi_sdk.events.base import OpenWord
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from caunoi_sdk.events.base import EventBody
from caunoi_sdk.events.procedure import LegalAct, OfficeAct
from caunoi_sdk.events.words import Kind, Procedure, Trait, Urgency


class AbsenceV1(BaseModel):
    """Days on which nobody leads an office; what climbs the ladder passes over it."""

    model_config = ConfigDict(frozen=True)

    from_on: date
    to_on: date | None = None


class OfficeRegisteredV1(EventBody):
    """An office entered the directory or its entry changed. The aggregate is ``derived("office", code)``."""

    TYPE: ClassVar[str] = "petitions.routing.office.registered.v1"

    code: str
    jurisdiction: str
    kind: str = Field(description="city, department, commune, unit")
    name_vi: str
    name_en: str
    parent: str | None = None
    is_reception: bool = Field(default=False, description="the pool of unassigned petitions belongs to it")
    mailbox: str | None = Field(default=None, description="the office's official e-mail address, not a person's")
    valid_from: date
    valid_to: date | None = Field(default=None, description="last day on which it is competent")
    successors: list[str] = Field(default_factory=list)
    head: str | None = Field(default=None, description="opaque account of who leads it: who leads two offices is told once")
    absences: list[AbsenceV1] = Field(default_factory=list)


class CompetenceAmendedV1(EventBody):
    """A new competence table applies from a legal day on, after it was tried on the last petitions.

    The aggregate is ``derived("competence", jurisdiction)``.
    """

    TYPE: ClassVar[str] = "petitions.routing.competence.amended.v1"

    jurisdiction: str
    version: str
    valid_from: date
    sha256: str = Field(description="of the file")
    petitions: int = Field(description="on how many of the last petitions it was tried")
    changes: int = Field(description="how many of them it would give to another office")


class RouteBasis(OpenWord):
    """Why this office."""

    COMPETENCE = "competence"
    SOURCE = "source"
    TRANSFER = "transfer"
    UNASSIGNED = "unassigned"


class RouteV1(BaseModel):
    """Which office is competent and why. `superiors` is the ladder above it, nearest first."""

    model_config = ConfigDict(frozen=True)

    office: str
    superiors: list[str]
    basis: RouteBasis
    rule: str | None = Field(default=None, description="rule of the competence table, with basis competence")
    table_version: str | None = None


class PetitionRoutedV1(EventBody):
    """A petition was classified and given to the office that is competent, or to the reception office's pool."""

    TYPE: ClassVar[str] = "petitions.routing.petition.routed.v1"

    code: str
    kind: Kind
    jurisdiction: str
    topic: str | None
    topic_origin: str = Field(description="given, suggested or none")
    commune: str | None
    urgency: Urgency
    is_physical: bool
    route: RouteV1
    procedure: Procedure | None = Field(default=None, description="None: the first procedure of the kind")
    is_over_the_head: bool = Field(default=False, description="a first complaint handed in above who decides it: it is guided")
    traits: list[Trait] = Field(default_factory=list)


class PetitionClassifiedV1(OfficeAct):
    """A person said what it is about, whatever had been suggested. How good suggestions are is counted from these."""

    TYPE: ClassVar[str] = "petitions.routing.petition.classified.v1"

    topic: str
    before: str | None = Field(default=None, description="the topic that it had")
    is_physical: bool = Field(description="it is about a place that can be looked at")
    suggested: list[str] | None = Field(default=None, description="the likeliest first; None: the words could not be asked for")
    model: str | None = Field(default=None, description="version of what suggested")


class PetitionAcceptedV1(OfficeAct):
    """The office took the petition on (thụ lý)."""

    TYPE: ClassVar[str] = "petitions.routing.petition.accepted.v1"

    traits: list[Trait] = Field(default_factory=list, description="circumstances found while accepting, added to the known ones")
    requests: int | None = Field(default=None, description="how many points were written down; the answer addresses each")


class PetitionRefusedV1(OfficeAct):
    """The office declined it on a listed ground, for example KN11_3 (Law on Complaints, art. 11)."""

    TYPE: ClassVar[str] = "petitions.routing.petition.refused.v1"

    ground: str


class PetitionTransferredV1(LegalAct):
    """The petition moved to another office. The citizen's clocks go on."""

    TYPE: ClassVar[str] = "petitions.routing.petition.transferred.v1"

    from_office: str
    reason: str = Field(description="reason code; the officer's words stay in routing")
    route: RouteV1


class PetitionAnsweredV1(OfficeAct):
    """The office answered. The text stays in routing; its digest stands here."""

    TYPE: ClassVar[str] = "petitions.routing.petition.answered.v1"

    answer_sha256: str | None = Field(default=None, description="None where the source gives no text (import)")
    evidence: list[UUID] = Field(default_factory=list)
    approved_by: str | None = Field(default=None, description="second person who approved it, where the procedure needs one")


class PetitionClosedV1(OfficeAct):
    """The procedure ended."""

    TYPE: ClassVar[str] = "petitions.routing.petition.closed.v1"

    outcome: str = Field(description="answered, refused, guided, terminated, withdrawn or closed_at_source")
