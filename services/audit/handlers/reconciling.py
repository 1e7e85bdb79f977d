"""Every clock is counted again from the events alone and held against what was said and how escalation stands.

Invariant: a run reads only the log, the law as data and escalation's standing; it never changes any of them. Memory is bounded:
some hundred petitions at a time.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.audit.domain.entry import Entry
from services.audit.domain.recount.comparing import Difference, Kind, compare, gaps_in
from services.audit.domain.recount.days import Days
from services.audit.domain.recount.law import Amended, Law
from services.audit.domain.recount.reading import reckon, sayings
from services.audit.domain.recount.tree import Tree
from services.audit.gateways import Books
from services.audit.store import log
from services.audit.store import reconciliations as store
from services.audit.store.reconciliations import Run
from services.audit.wire.reconciling import published
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.persistence import Database

BATCH_PETITIONS = 500
GRACE = timedelta(minutes=5)
"""What became true within this may still be on its way."""
GRACE_OF_ONE = timedelta(seconds=10)
"""The same where somebody asks for one petition now."""
LOST = timedelta(minutes=10)
"""A run at which nobody was seen for so long, or that ended early so long ago, is begun anew."""
FRESH = timedelta(seconds=60)
"""A petition about which something was heard within this is left for the next run."""
OFFICES = ("petitions.routing.office.registered.v1",)
AMENDMENTS = ("petitions.escalation.calendar.amended.v1", "petitions.escalation.rule.amended.v1")
NIL = UUID(int=0)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Result:
    """What a run has counted so far."""

    petitions: int = 0
    too_fresh: int = 0
    deadlines: int = 0
    steps: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def differences(self) -> int:
        return self.by_kind.total()

    def counts(self) -> dict[str, int]:
        names = ("petitions", "too_fresh", "deadlines", "steps", "differences")
        return {name: int(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What petitions are held against: the law, the directory, the amendments, and until when."""

    law: Law
    tree: Tree
    amended: Sequence[Amended]
    until: datetime
    heard_before: datetime


async def run(
    database: Database,
    books: Books,
    run_id: UUID,
    *,
    clock: Clock,
    petition_id: UUID | None = None,
    settled_after: timedelta = FRESH,
) -> Result | None:
    """Reconcile all petitions, or one; write and say what came of it.

    None where this run is done, or somebody else is at it. Where it ends early it is marked with the problem, and may be begun
    anew; Trouble is raised where escalation cannot be asked. A petition that only escalation knows is looked for once more
    when `settled_after` has passed.
    """
    now = clock.now()
    async with database.transaction() as tx:
        lost_before = now - LOST
        if not await store.begin(tx.connection, run_id, as_of=now, petition_id=petition_id, now=now, lost_before=lost_before):
            return None
    result = Result()
    problem: str | None = "it was interrupted"
    try:
        await _count(database, books, run_id, result, clock=clock, petition_id=petition_id, settled_after=settled_after)
        problem = None
    except Trouble as trouble:
        problem = trouble.detail
        raise
    except Exception as error:
        problem = type(error).__name__
        raise
    finally:
        await _finish(database, run_id, result, as_of=now, now=clock.now(), problem=problem)
    return result


async def standing(database: Database, run_id: UUID) -> Run | None:
    """Return how a run stands, None where it was never begun."""
    async with database.reading() as connection:
        return await store.run(connection, run_id)


async def _count(
    database: Database,
    books: Books,
    run_id: UUID,
    result: Result,
    *,
    clock: Clock,
    petition_id: UUID | None,
    settled_after: timedelta,
) -> None:
    yardstick = await _yardstick(database, books, clock.now(), is_of_all=petition_id is None)
    async for batch in _batches(database, petition_id):
        await _reconcile(database, books, yardstick, batch, run_id=run_id, result=result)
        async with database.transaction() as tx:
            await store.seen(tx.connection, run_id, now=clock.now())
    if petition_id is None:
        await _find_unheard(database, books, run_id, result, settled_after=settled_after)


async def _find_unheard(database: Database, books: Books, run_id: UUID, result: Result, *, settled_after: timedelta) -> None:
    """Name deadlines of petitions that the log has never heard of; what was lodged just now is heard of in a moment."""
    unheard: list[UUID] = []
    after = NIL
    while page := await books.petitions(after):
        after = page[-1]
        async with database.reading() as connection:
            unheard += await store.unheard(connection, page)
    if not unheard:
        return
    await asyncio.sleep(settled_after.total_seconds())
    async with database.reading() as connection:
        unheard = await store.unheard(connection, unheard)
    for place in range(0, len(unheard), BATCH_PETITIONS):
        batch, rows = unheard[place : place + BATCH_PETITIONS], []
        for row in await books.states(batch):
            item = Difference(Kind.DEADLINE_UNKNOWN, UUID(str(row["id"])), str(row["rule"]), "", str(row["due_at"]))
            result.by_kind[str(item.kind)] += 1
            rows.append(_row(run_id, result.differences, UUID(str(row["petition_id"])), None, item))
        async with database.transaction() as tx:
            await store.put(tx.connection, rows)


