"""Door: HTTP. The delivery log, for officers, auditors and operators; addresses are masked."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.notify.handlers import looking
from shared.contracts.words import Role
from shared.identity import Principal
from shared.persistence import Database
from shared.web import requires
from shared.web.paging import cursor_of, place_of

LOG_MAX = 500

Reader = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, *looking.EVERYWHERE))]


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything a door may use."""

    database: Database


def router(doors: Doors) -> APIRouter:
    """Return the doors."""
    made = APIRouter(prefix="/api", tags=["notices"])

    @made.get("/petitions/{code}/notices")
    async def of_petition(code: str, reader: Reader) -> dict[str, Any]:
        """List the notices about a petition with every attempt. For those who see it; operators: no denunciation."""
        return await looking.of_petition(doors.database, code, reader=reader)

    @made.get("/notices")
    async def in_state(
        reader: Annotated[Principal, Depends(requires(*looking.EVERYWHERE))],
        state: Literal["waiting", "sent", "failed", "skipped"],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LOG_MAX)] = 100,
    ) -> dict[str, Any]:
        """List the latest notices in a state. Leaders: of their office and those below; denunciations: auditors alone."""
        items = await looking.in_state(doors.database, state, reader=reader, after=place_of(cursor), limit=limit)
        more = cursor_of(items[-1]["created_at"], items[-1]["id"]) if len(items) == limit else None
        return {"items": items, "next": more}

    return made
