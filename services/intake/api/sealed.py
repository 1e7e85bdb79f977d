"""Doors for who denounced: a secret phrase, no code. It travels in bodies, never in an address, which proxies write down."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.bodies import SEALED_UPLOAD_BODY
from services.intake.api.doors import Doors
from services.intake.api.petitions import PETITION_PURPOSE, form_of, stored_files
from services.intake.api.rendering import rendered
from services.intake.domain.lodging import TEXT_CHARACTERS_MAX
from services.intake.domain.phrase import CHARACTERS_MAX
from services.intake.domain.progress import PETITIONER
from services.intake.handlers import petitioning, viewing
from services.intake.handlers.attaching import AttachFiles, attach
from services.intake.handlers.petitioning import Around, Said
from shared.telemetry import current_traceparent
from shared.web import language_of

WITHDRAWN_NOTE = (
    "Đã ghi nhận việc bạn rút. Việc giải quyết chỉ kết thúc khi có quyết định của cơ quan có thẩm quyền (Luật Tố cáo, Điều 33).",
    "That you took it back is noted. Only a decision of the competent office ends it (Law on Denunciations art. 33).",
)


class PhraseSays(BaseModel):
    """Something that who denounced says, proved by the phrase of the receipt."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"phrase": "cánh diều gạo sóng lúa tre vườn thảm", "text": None}]}
    )

    phrase: str = Field(max_length=CHARACTERS_MAX, description="eight words, with or without accents")
    text: str | None = Field(default=None, max_length=TEXT_CHARACTERS_MAX, description="in your own words; kept under seal")


class PhraseVerdict(PhraseSays):
    """Whether who denounced is satisfied with the answer."""

    is_satisfied: bool


def sealed_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/sealed", tags=["sealed"])
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)

    @router.post("/status")
    async def status(request: Request, said: Annotated[PhraseSays, Body()]) -> Response:
        """Show state, office, due date and steps to whoever has the phrase."""
        return await _shown(_said(doors, request, said), around)

    @router.post("/withdraw")
    async def withdraw(request: Request, said: Annotated[PhraseSays, Body()]) -> Response:
        """Take it back. Only a decision ends a denunciation (Law on Denunciations art. 33): whoever deals with it is told."""
        wanted = _said(doors, request, said)
        await petitioning.withdraw(wanted, around)
        return await _shown(wanted, around, note=WITHDRAWN_NOTE)

    @router.post("/verdict")
    async def verdict(request: Request, said: Annotated[PhraseVerdict, Body()]) -> Response:
        """Say whether you are satisfied with the answer."""
        wanted = _said(doors, request, said)
        await petitioning.judge(wanted, around, is_satisfied=said.is_satisfied)
        return await _shown(wanted, around)

    @router.post("/attachments", status_code=201, openapi_extra=SEALED_UPLOAD_BODY)
    async def add_files(request: Request) -> dict[str, Any]:
        """Add files (multipart: field `phrase`, fields `files`, up to 10 of 10 MB): JPEG, PNG, WebP, PDF."""
        return stored_files(await attach(await _files(doors, request), doors.files))

    return router


async def _files(doors: Doors, request: Request) -> AttachFiles:
    form = await form_of(request)
    return AttachFiles(
        petition=await viewing.find_by_phrase(doors.database, doors.cipher, form.words.get("phrase", "")),
        files=form.files,
        purpose=PETITION_PURPOSE,
        actor=PETITIONER,
        language=language_of(request),
        now=doors.clock.now(),
        traceparent=current_traceparent(),
    )


async def _shown(said: Said, around: Around, *, note: tuple[str, str] | None = None) -> Response:
    return rendered(await petitioning.proved(said, around), language=said.language, note=note)


def _said(doors: Doors, request: Request, said: PhraseSays) -> Said:
    return Said(None, said.phrase, said.text, language_of(request), doors.clock.now(), current_traceparent())
