"""Door: mixed content is taken apart into petitions of their own, by an officer of the office that has it."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.doors import Doors
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX
from services.intake.handlers import viewing
from services.intake.handlers.splitting import Part, Split, split
from shared.contracts.words import Kind, Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires

PARTS_MAX = 10

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,200}$")]


class PartIn(BaseModel):
    """A part of what was written, of a kind of its own."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    text: str = Field(min_length=10, max_length=TEXT_CHARACTERS_MAX)


class SplitIn(BaseModel):
    """The further parts; the petition itself goes on with what is left."""

    model_config = ConfigDict(extra="forbid")

    parts: list[PartIn] = Field(min_length=1, max_length=PARTS_MAX)


def splitting_router(doors: Doors) -> APIRouter:
    """Return the door."""
    router = APIRouter(prefix="/api/petitions", tags=["petitions"])

    @router.post("/{code}/split", status_code=201)
    async def take_apart(code: str, officer: Officer, key: Key, asked: Annotated[SplitIn, Body()]) -> dict[str, Any]:
        """Lodge parts of mixed content as petitions of their own (Decree 154/2026 art. 14); they count from the same day."""
        petition = await viewing.of_office(doors.database, code, officer)
        parts = [Part(part.kind, part.text) for part in asked.parts]
        command = Split(petition, parts, officer, key, doors.clock.now(), current_traceparent())
        receipts = await split(command, database=doors.database, cipher=doors.cipher, desk=doors.desk)
        return {"parts": [{"code": receipt.code, "petition_id": receipt.petition_id} for receipt in receipts]}

    return router
