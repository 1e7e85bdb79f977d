"""What officers ask for, as it comes in: one model per act, each of which is the domain's command."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.routing.domain.commands import (
    Accept,
    Answer,
    Classify,
    Close,
    Command,
    Convert,
    Document,
    Extend,
    Guide,
    Merge,
    Record,
    Refuse,
    Reopen,
    Resume,
    Return,
    Suspend,
    Terminate,
    Transfer,
    Unmerge,
)
from services.routing.domain.competence import Basis, Route
from services.routing.domain.entry import Stated, stated
from shared.contracts.words import Procedure, Step, Trait

ANSWER_CHARACTERS_MAX = 20_000
EVIDENCE_MAX = 10
CODE_CHARACTERS_MAX = 64
TEXT_CHARACTERS_MAX = 200
AMOUNT_MAX = 1_000
VERSION_MAX = 2_147_483_647
REQUESTS_MAX = 20
WORDS_CHARACTERS_MAX = 2_000

_PAPER_NUMBER = r"^[A-Za-zĐđ./-]{0,40}[0-9][0-9A-Za-zĐđ./-]{0,59}$"


def _paper_number(written: str) -> str:
    if not re.fullmatch(_PAPER_NUMBER, written):
        raise PydanticCustomError("paper_number", "this is no number of a paper")
    return written


PaperNumber = Annotated[
    str,
    AfterValidator(_paper_number),
    Field(description="number of a paper (12/QĐ-UBND), or id of a stored file", json_schema_extra={"pattern": _PAPER_NUMBER}),
]
"""It travels in events: neither spaces nor accented letters, so that no name or remark can stand there."""
Words = Annotated[str, Field(min_length=1, max_length=WORDS_CHARACTERS_MAX)]


class ActRequest(BaseModel):
    """An act on the version of the petition that the officer has seen.

    `effective_at` states when it became true in law, where that is not now; `time_evidence` is the number of the paper, or the id
    of the stored file, that shows it. Further back than the city allows, a second person confirms.
    """

    model_config = ConfigDict(extra="forbid")
    ACT: ClassVar[str] = ""

    version: int | None = Field(
        default=None, ge=0, le=VERSION_MAX, description="from GET /petitions/{code}, unless If-Match says it"
    )
    effective_at: AwareDatetime | None = None
    time_evidence: PaperNumber | None = None

    def command(self) -> Command:
        """Return the command that is asked for."""
        raise NotImplementedError

    def stated(self) -> Stated | None:
        """Return the stated time. Raises Malformed where time or evidence stands alone."""
        return stated(self.effective_at, self.time_evidence)


class DocumentRequest(BaseModel):
    """The paper that an act stands on."""

    model_config = ConfigDict(extra="forbid")

    number: PaperNumber
    issued_on: date

    def document(self) -> Document:
        return Document(self.number, self.issued_on)


class AcceptRequest(ActRequest):
    ACT: ClassVar[str] = "accept"
    traits: list[Trait] = Field(default_factory=list, description="circumstances found on which limits depend")
    requests: list[Words] = Field(
        default_factory=list, max_length=REQUESTS_MAX, description="what is asked for, point by point: the answer addresses each"
    )

    def command(self) -> Command:
        return Accept(tuple(sorted({str(trait) for trait in self.traits})), tuple(self.requests))


class RefuseRequest(ActRequest):
    ACT: ClassVar[str] = "refuse"
    ground: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed ground: GET /grounds")

    def command(self) -> Command:
        return Refuse(self.ground)


class GuideRequest(ActRequest):
    ACT: ClassVar[str] = "guide"
    ground: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed ground: GET /grounds")
    to_body: str = Field(
        min_length=1, max_length=CODE_CHARACTERS_MAX, description="office code, or a body outside the city: GET /grounds"
    )

    def command(self) -> Command:
        return Guide(self.ground, self.to_body)


class ReturnRequest(ActRequest):
    ACT: ClassVar[str] = "return"
    reason: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed reason: GET /grounds")

    def command(self) -> Command:
        return Return(self.reason)


class ConvertRequest(ActRequest):
    ACT: ClassVar[str] = "convert"
    procedure: Procedure
    reason: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed reason: GET /grounds")

    def command(self) -> Command:
        return Convert(str(self.procedure), self.reason)


class ClassifyRequest(ActRequest):
    ACT: ClassVar[str] = "classify"
    topic: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a topic: GET /topics", examples=["ngap-ung"])

    def command(self) -> Command:
        return Classify(self.topic)


class TransferRequest(ActRequest):
    ACT: ClassVar[str] = "transfer"
    to_office: str = Field(max_length=CODE_CHARACTERS_MAX)
    reason: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed reason: GET /grounds")

    def command(self) -> Command:
        return Transfer(Route(self.to_office, (), Basis.TRANSFER), self.reason)


class PointRequest(BaseModel):
    """What is answered to one request; they are numbered from 1 as they were written down when the petition was accepted."""

    model_config = ConfigDict(extra="forbid")

    request: int = Field(ge=1, le=REQUESTS_MAX)
    answer: Words


class AnswerRequest(ActRequest):
    """An answer. A complaint's or denunciation's waits for a second person."""

    ACT: ClassVar[str] = "answer"
    text: str = Field(max_length=ANSWER_CHARACTERS_MAX)
    evidence: list[UUID] = Field(default_factory=list, max_length=EVIDENCE_MAX)
    points: list[PointRequest] = Field(default_factory=list, max_length=REQUESTS_MAX)
    grounds: list[Words] = Field(default_factory=list, max_length=REQUESTS_MAX, description="what the answer rests on")
    appeal: Words | None = Field(default=None, description="what the petitioner can do against it, where and until when")

    def command(self) -> Command:
        return Answer(
            self.text,
            tuple(str(item) for item in self.evidence),
            tuple((point.request, point.answer) for point in self.points),
            tuple(self.grounds),
            self.appeal,
        )


class CloseRequest(ActRequest):
    ACT: ClassVar[str] = "close"

    def command(self) -> Command:
        return Close()


class SuspendRequest(ActRequest):
    ACT: ClassVar[str] = "suspend"
    ground: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed ground: docs/rules.md")
    document: DocumentRequest

    def command(self) -> Command:
        return Suspend(self.ground, self.document.document())


class ResumeRequest(ActRequest):
    ACT: ClassVar[str] = "resume"
    document: DocumentRequest

    def command(self) -> Command:
        return Resume(self.document.document())


class ExtendRequest(ActRequest):
    ACT: ClassVar[str] = "extend"
    rule: str = Field(max_length=CODE_CHARACTERS_MAX, description="the rule whose limit is extended, for example KN1.RESOLVE")
    ground: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed ground: docs/rules.md")
    amount: int = Field(ge=1, le=AMOUNT_MAX, description="how much is added, in the rule's own unit")
    document: DocumentRequest

    def command(self) -> Command:
        return Extend(self.rule, self.ground, self.amount, self.document.document())


class TerminateRequest(ActRequest):
    ACT: ClassVar[str] = "terminate"
    ground: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed ground: GET /grounds")
    document: DocumentRequest

    def command(self) -> Command:
        return Terminate(self.ground, self.document.document())


class RecordRequest(ActRequest):
    ACT: ClassVar[str] = "record"
    step: Step
    document: DocumentRequest | None = None
    planned_on: date | None = Field(default=None, description="the day that a call announces")

    def command(self) -> Command:
        return Record(self.step, self.document.document() if self.document else None, self.planned_on)


class ReopenRequest(ActRequest):
    ACT: ClassVar[str] = "reopen"
    reason: str = Field(max_length=CODE_CHARACTERS_MAX, description="code of a listed reason: GET /grounds")

    def command(self) -> Command:
        return Reopen(self.reason)


class MergeRequest(ActRequest):
    ACT: ClassVar[str] = "merge"
    into: str = Field(min_length=1, max_length=CODE_CHARACTERS_MAX, pattern=r"^[0-9A-Za-z-]+$", description="code of the lead")

    def command(self) -> Command:
        return Merge(self.into)


class UnmergeRequest(ActRequest):
    ACT: ClassVar[str] = "unmerge"

    def command(self) -> Command:
        return Unmerge()


REQUESTS: Mapping[str, type[ActRequest]] = MappingProxyType(
    {
        model.ACT: model
        for model in (
            AcceptRequest,
            RefuseRequest,
            GuideRequest,
            TransferRequest,
            ReturnRequest,
            ConvertRequest,
            ClassifyRequest,
            AnswerRequest,
            CloseRequest,
            SuspendRequest,
            ResumeRequest,
            ExtendRequest,
            TerminateRequest,
            RecordRequest,
            ReopenRequest,
            MergeRequest,
            UnmergeRequest,
        )
    }
)
"""By act: a proposal is read again when a second person confirms it."""
