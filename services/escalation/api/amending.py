"""Door: amendments of calendars and rules: preview who moves, apply, watch the progress. For operators."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.escalation.handlers import amending
from services.escalation.handlers.amending import Wanted
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store import amendments
from services.escalation.store.amendments import Standing
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.refusals import Unknown
from shared.persistence import Database
from shared.web import requires
from shared.web.paging import number_of

CONTENT_CHARACTERS_MAX = 200_000
Operator = Annotated[Principal, Depends(requires(Role.OPERATOR))]


class AmendmentRequest(BaseModel):
    """An amendment as YAML text (docs/operations.md shows both forms)."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["calendar", "rule"]
    content: str = Field(min_length=1, max_length=CONTENT_CHARACTERS_MAX)


class AmendmentAnswer(BaseModel):
    """How far an amendment has come: planned when every move is known, finished when all were made."""

    id: UUID
    kind: str
    name: str
    actor: str
    applied_at: datetime
    planned_at: datetime | None
    moves: int
    moved: int
    finished_at: datetime | None


class AmendmentPage(BaseModel):
    """`next` is the value of `cursor` for the next page, null on the last."""

    items: list[AmendmentAnswer]
    next: str | None


LINES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}
"""An answer of one JSON object a line."""


def router(database: Database, lawbook: Lawbook, clock: Clock) -> APIRouter:
    """Return the doors of this file."""
    routes = APIRouter(prefix="/amendments", tags=["amendments"])

    @routes.post("/preview", response_class=StreamingResponse, responses=LINES)
    async def preview(wanted: AmendmentRequest, operator: Operator) -> StreamingResponse:
        """Who would move, from when to when: one JSON object a line. Nothing is changed."""
        given = _wanted(wanted, operator, clock)
        await amending.check(database, lawbook, given)  # mistakes are answered before the stream begins
        return StreamingResponse(_ndjson(amending.preview(database, lawbook, given)), media_type="application/x-ndjson")

    @routes.post("", status_code=status.HTTP_202_ACCEPTED)
    async def apply(wanted: AmendmentRequest, operator: Operator) -> AmendmentAnswer:
        """Let it count from now on; running deadlines are moved afterwards. The same amendment again is the same one."""
        async with database.transaction() as tx:
            amendment_id = await amending.apply(tx, lawbook, _wanted(wanted, operator, clock))
        return await one(amendment_id, operator)

    @routes.get("")
    async def latest(
        _operator: Operator, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> AmendmentPage:
        """The amendments, the latest first."""
        async with database.reading() as connection:
            found = await amendments.latest(connection, before=number_of(cursor), limit=limit)
        more = str(found[-1].amendment.number) if len(found) == limit else None
        return AmendmentPage(items=[_answer(item) for item in found], next=more)

    @routes.get("/{amendment_id}")
    async def one(amendment_id: UUID, _operator: Operator) -> AmendmentAnswer:
        """How far an amendment has come."""
        async with database.reading() as connection:
            standing = await amendments.standing(connection, amendment_id)
        if standing is None:
            raise Unknown("no such amendment")
        return _answer(standing)

    return routes


def _wanted(request: AmendmentRequest, operator: Principal, clock: Clock) -> Wanted:
    return Wanted(request.kind, request.content, operator.actor, clock.now(), operator.authority)


async def _ndjson(parts: AsyncIterator[list[amending.Move]]) -> AsyncIterator[bytes]:
    async for part in parts:
        yield _lines(part)


def _lines(moves: list[amending.Move]) -> bytes:
    return b"".join(orjson.dumps(move, default=str, option=orjson.OPT_APPEND_NEWLINE) for move in moves)


def _answer(standing: Standing) -> AmendmentAnswer:
    amendment = standing.amendment
    return AmendmentAnswer(
        id=amendment.id,
        kind=amendment.kind,
        name=amendment.name,
        actor=amendment.actor,
        applied_at=amendment.applied_at,
        planned_at=amendment.planned_at,
        moves=amendment.moves,
        moved=standing.moved,
        finished_at=amendment.finished_at,
    )
