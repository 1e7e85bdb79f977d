"""Door: who has a conflict of interest is kept away from a petition."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.handlers import excluding
from services.routing.handlers.excluding import Exclude
from shared.contracts.words import Conflict, Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires

NO_CONTENT = 204

Chief = Annotated[Principal, Depends(requires(Role.HEAD, Role.LEADER))]


class ExcludeIn(BaseModel):
    """Whom, by the id of his account (`sub` of the token), and why."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(pattern=r"^[\x21-\x7e]{1,255}$")
    why: Conflict


def excluding_router(doors: Doors) -> APIRouter:
    """Return the door."""
    router = APIRouter(prefix="/api/petitions/{code}/exclusions", tags=["acts"])

    @router.post("", status_code=NO_CONTENT)
    async def exclude(code: str, chief: Chief, asked: Annotated[ExcludeIn, Body()]) -> Response:
        """Keep somebody away: who is denounced, his subordinates and relatives, who has an interest (Decree 31/2019 art. 5)."""
        now = doors.clock.now()
        wanted = Exclude(code, asked.subject, asked.why, chief, now, current_traceparent())
        rules = await doors.rules(now)
        async with doors.database.transaction() as tx:
            await excluding.exclude(tx, wanted, rules)
        return Response(status_code=NO_CONTENT)

    return router
