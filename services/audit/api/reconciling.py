"""Doors for the reconciliation: begin one, look at what it counted, read the differences."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, status
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from services.audit.gateways import Books
from services.audit.handlers import reconciling, tracing
from services.audit.handlers.reconciling import Result
from services.audit.store import reconciliations as store
from services.audit.store.reconciliations import Found, Run
from services.audit.wire.words import DIFFERENCES, in_language
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.refusals import Unknown
from shared.persistence import Database
from shared.telemetry import meter
from shared.web import language_of, requires
from shared.web.paging import number_of

Reader = Annotated[Principal, Depends(requires(Role.AUDITOR, Role.OPERATOR))]
DIFFERENCES_MAX = 1_000
PLACE_MAX = 2_147_483_647
_GAUGE = meter().create_gauge("caunoi.reconciliation.differences", unit="1", description="Differences that the last run found")


class RunAnswer(BaseModel):
    """A run. `differences` has the target 0; `finished_at` is null while it counts; `problem` says why it ended early."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    as_of: datetime
    petition_id: UUID | None
    finished_at: datetime | None
    petitions: int
    too_fresh: int
    deadlines: int
    steps: int
    differences: int
    by_kind: dict[str, int]
    problem: str | None


class DifferenceAnswer(BaseModel):
    """One difference: what the law gives, and what was found. `code` is null of a denunciation."""

    place: int
    kind: str
    means: str
    petition_id: UUID
    code: str | None
    deadline_id: UUID | None
    rule: str | None
    expected: str
    found: str


class DifferencePage(BaseModel):
    """`next` is the value of `cursor` for the next page, null on the last."""

    items: list[DifferenceAnswer]
    next: str | None


def measured(result: Result) -> None:
    """Let the metrics tell what a run found."""
    _GAUGE.set(result.differences, {"service": "audit"})


def router(database: Database, books: Books, clock: Clock) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(prefix="/api/reconciliations", tags=["reconciliation"])
    running: set[asyncio.Task[object]] = set()

    @routes.post("", status_code=status.HTTP_202_ACCEPTED)
    async def begin(reader: Reader, petition: str | None = None) -> RunAnswer:
        """Count every clock again now; with `petition` (code or id) those of one petition, answered when it is done."""
        run_id, now = uuid4(), clock.now()
        if petition is not None:
            return await _of_one(database, books, reader=reader, petition=petition, run_id=run_id, clock=clock)
        task: asyncio.Task[object] = asyncio.create_task(_counted(database, books, run_id, clock))
        running.add(task)
        task.add_done_callback(running.discard)
        return _begun(run_id, now)

    @routes.get("/latest")
    async def latest(reader: Reader) -> RunAnswer:
        """The latest run over all petitions."""
        return await _run(database, reader, None)

    @routes.get("/{run_id}")
    async def one(run_id: UUID, reader: Reader) -> RunAnswer:
        """A run and what it has counted."""
        return await _run(database, reader, run_id)

    @routes.get("/{run_id}/differences")
    async def differences(
        run_id: UUID,
        request: Request,
        reader: Reader,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=DIFFERENCES_MAX)] = DIFFERENCES_MAX,
    ) -> DifferencePage:
        """What differs, in the order in which it was found."""
        found = await _differences(database, reader, run_id, after=min(number_of(cursor), PLACE_MAX), limit=limit)
        items = [_difference(item, language_of(request)) for item in found]
        return DifferencePage(items=items, next=str(found[-1].place) if len(found) == limit else None)

    return routes


_COUNTS = ("petitions", "too_fresh", "deadlines", "steps", "differences")
_SHOWN = ("place", "kind", "petition_id", "code", "deadline_id", "rule", "expected", "found")


async def _of_one(database: Database, books: Books, *, reader: Principal, petition: str, run_id: UUID, clock: Clock) -> RunAnswer:
    petition_id = await tracing.id_of_petition(database, reader, petition)
    await reconciling.run(database, books, run_id, clock=clock, petition_id=petition_id)
    return await _run(database, reader, run_id)


def _begun(run_id: UUID, now: datetime) -> RunAnswer:
    counts = dict.fromkeys(_COUNTS, 0)
    return RunAnswer(id=run_id, as_of=now, petition_id=None, finished_at=None, problem=None, by_kind={}, **counts)


def _difference(item: Found, language: str) -> DifferenceAnswer:
    shown = {name: getattr(item, name) for name in _SHOWN}
    return DifferenceAnswer(means=in_language(DIFFERENCES[item.kind], language), **shown)


async def _counted(database: Database, books: Books, run_id: UUID, clock: Clock) -> None:
    result = await reconciling.run(database, books, run_id, clock=clock)
    if result is not None:
        measured(result)


async def _run(database: Database, reader: Principal, run_id: UUID | None) -> RunAnswer:
    async with database.reading() as connection:
        found: Run | None = await store.run(connection, run_id, reader=reader.actor)
    if found is None:
        raise Unknown("no such run")
    return RunAnswer.model_validate(found)


async def _differences(database: Database, reader: Principal, run_id: UUID, *, after: int, limit: int) -> list[Found]:
    async with database.reading() as connection:
        return await store.found(connection, run_id, after=after, limit=limit, reader=reader.actor)
