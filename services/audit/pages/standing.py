"""Pages: how things stand, and what is missing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import Response

from services.audit.handlers import log as log_handlers
from services.audit.handlers.closing import TheLog
from services.audit.handlers.overviewing import latest_comparison, latest_run, log_standing
from services.audit.pages.readers import Auditor
from services.audit.wire.telling import gap_answers
from shared.persistence import Database
from shared.web import language_of, page
from shared.web.paging import id_of

GAPS_SHOWN = 50
NIL = UUID(int=0)


def router(database: Database, log: TheLog) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/")
    async def start(request: Request, reader: Auditor) -> Response:
        """What an auditor begins with: search, how the log and the reconciliation stand, what is missing."""
        found, unplaced = await log_handlers.all_gaps(database, reader, after=NIL, limit=log_handlers.GAPS_MAX)
        missing = {"gaps": len(found), "has_more_gaps": len(found) == log_handlers.GAPS_MAX, "unplaced": unplaced}
        runs = {"run": await latest_run(database), "comparison": await latest_comparison(database)}
        return page(
            request, "start.html", at="start", asked="", runs=runs, missing=missing, log=await log_standing(database, log)
        )

    @routes.get("/gaps")
    async def gaps(request: Request, reader: Auditor, cursor: Annotated[str | None, Query(max_length=64)] = None) -> Response:
        """Every petition and office of which an event is missing or waits."""
        found, unplaced = await log_handlers.all_gaps(database, reader, after=id_of(cursor) or NIL, limit=GAPS_SHOWN)
        language = language_of(request)
        items = [(key, code, gap_answers(gaps, language=language)) for key, code, gaps in found]
        following = str(found[-1][0]) if len(found) == GAPS_SHOWN else ""
        return page(request, "gaps.html", at="gaps", items=items, unplaced=unplaced, following=following, is_first=not cursor)

    return routes
