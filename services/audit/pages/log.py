"""Pages: the log (its size, its checkpoints, who signed them, how to verify), and the proof of one event in words."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.audit.handlers.closing import TheLog
from services.audit.handlers.overviewing import checked_proof, log_standing
from services.audit.pages.readers import Auditor
from shared.persistence import Database
from shared.web import page


def router(database: Database, log: TheLog) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/log")
    async def the_log(request: Request, _reader: Auditor) -> Response:
        """How the log stands, and how anybody verifies it."""
        return page(request, "log.html", at="log", log=await log_standing(database, log))

    @routes.get("/events/{event_id}/proof")
    async def proof(request: Request, reader: Auditor, event_id: UUID) -> Response:
        """The proof of one event: three verdicts in words, the numbers behind them, the file."""
        return page(request, "event-proof.html", at="log", proof=await checked_proof(database, log, reader, event_id))

    @routes.get("/events/{event_id}/proof/file")
    async def file(reader: Auditor, event_id: UUID) -> Response:
        """The proof as a file (c2sp.org/tlog-proof) that verifies without us."""
        proven = await checked_proof(database, log, reader, event_id)
        named = {"Content-Disposition": f'attachment; filename="{event_id}.tlog-proof"'}
        return PlainTextResponse(proven.file, headers=named)

    return routes
