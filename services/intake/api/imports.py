"""Doors for importing petitions of another system. For operators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from services.intake.api.doors import Doors
from services.intake.domain.mistakes import told
from services.intake.handlers.importing import ImportRows, import_rows
from services.intake.store import reading
from services.intake.wire.imports import ImportBatch, ImportRow, parse_row
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import language_of, requires

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
        now, rows, rejected = doors.clock.now(), [], []
        for sent in batch.rows:
            line = sent.pop("line", None)
            row, mistakes = parse_row(sent, now=now)
            if row is not None:
                rows.append(row)
            else:
                errors = [told(mistake, language=language_of(request)) for mistake in mistakes]
                rejected.append({"line": line, "reference": sent.get("reference"), "errors": errors})
        imported = await _imported(doors, ImportRows(system=system, rows=rows, actor=operator.actor, now=now)) if rows else 0
        return {"imported": imported, "known": len(rows) - imported, "rejected": rejected}

    @router.get("/labels")
    async def labels(
        source: str,
        _reader: Annotated[Principal, Depends(requires(Role.AUDITOR, Role.OPERATOR, Role.LEADER))],
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=LABELS_MAX)] = LABELS_MAX,
    ) -> dict[str, Any]:
        """List imported petitions with the source's own times and verdict, by petition id."""
        async with doors.database.reading() as connection:
            items = await reading.labels(connection, source, after=after, limit=limit)
        return {"items": items, "next": items[-1]["petition_id"] if len(items) == limit else None}

    return router


async def _imported(doors: Doors, command: ImportRows) -> int:
    async with doors.database.transaction() as tx:
        return await import_rows(tx, command, doors.cipher)


__all__ = ["ImportRow", "imports_router"]