async def _batches(database: Database, petition_id: UUID | None) -> AsyncIterator[list[tuple[UUID, str | None]]]:
    if petition_id is not None:
        async with database.reading() as connection:
            yield [(petition_id, await log.code_of(connection, petition_id))]
        return
    after = NIL
    while True:
        async with database.reading() as connection:
            page = await store.petitions(connection, after=after, limit=BATCH_PETITIONS)
        if page:
            yield list(page)
        if len(page) < BATCH_PETITIONS:
            return
        after = page[-1][0]


async def _reconcile(
    database: Database,
    books: Books,
    yardstick: Yardstick,
    batch: Sequence[tuple[UUID, str | None]],
    *,
    run_id: UUID,
    result: Result,
) -> None:
    """Reconcile some petitions. The log is read after escalation was asked: what stands there was said before."""
    ids = [petition_id for petition_id, _ in batch]
    standing: dict[str, list[Mapping[str, Any]]] = {}
    for row in await books.states(ids):
        standing.setdefault(str(row["petition_id"]), []).append(row)
    async with database.reading() as connection:
        entries = await store.entries_of(connection, ids)
    rows: list[Mapping[str, object]] = []
    for petition_id, code in batch:
        found = one(petition_id, entries[petition_id], standing.get(str(petition_id), []), yardstick, result)
        is_sealed = any(entry.is_sealed for entry in entries[petition_id])
        for item in found:
            result.by_kind[str(item.kind)] += 1
            rows.append(_row(run_id, result.differences, petition_id, None if is_sealed else code, item))
    if rows:
        async with database.transaction() as tx:
            await store.put(tx.connection, rows)


def one(
    petition_id: UUID, entries: Sequence[Entry], standing: Sequence[Mapping[str, Any]], yardstick: Yardstick, result: Result
) -> list[Difference]:
    """Return the differences of one petition."""
    if any(entry.recorded_at > yardstick.heard_before for entry in entries):
        result.too_fresh += 1
        return []
    result.petitions += 1
    missing = list(gaps_in(entries))
    if missing:
        return missing
    said = sayings(entries)
    try:
        reckoning = reckon(petition_id, entries, yardstick.law, yardstick.tree, yardstick.amended, until=yardstick.until)
    except (LookupError, ValueError) as error:
        return [Difference(Kind.CANNOT_BE_COUNTED, None, None, "", f"{type(error).__name__}: {error}")]
    if reckoning is None:
        return []
    result.deadlines += len(reckoning.clocks)
    result.steps += len(reckoning.said)
    return compare(reckoning, said, standing, until=yardstick.until)


async def _yardstick(database: Database, books: Books, now: datetime, *, is_of_all: bool) -> Yardstick:
    book = await books.rulebook()
    async with database.reading() as connection:
        offices = await store.of_types(connection, OFFICES)
        amendments = await store.of_types(connection, AMENDMENTS)
    calendars = {(item["name"], item["version"]): Days.of(item) for item in book["calendars"]}
    for name, version in book["calendar_versions"]:
        if (name, version) not in calendars:
            content = await books.calendar(name, version)
            if content is not None:
                calendars[name, version] = Days.of(content)
    jurisdictions = {place: (item["name"], item["version"]) for item in book["calendars"] for place in item["jurisdictions"]}
    own = {office: (item["name"], item["version"]) for item in book["calendars"] for office in item["offices"]}
    zones = {place: ZoneInfo(item["zone"]) for item in book["calendars"] for place in item["jurisdictions"]}
    tree = Tree(_directory(offices), zones)
    law = Law(book["rules"], calendars, jurisdictions, own)
    amended = [_amended(entry) for entry in amendments]
    if is_of_all:
        return Yardstick(law, tree, amended, until=now - GRACE, heard_before=now - FRESH)
    return Yardstick(law, tree, amended, until=now - GRACE_OF_ONE, heard_before=now)


def _directory(offices: Sequence[Entry]) -> dict[str, list[tuple[datetime, Mapping[str, object]]]]:
    found: dict[str, list[tuple[datetime, Mapping[str, object]]]] = {}
    for entry in offices:
        found.setdefault(str(entry.facts["code"]), []).append((entry.recorded_at, entry.facts))
    return found


def _amended(entry: Entry) -> Amended:
    body = entry.facts
    amendment_id = str(body["amendment_id"])
    amended = Amended(entry.position, amendment_id, entry.effective_at, entry.recorded_at)
    if "calendar" in body:
        return replace(amended, calendar=(str(body["calendar"]), str(body["to_version"])))
    versions: Any = body["versions"]
    return replace(amended, rules=str(body["rule"]).split(), newest=max(versions))


def _row(run_id: UUID, place: int, petition_id: UUID, code: str | None, item: Difference) -> Mapping[str, object]:
    return {
        "run_id": run_id,
        "place": place,
        "kind": str(item.kind),
        "petition_id": petition_id,
        "code": code,
        "deadline_id": item.deadline_id,
        "rule": item.rule,
        "expected": item.expected,
        "found": item.found,
    }


async def _finish(
    database: Database, run_id: UUID, result: Result, *, as_of: datetime, now: datetime, problem: str | None
) -> None:
    async with database.transaction() as tx:
        await store.finish(tx.connection, run_id, result.counts(), result.by_kind, problem=problem, now=now)
        if problem is None:
            tx.emit([published(run_id, result.counts(), result.by_kind, as_of=as_of)])
    if result.differences:
        _log.error("reconciliation: %d differences", result.differences, extra={"by_kind": dict(result.by_kind)})
