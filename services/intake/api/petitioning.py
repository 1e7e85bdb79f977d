"""Doors for the petitioner, who shows code and secret: withdraw, contest the answer, judge it."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.api.lodge import rendered_receipt
from services.intake.api.rendering import rendered
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX
from services.intake.handlers import petitioning
from services.intake.handlers.petitioning import Around, Said
from shared.telemetry import current_traceparent
from shared.web import language_of

SECRET_CHARACTERS_MAX = 40


class PetitionerSays(BaseModel):
    """Something that the petitioner says; `secret` stands on the receipt."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(max_length=SECRET_CHARACTERS_MAX)
    text: str | None = Field(default=None, max_length=TEXT_CHARACTERS_MAX, description="in your own words; kept under seal")


class Verdict(PetitionerSays):
    """Whether the petitioner is satisfied with the answer."""

    is_satisfied: bool


def petitioning_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/petitions", tags=["petitioner"])
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)

    @router.post("/{code}/withdraw")
    async def withdraw(code: str, request: Request, said: Annotated[PetitionerSays, Body()]) -> Response:
        """Take the petition back. A denunciation is ended by a decision only (Law on Denunciations art. 33)."""
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


async def _shown(said: Said, around: Around) -> Response:
    return rendered(await petitioning.proved(said, around), language=said.language)


def _said(doors: Doors, code: str, request: Request, said: PetitionerSays) -> Said:
    return Said(code, said.secret, said.text, language_of(request), doors.clock.now(), current_traceparent())
