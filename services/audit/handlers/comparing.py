"""Use case: hold the log against what every service keeps of what it said: one petition at once, or all of them page by page.

Invariant: nothing is changed anywhere. Memory is bounded: both sides are read in the same order and merged, some thousand events
at a time. A service that does not answer is named; then nothing is said to be complete.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.records import Compared, RecordDifference, Recorded, RecordKind, compare, record_of
from services.audit.gateways import Ledger
from services.audit.store import records as store
from services.audit.wire.comparing import published
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.persistence import Database, ledger_reading

PAGE_EVENTS = 5_000
ONE_SECONDS_MAX = 3.0
"""So long a trace waits for a service; then that one counts as away."""
ON_ITS_WAY = timedelta(seconds=60)
"""What a service recorded within this may not have been heard of yet."""
LOST = timedelta(minutes=10)
"""A run at which nobody was seen for so long, or that ended early so long ago, is begun anew."""
KEPT_MAX = 10_000
"""Differences of a run that are written down; all are counted."""
OF_ONE_MAX = 10_000
BEGINNING = (UUID(int=0), 0)
OWN = "audit"

_log = logging.getLogger(__name__)


class OwnLedger:
    """Audit's own ledger, which it reads itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, aggregate_id: UUID) -> Sequence[Recorded]:
        """Return what audit said of one petition."""
        async with self._database.reading() as connection:
            found = await ledger_reading.records_of(connection, aggregate_id, limit=OF_ONE_MAX)
        return [_recorded(item) for item in found]

    async def after(self, aggregate_id: UUID, version: int, *, limit: int) -> Sequence[Recorded]:
        """Return what stands behind a version of an aggregate."""
        async with self._database.reading() as connection:
            found = await ledger_reading.records_after(connection, aggregate_id, version, limit=limit)
        return [_recorded(item) for item in found]


async def compare_one(
    ledgers: Mapping[str, Ledger], petition_id: UUID, entries: Sequence[Entry], *, now: datetime
) -> Sequence[Compared]:
    """Ask every service what it keeps of a petition, all at once; `entries` were read from the log before."""
    ours: dict[str, list[Recorded]] = {source: [] for source in ledgers}
    for entry in entries:
        if entry.source in ours:
            ours[entry.source].append(record_of(entry))
    kept = await asyncio.gather(*(_of(ledger, petition_id) for ledger in ledgers.values()))
    return [
        Compared(
            source,
            len(ours[source]),
            None if theirs is None else compare(source, ours[source], theirs, settled_before=now - ON_ITS_WAY),
        )
        for source, theirs in zip(ledgers, kept, strict=True)
    ]


@dataclass(slots=True)
class CompareResult:
    """What a run has counted so far. `away` are services that did not answer."""

    events: int = 0
    on_their_way: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    by_service: Counter[str] = field(default_factory=Counter)
    away: list[str] = field(default_factory=list)

    @property
    def differences(self) -> int:
        return self.by_kind.total()

    def counts(self) -> dict[str, int]:
        return {"events": self.events, "on_their_way": self.on_their_way, "differences": self.differences}


async def run(database: Database, ledgers: Mapping[str, Ledger], run_id: UUID, *, clock: Clock) -> CompareResult | None:
    """Compare everything; write and say what came of it. None where this run is done, or somebody else is at it.

    A service that does not answer does not keep the others from being compared; the run is then marked with the problem, and may
    be begun anew.
    """
    now = clock.now()
    async with database.transaction() as tx:
        if not await store.begin(tx.connection, run_id, now=now, lost_before=now - LOST):
            return None
    result = CompareResult()
    problem: str | None = "it was interrupted"
    try:
        for source, ledger in ledgers.items():
            try:
                await _compare_all(database, source, ledger, run_id, result, clock=clock)
            except Trouble as trouble:
                if trouble.code == "database_unreachable":
                    raise
                result.away.append(source)
        problem = f"no answer from {', '.join(result.away)}" if result.away else None
    except Exception as error:
        problem = type(error).__name__
        raise
    finally:
        await _finish(database, run_id, result, as_of=now, now=clock.now(), problem=problem)
    return result


