"""Runs of the reconciliation and the differences that they found; and what of the log a run reads.

Where a `reader` (his actor) is named, what is about a petition from which he is excluded is left out as if it were not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.entry import Entry
from services.audit.store.log import LOG, entry_of
from services.audit.store.sight import open_to_reader
from shared.persistence import bulk

_DIFFERENCES = Table(
    "differences",
    MetaData(),
    Column("run_id", Uuid),
    Column("place", Integer),
    Column("kind", Text),
    Column("petition_id", Uuid),
    Column("code", Text),
    Column("deadline_id", Uuid),
    Column("rule", Text),
    Column("expected", Text),
    Column("found", Text),
)
_COLUMNS = ", ".join(column.name for column in LOG.columns)
_RUN = (
    "id, as_of, petition_id, begun_at, finished_at, petitions, too_fresh, deadlines, steps, differences, "
    "CAST(by_kind AS text) AS by_kind, problem"
)
# A run that ended early, or whose process is gone, is begun anew; one that counts or is done is left alone.
_BEGIN = text(
    """
    INSERT INTO reconciliations (id, as_of, petition_id, begun_at, seen_at) VALUES (:id, :as_of, :petition_id, :now, :now)
    ON CONFLICT (id) DO UPDATE SET as_of = excluded.as_of, begun_at = excluded.begun_at, seen_at = excluded.seen_at,
        finished_at = NULL, problem = NULL
    WHERE reconciliations.seen_at < :lost_before AND (reconciliations.finished_at IS NULL OR reconciliations.problem IS NOT NULL)
    RETURNING id
    """
)
_FORGET = text("DELETE FROM differences WHERE run_id = :id")
_SEEN = text("UPDATE reconciliations SET seen_at = :now WHERE id = :id")
_FINISH = text(
    """
    UPDATE reconciliations SET finished_at = :now, seen_at = :now,
        petitions = :petitions, too_fresh = :too_fresh, deadlines = :deadlines,
        steps = :steps, differences = :differences, by_kind = CAST(:by_kind AS jsonb), problem = :problem
    WHERE id = :id
    """
)
_ONE = text(f"SELECT {_RUN} FROM reconciliations r WHERE id = :id AND {open_to_reader('r.petition_id')}")
_LATEST = text(f"SELECT {_RUN} FROM reconciliations WHERE petition_id IS NULL ORDER BY begun_at DESC LIMIT 1")
_FOUND = text(
    f"""
    SELECT place, kind, petition_id, code, deadline_id, rule, expected, found FROM differences d
    WHERE run_id = :id AND place > :after AND {open_to_reader("d.petition_id")} ORDER BY place LIMIT :limit
    """
)
_PETITIONS = text("SELECT petition_id, code FROM petitions WHERE petition_id > :after ORDER BY petition_id LIMIT :limit")
_ENTRIES = text(f"SELECT {_COLUMNS} FROM log WHERE aggregate_id = ANY(CAST(:ids AS uuid[])) ORDER BY position")
_OF_TYPES = text(f"SELECT {_COLUMNS} FROM log WHERE type = ANY(CAST(:types AS text[])) ORDER BY position")
_UNHEARD = text(
    """
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM petitions WHERE petition_id = id) ORDER BY id
    """
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run with what it counted; `problem` says why it ended early."""

    id: UUID
    as_of: datetime
    petition_id: UUID | None
    begun_at: datetime
    finished_at: datetime | None
    petitions: int
    too_fresh: int
    deadlines: int
    steps: int
    differences: int
    by_kind: Mapping[str, int]
    problem: str | None

    @property
    def is_done(self) -> bool:
        """Whether it came to its end: counted everything that it was to count."""
        return self.finished_at is not None and self.problem is None


@dataclass(frozen=True, slots=True)
class Found:
    """A difference as it was written down."""

    place: int
    kind: str
    petition_id: UUID
    code: str | None
    deadline_id: UUID | None
    rule: str | None
    expected: str
    found: str


async def begin(
    connection: AsyncConnection,
    run_id: UUID,
    *,
    as_of: datetime,
    petition_id: UUID | None,
    now: datetime,
    lost_before: datetime,
) -> bool:
    """Note that a run begins, or begins anew; False where it is done, or another replica was seen at it since `lost_before`."""
    values = {"id": run_id, "as_of": as_of, "petition_id": petition_id, "now": now, "lost_before": lost_before}
    if (await connection.execute(_BEGIN, values)).scalar_one_or_none() is None:
        return False
    await connection.execute(_FORGET, {"id": run_id})
    return True


async def seen(connection: AsyncConnection, run_id: UUID, *, now: datetime) -> None:
    """Note that somebody is at work on a run."""
    await connection.execute(_SEEN, {"id": run_id, "now": now})


async def finish(
    connection: AsyncConnection,
    run_id: UUID,
    counts: Mapping[str, int],
    by_kind: Mapping[str, int],
    *,
    problem: str | None,
    now: datetime,
) -> None:
    """Note what a run counted."""
    values = {**counts, "id": run_id, "by_kind": orjson.dumps(dict(by_kind)).decode(), "problem": problem, "now": now}
    await connection.execute(_FINISH, values)


async def put(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write differences."""
    await bulk.insert(connection, _DIFFERENCES, rows)


async def run(connection: AsyncConnection, run_id: UUID | None = None, *, reader: str | None = None) -> Run | None:
    """Return a run, or the latest of all petitions; None where there is none."""
    result = await connection.execute(*((_ONE, {"id": run_id, "reader": reader}) if run_id else (_LATEST, {})))
    row = result.one_or_none()
    return Run(**{**row._asdict(), "by_kind": orjson.loads(row.by_kind)}) if row else None


async def found(connection: AsyncConnection, run_id: UUID, *, after: int, limit: int, reader: str | None = None) -> list[Found]:
    """Return differences of a run in the order in which they were found."""
    values = {"id": run_id, "after": after, "limit": limit, "reader": reader}
    return [Found(*row) for row in await connection.execute(_FOUND, values)]


async def petitions(connection: AsyncConnection, *, after: UUID, limit: int) -> list[tuple[UUID, str]]:
    """Return petitions with their codes in the order of their ids."""
    return [(row.petition_id, row.code) for row in await connection.execute(_PETITIONS, {"after": after, "limit": limit})]


async def entries_of(connection: AsyncConnection, petition_ids: Sequence[UUID]) -> dict[UUID, list[Entry]]:
    """Return the entries of petitions in the order of the log."""
    gathered: dict[UUID, list[Entry]] = {key: [] for key in petition_ids}
    for row in await connection.execute(_ENTRIES, {"ids": list(petition_ids)}):
        gathered[row.aggregate_id].append(entry_of(row))
    return gathered


async def of_types(connection: AsyncConnection, types: Sequence[str]) -> list[Entry]:
    """Return every entry of some types in the order of the log."""
    return [entry_of(row) for row in await connection.execute(_OF_TYPES, {"types": list(types)})]


async def unheard(connection: AsyncConnection, petition_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of some petitions that the log has never heard of."""
    return [row.id for row in await connection.execute(_UNHEARD, {"ids": list(petition_ids)})]
