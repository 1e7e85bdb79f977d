"""Doors for petitioners: join, and, with code and secret, withdraw, contest the answer, judge it."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.api.lodge import rendered_receipt
from services.intake.api.rendering import rendered
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX, mistakes_in_contact
from services.intake.domain.mistakes import Mistake, refuse
from services.intake.domain.progress import OPEN
from services.intake.handlers import people, petitioning, viewing
from services.intake.handlers.people import Join
from services.intake.handlers.petitioning import Around, Said
from services.intake.wire.lodging import Petitioner, contact_of
from shared.contracts.words import Language
from shared.telemetry import current_traceparent
from shared.web import language_of

SECRET_CHARACTERS_MAX = 40


class PetitionerSays(BaseModel):
    """Something that the petitioner says; `secret` stands on the receipt."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(max_length=SECRET_CHARACTERS_MAX)
    text: str | None = Field(default=None, max_length=TEXT_CHARACTERS_MAX, description="in your own words; kept under seal")


class Joining(BaseModel):
    """Who joins a petition that somebody else lodged."""

    model_config = ConfigDict(extra="forbid")

    petitioner: Petitioner
    language: Language = Language.VI


class JoinReceipt(BaseModel):
    """The answer to who joined."""

    code: str
    secret: str = Field(description="your own: to withdraw, contest or judge the answer; keep it")
    petitioners: int = Field(description="how many persons stand behind it now")


class Verdict(PetitionerSays):
    """Whether the petitioner is satisfied with the answer."""

    is_satisfied: bool


def petitioning_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/petitions", tags=["petitioner"])
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)

    @router.post("/{code}/withdraw")
    async def withdraw(code: str, request: Request, said: Annotated[PetitionerSays, Body()]) -> Response:
        """Take the petition back; of several each for himself.

        A denunciation is ended by a decision only (Law on Denunciations art. 33).
        """
        wanted = _said(doors, code, request, said)
        await petitioning.withdraw(wanted, around)
        return await _shown(wanted, around)

    @router.post("/{code}/verdict")
    async def verdict(code: str, request: Request, said: Annotated[Verdict, Body()]) -> Response:
        """Say whether you are satisfied with the answer; it is kept beside what the office says."""
        wanted = _said(doors, code, request, said)
        await petitioning.judge(wanted, around, is_satisfied=said.is_satisfied)
        return await _shown(wanted, around)

    @router.post("/{code}/contest")
    async def contest(code: str, request: Request, said: Annotated[PetitionerSays, Body()]) -> Response:
        """Contest the answer once, within its time; `text` says why.

        A complaint: the second one is lodged with the office above, here is its receipt. Else it goes on with the office above.
        """
        wanted = _said(doors, code, request, said)
        receipt = await petitioning.contest(wanted, around)
        return rendered_receipt(receipt, doors.cipher) if receipt else await _shown(wanted, around)

    return router


def joining_router(doors: Doors) -> APIRouter:
    """Return the door for who stands behind what somebody else lodged."""
    router = APIRouter(prefix="/api/petitions", tags=["petitioner"])

    @router.post("/{code}/join", status_code=201)
    async def join(code: str, request: Request, said: Annotated[Joining, Body()]) -> JoinReceipt:
        """Join a petition of the same content, with notices, a secret and a way back of your own; complaints are not joined."""
        contact, mistakes = contact_of(said.petitioner)
        mistakes += mistakes_in_contact(contact)
        if contact.is_empty:
            mistakes.append(Mistake("petitioner", "no_way_to_tell"))
        if contact.address:
            mistakes.append(Mistake("petitioner.address", "needless_address"))
        if mistakes:
            raise refuse(mistakes, language=language_of(request))
        petition = await viewing.find(doors.database, code)
        view = await viewing.view(doors.database, petition)
        command = Join(petition, contact, said.language, doors.clock.now(), current_traceparent())
        async with doors.database.transaction() as tx:
            joined = await people.join(tx, command, doors.cipher, is_open=view.progress.state in OPEN)
        return JoinReceipt(code=petition.code, secret=joined.secret, petitioners=joined.number)

    return router


async def _shown(said: Said, around: Around) -> Response:
    return rendered(await petitioning.proved(said, around), language=said.language)


def _said(doors: Doors, code: str, request: Request, said: PetitionerSays) -> Said:
    return Said(code, said.secret, said.text, language_of(request), doors.clock.now(), current_traceparent())
