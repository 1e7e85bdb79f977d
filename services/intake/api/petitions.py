"""Doors for whoever holds a tracking code, and for officers of the office that has the petition."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.api.rendering import rendered
from services.intake.domain.files import FILES_MAX, PURPOSES
from services.intake.handlers import viewing
from services.intake.handlers.attaching import AttachFiles, attach
from services.intake.handlers.viewing import ATTACHMENT_FIELD, REVEALED_FIELDS, Reveal
from services.intake.store import attachments as files
from services.intake.store.reading import Petition
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed, Unknown
from shared.telemetry import current_traceparent
from shared.web import language_of, requires, signed_in

PETITION_PURPOSE, EVIDENCE_PURPOSE = PURPOSES
PURPOSE_CHARACTERS_MAX = 200

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]


class RevealRequest(BaseModel):
    """Which protected fields are asked for, and for what."""

    model_config = ConfigDict(extra="forbid")

    fields: list[str] = Field(min_length=1, max_length=len(REVEALED_FIELDS))
    purpose: str = Field(min_length=3, max_length=PURPOSE_CHARACTERS_MAX)


def petitions_router(doors: Doors) -> APIRouter:
    """Return the doors of one petition."""
    router = APIRouter(prefix="/api/petitions", tags=["petitions"])

    @router.get("/{code}")
    async def show(code: str, request: Request) -> Response:
        """Show state, office, due date and steps to whoever holds the code."""
        return rendered(await viewing.view(doors.database, code), language=language_of(request))

    @router.post("/{code}/attachments", status_code=201)
    async def add_files(code: str, request: Request, purpose: str = PETITION_PURPOSE) -> dict[str, Any]:
        """Add files (multipart field `files`, up to 10 of 10 MB): JPEG, PNG, WebP, PDF. Evidence: by an officer."""
        petition, actor = await _uploader(doors, code, request, purpose)
        command = AttachFiles(
            petition=petition,
            files=await _files(request),
            purpose=purpose,
            actor=actor,
            language=language_of(request),
            now=doors.clock.now(),
            traceparent=current_traceparent(),
        )
        stored = await attach(command, database=doors.database, objects=doors.objects)
        names = ("id", "media_type", "size_bytes", "sha256", "purpose")
        return {"attachments": [{name: getattr(item, name) for name in names} for item in stored]}

    @router.get("/{code}/attachments/{attachment_id}")
    async def fetch_file(
        code: str, attachment_id: UUID, officer: Officer, purpose: Annotated[str, Query(min_length=3)]
    ) -> Response:
        """Fetch a file as an officer of the office that has the petition; the reading is recorded with its purpose."""
        petition = await viewing.of_office(doors.database, code, officer)
        async with doors.database.reading() as connection:
            present = {item.id: item for item in await files.of_petition(connection, petition.id)}
        if attachment_id not in present:
            raise Unknown("there is no such file", code="attachment_not_found")
        await viewing.reveal(
            _reveal(doors, petition, officer, [ATTACHMENT_FIELD], purpose), database=doors.database, cipher=doors.cipher
        )
        data = await doors.objects.get(str(attachment_id))
        return Response(data, media_type=present[attachment_id].media_type, headers={"Content-Disposition": "attachment"})

    @router.post("/{code}/reveal")
    async def reveal(code: str, officer: Officer, asked: Annotated[RevealRequest, Body()]) -> dict[str, Any]:
        """Read protected fields as an officer of the office that has the petition; the reading is an event."""
        unknown = sorted(set(asked.fields) - set(REVEALED_FIELDS))
        if unknown:
            error = {"field": "fields", "reason": f"{', '.join(unknown)}?", "remedy": ", ".join(REVEALED_FIELDS)}
            raise Malformed("unknown fields", code="unknown_fields", errors=[error])
        petition = await viewing.of_office(doors.database, code, officer)
        command = _reveal(doors, petition, officer, asked.fields, asked.purpose)
        return {"fields": await viewing.reveal(command, database=doors.database, cipher=doors.cipher)}

    return router


def _reveal(doors: Doors, petition: Petition, officer: Principal, fields: Sequence[str], purpose: str) -> Reveal:
    return Reveal(petition, officer, fields, purpose, doors.clock.now(), current_traceparent())


async def _uploader(doors: Doors, code: str, request: Request, purpose: str) -> tuple[Petition, str]:
    """Return petition and actor: the code's holder adds to the petition, an officer of its office adds evidence."""
    if purpose == EVIDENCE_PURPOSE:
        officer = await signed_in(request)
        return await viewing.of_office(doors.database, code, officer), officer.actor
    if purpose != PETITION_PURPOSE:
        error = {"field": "purpose", "reason": purpose, "remedy": ", ".join(PURPOSES)}
        raise Malformed("unknown purpose", code="unknown_purpose", errors=[error])
    return await viewing.find(doors.database, code), "petitioner"


async def _files(request: Request) -> list[tuple[str, bytes]]:
    async with request.form(max_files=2 * FILES_MAX, max_fields=FILES_MAX) as form:
        found = [item for name, item in form.multi_items() if name == "files" and isinstance(item, UploadFile)]
        return [(f"files.{place}", await item.read()) for place, item in enumerate(found)]
