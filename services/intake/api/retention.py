"""Doors of retention: the rules, and holding a petition back from being erased."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel, ConfigDict

from services.intake.api.doors import Doors
from services.intake.domain.retention import HoldReason
from services.intake.handlers import erasing, viewing
from services.intake.handlers.erasing import Holding
from shared.contracts.words import Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires

NO_CONTENT = 204

Head = Annotated[Principal, Depends(requires(Role.HEAD))]


class HoldIn(BaseModel):
    """Why it is kept longer."""

    model_config = ConfigDict(extra="forbid")

    reason: HoldReason


def retention_router(doors: Doors) -> APIRouter:
    """Return the doors."""
    router = APIRouter(prefix="/api", tags=["retention"])

    @router.get("/retention")
    async def rules() -> dict[str, Any]:
        """List for how many years after its closing each kind of petition is kept, and by which source."""
        kept = {
            kind: {"years": rule.years, "citation": rule.citation, "confirmation": rule.confirmation}
            for kind, rule in doors.retention.items()
        }
        return {"rules": kept}

    @router.post("/petitions/{code}/hold", status_code=NO_CONTENT)
    async def hold(code: str, head: Head, asked: Annotated[HoldIn, Body()]) -> Response:
        """Hold it back from being erased: a court, an inspection, a serious case."""
        await erasing.hold(await _command(doors, code, head), asked.reason, doors.database)
        return Response(status_code=NO_CONTENT)

    @router.post("/petitions/{code}/release", status_code=NO_CONTENT)
    async def release(code: str, head: Head) -> Response:
        """Hold it back no longer: its rule applies again."""
        await erasing.release(await _command(doors, code, head), doors.database)
        return Response(status_code=NO_CONTENT)

    return router


async def _command(doors: Doors, code: str, head: Principal) -> Holding:
    petition = await viewing.of_office(doors.database, code, head)
    return Holding(petition, head, doors.clock.now(), current_traceparent())
