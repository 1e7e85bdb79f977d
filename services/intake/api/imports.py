"""Doors for importing petitions of another system. For operators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from services.intake.api.doors import Doors
from services.intake.domain.lodging import LEGAL_ZONE
from services.intake.domain.mistakes import told
from services.intake.handlers.importing import ImportRows, Rejected, import_rows
from services.intake.store import reading
from services.intake.wire.imports import ImportBatch
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import language_of, requires
from shared.web.paging import id_of

LABELS_MAX = 5000
SYSTEM = Path(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="name of the source, for example boston311")


def imports_router(doors: Doors) -> APIRouter:
    """Return the doors of imports."""
    router = APIRouter(prefix="/api/imports", tags=["imports"])

    @router.post("/{system}/rows")
    async def add_rows(
        system: Annotated[str, SYSTEM],
        batch: ImportBatch,
        request: Request,
        operator: Annotated[Principal, Depends(requires(Role.OPERATOR))],
    ) -> dict[str, Any]:
        """Import up to 1000 rows: good ones are lodged, bad ones named by line, known ones left alone."""
        now = doors.clock.now()
        command = ImportRows(
            system=system,
            rows=batch.rows,
            communes=await doors.register.communes(now),
            actor=operator.actor,
            authority=operator.authority,
            now=now,
            today=now.astimezone(LEGAL_ZONE).date(),
        )
        done = await import_rows(command, database=doors.database, cipher=doors.cipher)
        rejected = [_rendered(item, language_of(request)) for item in done.rejected]
        return {"imported": done.imported, "known": done.known, "rejected": rejected}

    @router.get("/labels")
    async def labels(
        source: str,
        _reader: Annotated[Principal, Depends(requires(Role.AUDITOR, Role.OPERATOR, Role.LEADER))],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LABELS_MAX)] = LABELS_MAX,
    ) -> dict[str, Any]:
        """List imported petitions with the source's own times and verdict, by petition id."""
        after = id_of(cursor)
        async with doors.database.reading() as connection:
            items = await reading.labels(connection, source, after=after, limit=limit)
        return {"items": items, "next": items[-1]["petition_id"] if len(items) == limit else None}

    return router


def _rendered(item: Rejected, language: str) -> dict[str, Any]:
    errors = [told(mistake, language=language) for mistake in item.mistakes]
    return {"line": item.line, "reference": item.reference, "errors": errors}
