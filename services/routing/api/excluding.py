"""Doors: who has a conflict of interest is kept away from a petition; who is denounced is named."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.handlers import excluding, naming
from services.routing.handlers.excluding import Exclude
from services.routing.handlers.naming import NameDenounced
from shared.contracts.words import Conflict, Rank, Role
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


class DenouncedIn(BaseModel):
    """To which office who is denounced belongs, and his rank there."""

    model_config = ConfigDict(extra="forbid")

    against: str = Field(max_length=64, description="office code", examples=["hanoi-00070"])
    against_rank: Rank


class NamedOut(BaseModel):
    """The office that has the denunciation now: never one that he leads."""

    office: str


def excluding_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api/petitions/{code}", tags=["acts"])

    @router.post("/denounced")
    async def denounced(code: str, chief: Chief, asked: Annotated[DenouncedIn, Body()]) -> NamedOut:
        """Say to which office who is denounced belongs, where that was not said: away from him it goes at once."""
        now = doors.clock.now()
        wanted = NameDenounced(code, asked.against, asked.against_rank, chief, now, current_traceparent())
        rules = await doors.rules(now)
        async with doors.database.transaction() as tx:
            return NamedOut(office=await naming.name_denounced(tx, wanted, rules))

    @router.post("/exclusions", status_code=NO_CONTENT)
    async def exclude(code: str, chief: Chief, asked: Annotated[ExcludeIn, Body()]) -> Response:
        """Keep somebody away: who is denounced, his subordinates and relatives, who has an interest (Decree 31/2019 art. 5)."""
        now = doors.clock.now()
        wanted = Exclude(code, asked.subject, asked.why, chief, now, current_traceparent())
        rules = await doors.rules(now)
        async with doors.database.transaction() as tx:
            await excluding.exclude(tx, wanted, rules)
        return Response(status_code=NO_CONTENT)

    return router
