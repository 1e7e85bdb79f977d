"""Door: HTTP. The delivery log, for officers, auditors and operators; no addresses."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.notify import store
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database
from shared.web import requires

LOG_MAX = 500
_EVERYWHERE = (Role.AUDITOR, Role.OPERATOR, Role.LEADER)


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything a door may use."""

    database: Database


def router(doors: Doors) -> APIRouter:
    """Return the doors."""
    made = APIRouter(prefix="/api", tags=["notices"])

    @made.get("/petitions/{code}/notices")
    async def of_petition(
        code: str, reader: Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, *_EVERYWHERE))]
    ) -> dict[str, Any]:
        """List the notices about a petition with every attempt. Officers: those of their own office."""
        async with doors.database.reading() as connection:
            found = await store.petition_by_code(connection, code)
            if found is None or not (reader.has(*_EVERYWHERE) or found[1] == reader.office):
                raise Unknown("no petition has this code", code="petition_not_found")
            return {"items": await store.log_of(connection, found[0])}

    @made.get("/notices", dependencies=[Depends(requires(*_EVERYWHERE))])
    async def in_state(
        state: Literal["waiting", "sent", "failed", "skipped"],
        limit: Annotated[int, Query(ge=1, le=LOG_MAX)] = 100,
    ) -> dict[str, Any]:
        """List the latest notices in a state."""
        async with doors.database.reading() as connection:
            return {"items": await store.log_in_state(connection, state, limit=limit)}

    return made
