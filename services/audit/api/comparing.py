"""Doors for comparing the log with the services' own records: begin, look at what was counted, read the differences."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, status
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from services.audit.gateways import Ledger
from services.audit.handlers import comparing
from services.audit.handlers.comparing import CompareResult
from services.audit.store import records as store
from services.audit.store.records import ComparisonRun, FoundDifference
from services.audit.wire.comparing import KINDS
from services.audit.wire.words import in_language
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
_GAUGE = meter().create_gauge("caunoi.comparison.differences", unit="1", description="Differences that the last comparison found")


class ComparisonAnswer(BaseModel):
    """A run. `differences` has the target 0; `finished_at` is null while it reads; `problem` says which service was away."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    as_of: datetime
    finished_at: datetime | None
    events: int
    on_their_way: int
    differences: int
    by_kind: dict[str, int]
    by_service: dict[str, int]
    problem: str | None


class RecordDifferenceAnswer(BaseModel):
    """One difference. `code` is null of a denunciation and of what is no petition; `fields` are those that are not alike."""

    place: int
    kind: str
    means: str
    service: str
    petition_id: UUID
    code: str | None
    version: int
    event_id: UUID
    type: str
    position: int | None
    fields: list[str]


class RecordDifferencePage(BaseModel):
    """`next` is the value of `cursor` for the next page, null on the last."""

    items: list[RecordDifferenceAnswer]
    next: str | None


def measured(result: CompareResult) -> None:
    """Let the metrics tell what a run found."""
    _GAUGE.set(result.differences, {"service": "audit"})


def router(database: Database, ledgers: Mapping[str, Ledger], clock: Clock) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(prefix="/api/comparisons", tags=["comparison"])
    running: set[asyncio.Task[object]] = set()

    @routes.post("", status_code=status.HTTP_202_ACCEPTED)
    async def begin(_reader: Reader) -> ComparisonAnswer:
        """Hold the log against every service's own record now."""
        run_id, now = uuid4(), clock.now()
        task: asyncio.Task[object] = asyncio.create_task(_compared(database, ledgers, run_id, clock))
        running.add(task)
        task.add_done_callback(running.discard)
        return _begun(run_id, now)

    @routes.get("/latest")
    async def latest(_reader: Reader) -> ComparisonAnswer:
        """The latest run."""
        return await _run(database, None)

    @routes.get("/{run_id}")
    async def one(run_id: UUID, _reader: Reader) -> ComparisonAnswer:
        """A run and what it has counted."""
        return await _run(database, run_id)

    @routes.get("/{run_id}/differences")
    async def differences(
        run_id: UUID,
        request: Request,
        reader: Reader,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=DIFFERENCES_MAX)] = DIFFERENCES_MAX,
    ) -> RecordDifferencePage:
        """What differs, in the order in which it was found."""
        async with database.reading() as connection:
            after = min(number_of(cursor), PLACE_MAX)
            found = await store.found(connection, run_id, after=after, limit=limit, reader=reader.actor)
        items = [_difference(item, language_of(request)) for item in found]
        return RecordDifferencePage(items=items, next=str(found[-1].place) if len(found) == limit else None)

    return routes


def _begun(run_id: UUID, now: datetime) -> ComparisonAnswer:
    counts = dict.fromkeys(("events", "on_their_way", "differences"), 0)
    return ComparisonAnswer(id=run_id, as_of=now, finished_at=None, by_kind={}, by_service={}, problem=None, **counts)


async def _compared(database: Database, ledgers: Mapping[str, Ledger], run_id: UUID, clock: Clock) -> None:
    result = await comparing.run(database, ledgers, run_id, clock=clock)
    if result is not None:
        measured(result)


async def _run(database: Database, run_id: UUID | None) -> ComparisonAnswer:
    async with database.reading() as connection:
        found: ComparisonRun | None = await store.run(connection, run_id)
    if found is None:
        raise Unknown("no such run")
    return ComparisonAnswer.model_validate(found)


def _difference(item: FoundDifference, language: str) -> RecordDifferenceAnswer:
    return RecordDifferenceAnswer(
        place=item.place,
        kind=item.kind,
        means=in_language(KINDS[item.kind], language),
        service=item.source,
        petition_id=item.aggregate_id,
        code=item.code,
        version=item.version,
        event_id=item.event_id,
        type=item.type,
        position=item.position,
        fields=item.fields.split(),
    )