async def standing(database: Database, run_id: UUID) -> store.ComparisonRun | None:
    """Return how a run stands, None where it was never begun."""
    async with database.reading() as connection:
        return await store.run(connection, run_id)


async def _compare_all(
    database: Database, source: str, ledger: Ledger, run_id: UUID, result: CompareResult, *, clock: Clock
) -> None:
    """Merge both sides page by page: what lies behind the end of the shorter page waits for the next one."""
    place = BEGINNING
    while True:
        async with database.reading() as connection:
            ours = await store.records_after(connection, source, *place, limit=PAGE_EVENTS)
        theirs = await ledger.after(*place, limit=PAGE_EVENTS)
        ends = [page[-1].key for page in (ours, theirs) if len(page) == PAGE_EVENTS]
        end = min(ends, default=None)
        here = [item for item in ours if end is None or item.key <= end]
        there = [item for item in theirs if end is None or item.key <= end]
        compared = compare(source, here, there, settled_before=clock.now() - ON_ITS_WAY)
        found = await _settled(database, compared.differences)
        result.on_their_way += compared.on_their_way + len(compared.differences) - len(found)
        await _keep(database, run_id, result, found)
        result.events += max(len(here), len(there))
        async with database.transaction() as tx:
            await store.seen(tx.connection, run_id, events=result.events, now=clock.now())
        if end is None:
            return
        place = end


async def _settled(database: Database, differences: Sequence[RecordDifference]) -> list[RecordDifference]:
    """Return those that are still there: what was missing here may have been heard of since the log was read."""
    missing = [item.event_id for item in differences if item.kind is RecordKind.MISSING_HERE]
    if not missing:
        return list(differences)
    async with database.reading() as connection:
        heard = await store.heard(connection, missing)
    return [item for item in differences if item.kind is not RecordKind.MISSING_HERE or item.event_id not in heard]


async def _keep(database: Database, run_id: UUID, result: CompareResult, found: Sequence[RecordDifference]) -> None:
    if not found:
        return
    first = result.differences
    async with database.transaction() as tx:
        codes = await store.codes(tx.connection, list({item.aggregate_id for item in found}))
        rows = [
            _row(run_id, place, item, codes.get(item.aggregate_id))
            for place, item in enumerate(islice(found, max(KEPT_MAX - first, 0)), start=first + 1)
        ]
        if rows:
            await store.put(tx.connection, rows)
    for item in found:
        result.by_kind[str(item.kind)] += 1
        result.by_service[item.source] += 1


def _row(run_id: UUID, place: int, item: RecordDifference, code: str | None) -> Mapping[str, object]:
    return {
        "run_id": run_id,
        "place": place,
        "kind": str(item.kind),
        "source": item.source,
        "aggregate_id": item.aggregate_id,
        "code": code,
        "version": item.version,
        "event_id": item.event_id,
        "type": item.type,
        "position": item.position,
        "fields": " ".join(item.fields),
    }


async def _finish(
    database: Database, run_id: UUID, result: CompareResult, *, as_of: datetime, now: datetime, problem: str | None
) -> None:
    async with database.transaction() as tx:
        await store.finish(
            tx.connection,
            run_id,
            result.counts(),
            by_kind=result.by_kind,
            by_service=result.by_service,
            problem=problem,
            now=now,
        )
        if problem is None:
            tx.emit([published(run_id, result.counts(), result.by_kind, as_of=as_of)])
    if result.differences:
        _log.error("comparison: %d differences", result.differences, extra={"by_kind": dict(result.by_kind)})


async def _of(ledger: Ledger, petition_id: UUID) -> Sequence[Recorded] | None:
    try:
        async with asyncio.timeout(ONE_SECONDS_MAX):
            return await ledger.of(petition_id)
    except (Trouble, TimeoutError):
        return None


def _recorded(item: ledger_reading.LedgerRecord) -> Recorded:
    return Recorded(
        item.id,
        item.aggregate_id,
        item.version,
        item.type,
        item.effective_at,
        item.recorded_at,
        item.actor,
        item.authority,
        item.office,
        item.is_sealed,
        item.cause_id,
        item.body_sha256,
    )
