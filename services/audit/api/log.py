"""Door: HTTP, JSON. For auditors: what is missing, and everything as lines of JSON."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import StreamingResponse

from services.audit.handlers import log as handlers
from services.audit.handlers.exporting import begin_stream
from services.audit.wire.telling import GapsAnswer, GapsOfOne, export_line, gap_answers
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.telemetry import current_traceparent
from shared.web import language_of, requires
from shared.web.paging import id_of, number_of

EXPORT_ENTRIES_MAX = 1_000_000
EXPORT_TYPE = "application/x-ndjson"
LINES_AT_ONCE = 100
NIL = UUID(int=0)

LINES: dict[int | str, dict[str, Any]] = {200: {"content": {EXPORT_TYPE: {"schema": {"type": "string"}}}}}
Auditor = Annotated[Principal, Depends(requires(Role.AUDITOR))]


def router(database: Database, clock: Clock) -> APIRouter:
    """Return this service's doors."""
    routes = APIRouter(prefix="/api", tags=["audit"])

    @routes.get("/gaps")
    async def gaps(
        request: Request,
        reader: Annotated[Principal, Depends(requires(Role.AUDITOR, Role.OPERATOR))],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=handlers.GAPS_MAX)] = handlers.GAPS_MAX,
    ) -> GapsAnswer:
        """Every petition or office of which an event is missing or parked, in the order of their ids."""
        found, unplaced = await handlers.all_gaps(database, reader, after=id_of(cursor) or NIL, limit=limit)
        language = language_of(request)
        items = [GapsOfOne(petition_id=i, code=code, gaps=gap_answers(gaps, language=language)) for i, code, gaps in found]
        return GapsAnswer(items=items, next=str(items[-1].petition_id) if len(items) == limit else None, unplaced=unplaced)

    @routes.get("/events", response_class=StreamingResponse, responses=LINES)
    async def events(
        reader: Auditor,
        cursor: Annotated[str | None, Query(description="position of the last line that you have")] = None,
        limit: Annotated[int, Query(ge=1, le=EXPORT_ENTRIES_MAX)] = EXPORT_ENTRIES_MAX,
    ) -> StreamingResponse:
        """Every event in the order of the log as lines of JSON (CloudEvents 1.0); ask again after the last position."""
        after = number_of(cursor)
        await begin_stream(database, reader, after=after, limit=limit, now=clock.now(), traceparent=current_traceparent())
        return StreamingResponse(_lines(database, reader, after, limit), media_type=EXPORT_TYPE)

    return routes


async def _lines(database: Database, reader: Principal, after: int, limit: int) -> AsyncIterator[bytes]:
    """Yield the lines of an export, many at once: one chunk per line would cost more than the line."""
    lines: list[bytes] = []
    async for entry in handlers.entries_after(database, reader, after, limit=limit):
        lines.append(export_line(entry))
        if len(lines) == LINES_AT_ONCE:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)
