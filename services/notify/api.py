"""Door: HTTP. The delivery log, for officers, auditors and operators; addresses are masked."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.notify.handlers import looking
from shared.contracts.words import Role
from shared.identity import Principal
from shared.persistence import Database
from shared.web import requires

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
        """List the notices about a petition with every attempt. Officers: where it is with their own office."""
        return await looking.of_petition(doors.database, code, reader=reader)

    @made.get("/notices", dependencies=[Depends(requires(*looking.EVERYWHERE))])
    async def in_state(
        state: Literal["waiting", "sent", "failed", "skipped"],
        limit: Annotated[int, Query(ge=1, le=LOG_MAX)] = 100,
    ) -> dict[str, Any]:
        """List the latest notices in a state."""
        return {"items": await looking.in_state(doors.database, state, limit=limit)}

    return made
