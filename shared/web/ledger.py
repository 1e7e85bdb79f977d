"""Doors every service has for audit: its own record of what it said, to be compared with the log. No body leaves it here.

Only our own services may ask: who is excluded from a petition is known to audit, which answers people.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from shared.contracts.words import Role
from shared.persistence import Database
from shared.persistence import ledger_reading as reading
from shared.persistence.ledger_reading import LedgerRecord
from shared.web.paging import versioned_of
from shared.web.signing_in import requires

RECORDS_MAX = 5_000
"""Events in one page."""
OF_ONE_MAX = 10_000
"""Events of one aggregate in one answer."""
BEGINNING = (UUID(int=0), 0)


class LedgerRecordAnswer(BaseModel):
    """One event as its service keeps it."""

    id: UUID
    aggregate_id: UUID
    version: int
    type: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    authority: str | None
    office: str
    is_sealed: bool
    cause_id: UUID | None
    body_sha256: str = Field(description="SHA-256 of the body as it is published")


class LedgerPage(BaseModel):
    """Events in the order of aggregate and version. `next` is the value of `cursor` for the next page, null on the last."""

    items: list[LedgerRecordAnswer]
    next: str | None


def ledger_router(database: Database) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/ledger", tags=["ledger"], dependencies=[Depends(requires(Role.SERVICE))])

    @router.get("", response_model=LedgerPage)
    async def ledger(
        cursor: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=RECORDS_MAX)] = RECORDS_MAX,
    ) -> Response:
        """Everything that this service said, page by page, with a digest of each body."""
        aggregate_id, version = versioned_of(cursor) or BEGINNING
        async with database.reading() as connection:
            found = await reading.records_after(connection, aggregate_id, version, limit=limit)
        more = f"{found[-1].aggregate_id}:{found[-1].version}" if len(found) == limit else None
        return _page(found, more)

    @router.get("/{aggregate_id}", response_model=LedgerPage)
    async def ledger_of_one(aggregate_id: UUID) -> Response:
        """What this service said of one petition or office; nothing where it said nothing."""
        async with database.reading() as connection:
            found = await reading.records_of(connection, aggregate_id, limit=OF_ONE_MAX)
        return _page(found, None)

    return router


def _page(found: Sequence[LedgerRecord], more: str | None) -> Response:
    body = orjson.dumps({"items": found, "next": more}, default=str)  # the database's own kind of UUID is none to orjson
    return Response(body, media_type="application/json")
