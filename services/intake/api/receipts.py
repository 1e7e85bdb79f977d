"""Doors to receipts: for who lodged, by secret or phrase, and for the counter that took it in. Secrets travel in bodies."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.answering import DenouncerProves, PetitionerProves
from services.intake.api.doors import Doors
from services.intake.domain.receipts import WAIT_SECONDS_MAX
from services.intake.handlers import receipting, viewing
from services.intake.handlers.counter import office_of, registered
from services.intake.handlers.petitioning import Around, Said
from services.intake.handlers.receipting import PROOF_FIELD, Given, Recording
from services.intake.handlers.viewing import Reveal
from services.intake.wire.receipts import MEDIA_TYPE, file_name
from shared.contracts.words import ReadingPurpose, Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import language_of, requires

Clerk = Annotated[Principal, Depends(requires(Role.CLERK))]
Wait = Annotated[float, Query(ge=0, le=WAIT_SECONDS_MAX, description="how many seconds to wait for the log's next checkpoint")]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The receipt (c2sp.org/tlog-proof)", "content": {"text/plain": {"schema": {"type": "string"}}}},
}


class PetitionerAsks(PetitionerProves):
    """Who asks for his receipt. `with_petitioner`: whoever has it can then also try who lodged it."""

    with_petitioner: bool = False


class DenouncerAsks(DenouncerProves):
    """Who asks for the receipt of a denunciation. `with_petitioner`: whoever has it can then also try who lodged it."""

    with_petitioner: bool = False


def receipts_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api")
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)
    recording = Recording(doors.database, doors.cipher, doors.log)

    @router.post("/petitions/{code}/proof", tags=["petitioner"], response_class=Response, responses=FILE)
    async def proof(code: str, request: Request, asked: Annotated[PetitionerAsks, Body()]) -> Response:
        """Fetch your receipt: a file that proves, also without this system, that and when your petition was recorded.

        Some ten seconds after lodging; before: 409 `receipt_not_yet` with Retry-After.
        """
        said = _said(doors, request, code, asked.secret)
        return as_file(await receipting.receipt(said, around, doors.log, with_petitioner=asked.with_petitioner))

    @router.post("/sealed/proof", tags=["sealed"], response_class=Response, responses=FILE)
    async def sealed_proof(request: Request, asked: Annotated[DenouncerAsks, Body()]) -> Response:
        """Fetch the receipt of what you denounced. It shows that it is a denunciation: keep it where nobody looks."""
        said = _said(doors, request, None, asked.phrase)
        return as_file(await receipting.receipt(said, around, doors.log, with_petitioner=asked.with_petitioner))

    @router.get("/counter/petitions/{code}/proof", tags=["counter"], response_class=Response, responses=FILE)
    async def of_counter(code: str, clerk: Clerk, wait_seconds: Wait = 0.0) -> Response:
        """Fetch the receipt's file for a visitor, at the counter that took the petition in. The reading is recorded and said."""
        petition, _ = await registered(doors.database, code, office=office_of(clerk))
        given = await receipting.receipt_of(petition, recording, within_seconds=wait_seconds)
        reading = Reveal(petition, clerk, (PROOF_FIELD,), ReadingPurpose.RECEIPT, doors.clock.now(), current_traceparent())
        await viewing.reveal(reading, database=doors.database, cipher=doors.cipher)
        return as_file(given)

    return router


def as_file(given: Given) -> Response:
    """Return a receipt as a file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(given.code)}"', "Cache-Control": "no-store"}
    return Response(given.text, media_type=MEDIA_TYPE, headers=headers)


def _said(doors: Doors, request: Request, code: str | None, secret: str) -> Said:
    return Said(code, secret, None, language_of(request), doors.clock.now(), current_traceparent())
