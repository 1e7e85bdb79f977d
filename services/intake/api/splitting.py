"""Doors: mixed content is taken apart by an officer of the office that has it; who wrote it gets the phrases of sealed parts."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from services.intake.api.answering import NO_STORE, DenouncerProves, PetitionerProves
from services.intake.api.doors import Doors
from services.intake.domain.lodging import (
    LEGAL_ZONE,
    OTHER_COMMUNES_MAX,
    PLACE_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    Lodging,
    mistakes_in,
    mistakes_in_topic,
)
from services.intake.domain.mistakes import Mistake, refuse
from services.intake.domain.people import Contact
from services.intake.domain.splitting import stays_in
from services.intake.handlers import viewing
from services.intake.handlers.petitioning import Around, Said
from services.intake.handlers.splitting import PARTS_MAX, Split, phrases_of, split
from services.intake.store.reading import Petition
from shared.contracts.words import Kind, Rank, Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import language_of, requires

CODE_CHARACTERS_MAX = 64

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,200}$")]
Text = Annotated[str, Field(min_length=10, max_length=TEXT_CHARACTERS_MAX, pattern=r"^[^\x00]*$")]


class PartIn(BaseModel):
    """A part of what was written, of a kind of its own; its fields are those of a lodging."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    text: Text
    topic: str | None = None
    commune: str | None = Field(default=None, max_length=PLACE_CHARACTERS_MAX)
    against: str | None = Field(default=None, max_length=CODE_CHARACTERS_MAX)
    against_rank: Rank | None = None
    other_communes: list[str] = Field(default_factory=list, max_length=OTHER_COMMUNES_MAX)


class SplitIn(BaseModel):
    """The further parts; the petition itself goes on with what is left."""

    model_config = ConfigDict(extra="forbid")

    parts: list[PartIn] = Field(min_length=1, max_length=PARTS_MAX)
    remaining_text: Text | None = Field(
        default=None,
        description="what the petition says without its parts; needed where one is a denunciation, whose words may not stay",
    )


def splitting_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api")
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)

    @router.post("/petitions/{code}/split", status_code=201, tags=["petitions"])
    async def take_apart(
        code: str, request: Request, officer: Officer, key: Key, asked: Annotated[SplitIn, Body()]
    ) -> dict[str, Any]:
        """Lodge parts of mixed content as petitions of their own (Decree 154/2026 art. 14); they count from the same day.

        Of parts that are denunciations their number alone is told: the petitioner asks for their phrases with his secret.
        """
        petition = await viewing.of_office(doors.database, code, officer)
        drafts, mistakes = await _checked(doors, petition, asked)
        if mistakes:
            raise refuse(mistakes, language=language_of(request))
        command = Split(petition, drafts, asked.remaining_text, officer, key, doors.clock.now(), current_traceparent())
        receipts = await split(command, database=doors.database, cipher=doors.cipher, desk=doors.desk)
        known = [receipt for receipt in receipts if not receipt.is_sealed]
        parts = [{"code": receipt.code, "petition_id": receipt.petition_id} for receipt in known]
        return {"parts": parts, "sealed": len(receipts) - len(known)}

    @router.post("/petitions/{code}/phrases", tags=["petitioner"])
    async def phrases(
        code: str, request: Request, proof: Annotated[PetitionerProves, Body()], response: Response
    ) -> dict[str, list[str]]:
        """Give who lodged the petition the phrases of what was taken out of it as denunciations; the same ones each time."""
        response.headers.update(NO_STORE)
        return {"phrases": await phrases_of(_said(doors, request, code, proof.secret), around)}

    @router.post("/sealed/phrases", tags=["sealed"])
    async def sealed_phrases(
        request: Request, proof: Annotated[DenouncerProves, Body()], response: Response
    ) -> dict[str, list[str]]:
        """Give who denounced the phrases of what was taken out of his denunciation as further ones."""
        response.headers.update(NO_STORE)
        return {"phrases": await phrases_of(_said(doors, request, None, proof.phrase), around)}

    return router


def _said(doors: Doors, request: Request, code: str | None, secret: str) -> Said:
    return Said(code, secret, None, language_of(request), doors.clock.now(), current_traceparent())


async def _checked(doors: Doors, petition: Petition, asked: SplitIn) -> tuple[list[Lodging], list[Mistake]]:
    """Return the parts as lodgings without their petitioner, and everything that is wrong with them by field."""
    now = doors.clock.now()
    today = now.astimezone(LEGAL_ZONE).date()
    drafts, wrong = [], []
    for place, part in enumerate(asked.parts):
        draft, communes = await doors.register.located(_draft(petition, part), now)
        found = [*mistakes_in(draft, communes=communes, today=today), *mistakes_in_topic(draft, doors.topics.known)]
        wrong += [Mistake(f"parts.{place}.{mistake.field}", mistake.code, mistake.facts) for mistake in found]
        drafts.append(draft)
    is_leaking = not petition.is_sealed and any(draft.is_sealed for draft in drafts)
    if is_leaking and asked.remaining_text is None:
        wrong.append(Mistake("remaining_text", "denunciation_stays"))
    elif is_leaking:
        words = stays_in(asked.remaining_text or "", [draft.text or "" for draft in drafts if draft.is_sealed])
        wrong += [Mistake("remaining_text", "words_stay", {"words": words})] if words else []
    return drafts, wrong


def _draft(petition: Petition, part: PartIn) -> Lodging:
    return Lodging(
        kind=part.kind,
        jurisdiction=petition.jurisdiction,
        text=part.text,
        topic=part.topic or None,
        commune=part.commune or None,
        latitude=None,
        longitude=None,
        place=None,
        contact=Contact(),
        channel="counter",
        language=petition.language,
        urgency=None,
        against=part.against or None,
        against_rank=part.against_rank,
        other_communes=tuple(part.other_communes) or None,
    )
