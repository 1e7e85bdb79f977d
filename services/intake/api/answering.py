"""Doors to the answer for whoever asked: by code and secret, or by the phrase of a denunciation. Both travel in bodies."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from services.intake.api.doors import Doors
from services.intake.api.rendering import office_shown
from services.intake.domain.phrase import CHARACTERS_MAX
from services.intake.handlers import answering
from services.intake.handlers.answering import Given
from services.intake.handlers.petitioning import Around, Said
from shared.telemetry import current_traceparent
from shared.web import language_of

SECRET_CHARACTERS_MAX = 40
NO_STORE = {"Cache-Control": "no-store"}


class PetitionerProves(BaseModel):
    """What proves that somebody is a petitioner: the secret of his receipt."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(max_length=SECRET_CHARACTERS_MAX)


class DenouncerProves(BaseModel):
    """What proves that somebody denounced: the phrase of his receipt."""

    model_config = ConfigDict(extra="forbid")

    phrase: str = Field(max_length=CHARACTERS_MAX, description="eight words, with or without accents")


class Point(BaseModel):
    """One point of an answer, and the request that it answers."""

    number: int
    request: str | None = Field(description="as it was written down; null where it was asked in another petition")
    answer: str


class Contest(BaseModel):
    """Whether you may contest the answer now, and the last day for it where one is known."""

    is_possible: bool
    until: str | None


class AnswerShown(BaseModel):
    """What the office answered, and what you can do about it."""

    text: str | None = Field(description="the whole answer; null where no words are kept")
    points: list[Point]
    grounds: list[str] = Field(description="what it rests on")
    appeal: str | None = Field(description="what can be done against it, as the office says it")
    answered_at: str
    office: dict[str, str] | None
    evidence: list[UUID] = Field(description="files that show it: `answer/files/{id}`")
    is_standing: bool = Field(description="false where it has fallen away or was contested")
    can_judge: bool = Field(description="you may say whether you are satisfied")
    contest: Contest


def answering_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api")
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)

    @router.post("/petitions/{code}/answer", tags=["petitioner"])
    async def answer(code: str, request: Request, proof: Annotated[PetitionerProves, Body()], response: Response) -> AnswerShown:
        """Read what the office answered you."""
        response.headers.update(NO_STORE)
        said = _said(doors, request, code, proof.secret)
        return _shown(await answering.answer(said, around), said.language)

    @router.post("/petitions/{code}/answer/files/{attachment_id}", tags=["petitioner"], response_class=Response)
    async def file(code: str, attachment_id: UUID, request: Request, proof: Annotated[PetitionerProves, Body()]) -> Response:
        """Fetch a file that the answer shows."""
        return await _file(doors, _said(doors, request, code, proof.secret), attachment_id, around)

    @router.post("/sealed/answer", tags=["sealed"])
    async def conclusion(request: Request, proof: Annotated[DenouncerProves, Body()], response: Response) -> AnswerShown:
        """Read the conclusion on what you denounced (Law on Denunciations art. 40)."""
        response.headers.update(NO_STORE)
        said = _said(doors, request, None, proof.phrase)
        return _shown(await answering.answer(said, around), said.language)

    @router.post("/sealed/answer/files/{attachment_id}", tags=["sealed"], response_class=Response)
    async def sealed_file(attachment_id: UUID, request: Request, proof: Annotated[DenouncerProves, Body()]) -> Response:
        """Fetch a file that the conclusion shows."""
        return await _file(doors, _said(doors, request, None, proof.phrase), attachment_id, around)

    return router


def _said(doors: Doors, request: Request, code: str | None, secret: str) -> Said:
    return Said(code, secret, None, language_of(request), doors.clock.now(), current_traceparent())


async def _file(doors: Doors, said: Said, attachment_id: UUID, around: Around) -> Response:
    attachment, data = await answering.file_of(said, attachment_id, around, doors.files)
    return Response(data, media_type=attachment.media_type, headers={"Content-Disposition": "attachment", **NO_STORE})


def _shown(given: Given, language: str) -> AnswerShown:
    parts: dict[str, Any] = dict(given.parts)
    return AnswerShown(
        text=parts.get("text"),
        points=[Point(**point) for point in parts.get("points", ())],
        grounds=parts.get("grounds", []),
        appeal=parts.get("appeal"),
        answered_at=given.answered_at.isoformat(),
        office=office_shown(given.view, given.office, language),
        evidence=parts.get("evidence", []),
        is_standing=given.is_standing,
        can_judge=given.can_judge,
        contest=Contest(is_possible=given.can_contest, until=given.contest_until),
    )
