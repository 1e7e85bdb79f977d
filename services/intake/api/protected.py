"""Doors to what is protected of a petition, for officers of the office that has it. Every reading is an event."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.bodies import binary
from services.intake.api.doors import Doors, not_listed
from services.intake.api.petitions import stored_files
from services.intake.handlers import people, viewing
from services.intake.handlers.attaching import fetch
from services.intake.handlers.viewing import ATTACHMENT_FIELD, REVEALED_FIELDS, Reveal
from services.intake.store import attachments as files
from services.intake.store.reading import Petition
from shared.contracts.words import ReadingPurpose, Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.telemetry import current_traceparent
from shared.web import requires

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]


class RevealRequest(BaseModel):
    """Which protected fields are asked for, and for what."""

    model_config = ConfigDict(extra="forbid")

    fields: list[str] = Field(min_length=1, max_length=len(REVEALED_FIELDS))
    purpose: ReadingPurpose


STORED_FILE = binary("image/jpeg", "image/png", "image/webp", "application/pdf")


def files_router(doors: Doors) -> APIRouter:
    """Return the doors to the files of petitions, for officers."""
    router = APIRouter(prefix="/api/petitions", tags=["petitions"])

    @router.get("/{code}/attachments")
    async def list_files(code: str, officer: Officer) -> dict[str, Any]:
        """List the files of a petition of the own office, without anything of what they show."""
        petition = await viewing.of_office(doors.database, code, officer)
        async with doors.database.reading() as connection:
            return stored_files(await files.of_petition(connection, petition.id))

    @router.get("/{code}/attachments/{attachment_id}", response_class=Response, responses=STORED_FILE)
    async def fetch_file(code: str, attachment_id: UUID, officer: Officer, purpose: ReadingPurpose) -> Response:
        """Fetch a file as an officer of the office that has the petition; the reading is recorded with its purpose."""
        petition = await viewing.of_office(doors.database, code, officer)
        async with doors.database.reading() as connection:
            present = {item.id: item for item in await files.of_petition(connection, petition.id)}
        if attachment_id not in present:
            raise Unknown("there is no such file", code="attachment_not_found")
        await viewing.reveal(
            _reveal(doors, officer, petition, [ATTACHMENT_FIELD], purpose), database=doors.database, cipher=doors.cipher
        )
        data = await fetch(present[attachment_id], doors.files, is_sealed=petition.is_sealed)
        return Response(data, media_type=present[attachment_id].media_type, headers={"Content-Disposition": "attachment"})

    return router


def protected_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/petitions", tags=["petitions"])

    @router.post("/{code}/reveal")
    async def reveal(code: str, request: Request, officer: Officer, asked: Annotated[RevealRequest, Body()]) -> dict[str, Any]:
        """Read protected fields as an officer of the office that has the petition; the reading is an event."""
        if not set(asked.fields) <= set(REVEALED_FIELDS):
            raise not_listed(request, "fields", REVEALED_FIELDS)
        petition = await viewing.of_office(doors.database, code, officer)
        command = _reveal(doors, officer, petition, asked.fields, asked.purpose)
        return {"fields": await viewing.reveal(command, database=doors.database, cipher=doors.cipher)}

    @router.get("/{code}/people")
    async def how_many(code: str, officer: Officer) -> dict[str, Any]:
        """Count the persons behind a petition of the own office, and behind all that are dealt with together with it."""
        petition = await viewing.of_office(doors.database, code, officer)
        async with doors.database.transaction() as tx:
            petitioners = (await people.group_of(tx, doors.cipher, petition)).number
            codes, number = await people.persons_together(tx, doors.cipher, petition)
        return {"code": petition.code, "petitioners": petitioners, "together": {"codes": codes, "petitioners": number}}

    return router


def _reveal(doors: Doors, officer: Principal, petition: Petition, fields: Sequence[str], purpose: ReadingPurpose) -> Reveal:
    return Reveal(petition, officer, fields, purpose, doors.clock.now(), current_traceparent())
