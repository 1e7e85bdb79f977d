"""Doors for our own services: answers, to be told to petitioners; and what a petitioner does about one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.routing.api.doors import Doors
from services.routing.domain.definition import PETITIONER
from services.routing.handlers import contesting
from services.routing.handlers.contesting import Contesting
from services.routing.store import answers as store
from shared.contracts.words import Role
from shared.identity import Principal
from shared.telemetry import current_traceparent
from shared.web import requires

IDS_MAX = 1000
KEY_CHARACTERS_MAX = 200

Service = Annotated[Principal, Depends(requires(Role.SERVICE))]
Key = Annotated[str, Query(min_length=1, max_length=KEY_CHARACTERS_MAX)]


class AnswersIn(BaseModel):
    """Whose answers."""

    petition_ids: list[UUID] = Field(max_length=IDS_MAX)


def internal_router(doors: Doors) -> APIRouter:
    """Return the doors for our own services."""
    router = APIRouter(prefix="/api", include_in_schema=False)

    @router.post("/internal/answers")
    async def answers(asked: AnswersIn, _service: Service) -> dict[str, Any]:
        """Return answers by petition id; none to a denunciation."""
        async with doors.database.reading() as connection:
            found = await store.of_petitions(connection, asked.petition_ids)
        cipher = doors.cipher.ordinary
        opened = {str(key): cipher.open(sealed, context=key.bytes).decode() for key, sealed in found.items()}
        return {"answers": opened}

    @router.post("/internal/petitions/{petition_id}/contest")
    async def contest(petition_id: UUID, _service: Service, key: Key, *, overdue: bool = False) -> dict[str, Any]:
        """Contest the answer, or that there is none in time, for who intake proved; the same key gets the same answer."""
        now = doors.clock.now()
        wanted = Contesting(petition_id, f"{PETITIONER} {key}", now, current_traceparent(), is_overdue=overdue)
        rules = await doors.rules(now)
        async with doors.database.transaction() as tx:
            return dict(await contesting.contest(tx, wanted, rules))

    return router
