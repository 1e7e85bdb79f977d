"""Doors for whoever holds a tracking code: look; and, with the secret, add files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.bodies import UPLOAD_BODY
from services.intake.api.doors import Doors, not_listed
from services.intake.api.rendering import rendered
from services.intake.domain.files import FILES_MAX, PURPOSES
from services.intake.domain.progress import PETITIONER
from services.intake.handlers import petitioning, viewing
from services.intake.handlers.attaching import AttachFiles, attach
from services.intake.handlers.petitioning import Around, Said
from services.intake.store.attachments import Attachment
from services.intake.store.reading import Petition
from shared.contracts.words import Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import language_of, requires, signed_in

PETITION_PURPOSE, EVIDENCE_PURPOSE = PURPOSES
PURPOSE_CHARACTERS_MAX = 200
SECRET_HEADER = "petition-secret"  # noqa: S105 - the name of a header, no secret

Officer = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD))]


def petitions_router(doors: Doors) -> APIRouter:
    """Return the doors of one petition."""
    router = APIRouter(prefix="/api/petitions", tags=["petitions"])

    @router.get("/{code}")
    async def show(code: str, request: Request) -> Response:
        """Show state, office, due date and steps to whoever holds the code."""
        petition = await viewing.find(doors.database, code)
        return rendered(await viewing.view(doors.database, petition), language=language_of(request))

    @router.post("/{code}/attachments", status_code=201, openapi_extra=UPLOAD_BODY)
    async def add_files(code: str, request: Request, purpose: str = PETITION_PURPOSE) -> dict[str, Any]:
        """Add files (multipart field `files`, up to 10 of 10 MB): JPEG, PNG, WebP, PDF.

        The petitioner proves himself by the secret of his receipt, as multipart field `secret` or header `Petition-Secret`.
        Evidence (`purpose=evidence`) is added by an officer of the office that has it.
        """
        petition, officer, form = await _uploader(doors, code, request, purpose)
        command = AttachFiles(
            petition=petition,
            files=form.files,
            purpose=purpose,
            actor=officer.actor if officer else PETITIONER,
            authority=officer.authority if officer else PETITIONER,
            language=language_of(request),
            now=doors.clock.now(),
            traceparent=current_traceparent(),
        )
        return stored_files(await attach(command, doors.files))

    return router


def stored_files(stored: Sequence[Attachment]) -> dict[str, Any]:
    """Return the answer to an upload."""
    names = ("id", "media_type", "size_bytes", "sha256", "purpose")
    return {"attachments": [{name: getattr(item, name) for name in names} for item in stored]}


@dataclass(frozen=True, slots=True)
class Form:
    """What an upload carried: words by field, files by the name of their place."""

    words: Mapping[str, str]
    files: Sequence[tuple[str, bytes]]


async def _uploader(doors: Doors, code: str, request: Request, purpose: str) -> tuple[Petition, Principal | None, Form]:
    """Return petition, officer and form: a petitioner adds to the petition, an officer of its office adds evidence.

    A secret in the header is looked at before the files are read.
    """
    if purpose == EVIDENCE_PURPOSE:
        officer = (await signed_in(request)).acting_as((Role.OFFICER, Role.HEAD))
        return await viewing.of_office(doors.database, code, officer), officer, await form_of(request)
    if purpose != PETITION_PURPOSE:
        raise not_listed(request, "purpose", PURPOSES)
    secret = request.headers.get(SECRET_HEADER)
    if secret is not None:
        return await _proved(doors, code, request, secret), None, await form_of(request)
    form = await form_of(request)
    return await _proved(doors, code, request, form.words.get("secret", "")), None, form


async def _proved(doors: Doors, code: str, request: Request, secret: str) -> Petition:
    said = Said(code, secret, None, language_of(request), doors.clock.now(), current_traceparent())
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)
    return (await petitioning.proved(said, around)).petition


async def form_of(request: Request) -> Form:
    """Read a form."""
    async with request.form(max_files=2 * FILES_MAX, max_fields=FILES_MAX) as form:
        items = form.multi_items()
        found = [item for name, item in items if name == "files" and isinstance(item, UploadFile)]
        files = [(f"files.{place}", await item.read()) for place, item in enumerate(found)]
        return Form({name: item for name, item in items if isinstance(item, str)}, files)
