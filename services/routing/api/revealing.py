"""Door: what offices wrote about a petition, for a purpose; each reading is an event."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.doors import Doors
from services.routing.domain.rights import FIELDS
from services.routing.handlers import revealing
from services.routing.handlers.revealing import Reveal
from shared.contracts.words import ReadingPurpose, Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires

Reader = Annotated[Principal, Depends(requires(Role.OFFICER, Role.HEAD, Role.LEADER))]


class RevealIn(BaseModel):
    """Which fields, and for what."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"fields": ["requests", "proposals"], "purpose": "dealing"}]}
    )

    fields: list[Literal["requests", "answer", "proposals", "contested"]] = Field(min_length=1, max_length=len(FIELDS))
    purpose: ReadingPurpose


def revealing_router(doors: Doors) -> APIRouter:
    """Return the door."""
    router = APIRouter(prefix="/api", tags=["acts"])

    @router.post("/petitions/{code}/reveal")
    async def reveal(code: str, reader: Reader, asked: Annotated[RevealIn, Body()], response: Response) -> dict[str, Any]:
        """Read what is asked for, the answer, what it contests, what waits for a second person; denunciations: the head alone."""
        now = doors.clock.now()
        wanted = Reveal(code, asked.fields, asked.purpose, reader, now, current_traceparent())
        rules = await doors.rules(now)
        response.headers["Cache-Control"] = "no-store"
        async with doors.database.transaction() as tx:
            return dict(await revealing.reveal(tx, wanted, rules))

    return router
