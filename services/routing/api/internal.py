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
from services.routing.store import petitions
from services.routing.store.answers import StoredAnswer
from services.routing.wire.answers import read_kept
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.telemetry import current_traceparent
from shared.web import requires

IDS_MAX = 1000
KEY_CHARACTERS_MAX = 200
PROVES_PETITIONERS = "intake"
"""The service that knows petitioners by their secrets, and so may be given what is for them alone."""

Service = Annotated[Principal, Depends(requires(Role.SERVICE))]
Key = Annotated[str, Query(min_length=1, max_length=KEY_CHARACTERS_MAX)]


class AnswersIn(BaseModel):
    """Whose answers."""

    petition_ids: list[UUID] = Field(max_length=IDS_MAX)


def internal_router(doors: Doors) -> APIRouter:
    """Return the doors for our own services."""
    router = APIRouter(prefix="/api", include_in_schema=False)

    @router.post("/internal/answers")
    async def answers(asked: AnswersIn, service: Service) -> dict[str, Any]:
        """Return answers by petition id; to intake, which proves petitioners, also denunciations' and each with its parts."""
        is_proved = service.subject == PROVES_PETITIONERS
        async with doors.database.reading() as connection:
            found = await store.of_petitions(connection, asked.petition_ids, with_sealed=is_proved)
        opened = {str(item.petition_id): read_kept(_opened(doors, item)) for item in found}
        texts = {key: said["text"] for key, said in opened.items()}
        return {"answers": texts} | ({"parts": opened} if is_proved else {})

    @router.get("/internal/petitions/{petition_id}/contest")
    async def contestable(petition_id: UUID, _service: Service) -> dict[str, Any]:
        """Say whether its petitioner may contest the answer now, and until which day."""
        now = doors.clock.now()
        rules = await doors.rules(now)
        async with doors.database.reading() as connection:
            code = await petitions.code_of(connection, petition_id)
            petition = await petitions.by_code(connection, code) if code else None
        if petition is None:
            raise Unknown("no petition has this id", code="petition_not_found")
        found = contesting.possible(petition, rules, now=now)
        return {"is_possible": found.is_possible, "until": found.until}

    @router.post("/internal/petitions/{petition_id}/contest")
    async def contest(petition_id: UUID, _service: Service, key: Key, *, overdue: bool = False) -> dict[str, Any]:
        """Contest the answer, or that there is none in time, for who intake proved; the same key gets the same answer."""
        now = doors.clock.now()
        wanted = Contesting(petition_id, f"{PETITIONER} {key}", now, current_traceparent(), is_overdue=overdue)
        rules = await doors.rules(now)
        async with doors.database.transaction() as tx:
            return dict(await contesting.contest(tx, wanted, rules))

    return router


def _opened(doors: Doors, item: StoredAnswer) -> bytes:
    return doors.cipher.open(item.sealed, context=item.petition_id.bytes, is_sealed=item.is_sealed)
