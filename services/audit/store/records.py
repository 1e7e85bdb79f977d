"""The log as a record to be compared, and the runs of comparing everything with the differences that they found.

Where a `reader` (his actor) is named, what is about a petition from which he is excluded is left out as if it were not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.records import Recorded
from services.audit.store.sight import open_to_reader
from shared.persistence import bulk

_DIFFERENCES = Table(
    "comparison_differences",
    MetaData(),
    Column("run_id", Uuid),
    Column("place", Integer),
    Column("kind", Text),
    Column("source", Text),
    Column("aggregate_id", Uuid),
    Column("code", Text),
    Column("version", Integer),
    Column("event_id", Uuid),
    Column("type", Text),
    Column("position", BigInteger),
    Column("fields", Text),
)
_AFTER = text(
    """
    SELECT id, aggregate_id, version, type, effective_at, recorded_at, actor, authority, office, is_sealed, cause_id,
        encode(sha256(body), 'hex') AS body_sha256, position
    FROM log WHERE source = :source AND aggregate_id >= CAST(:id AS uuid)
        AND (aggregate_id, version) > (CAST(:id AS uuid), :version)
    ORDER BY aggregate_id, version LIMIT :limit
    """
)
_HEARD = text("SELECT id FROM log WHERE id = ANY(CAST(:ids AS uuid[]))")
# Codes of petitions that are not sealed; an aggregate that is no petition has none.
_CODES = text(
    """
    SELECT p.petition_id, p.code FROM petitions p WHERE p.petition_id = ANY(CAST(:ids AS uuid[]))
        AND NOT EXISTS (SELECT FROM log l WHERE l.aggregate_id = p.petition_id AND l.is_sealed)
    """
)
_RUN = (
    "id, as_of, begun_at, finished_at, events, on_their_way, differences, CAST(by_kind AS text) AS by_kind, "
    "CAST(by_service AS text) AS by_service, problem"
)
_BEGIN = text(
    """
    INSERT INTO comparisons (id, as_of, begun_at, seen_at) VALUES (:id, :now, :now, :now)
    ON CONFLICT (id) DO UPDATE SET as_of = excluded.as_of, begun_at = excluded.begun_at, seen_at = excluded.seen_at,
        finished_at = NULL, problem = NULL
    WHERE comparisons.seen_at < :lost_before AND (comparisons.finished_at IS NULL OR comparisons.problem IS NOT NULL)
    RETURNING id
    """
)
_FORGET = text("DELETE FROM comparison_differences WHERE run_id = :id")
_SEEN = text("UPDATE comparisons SET seen_at = :now, events = :events WHERE id = :id")
_FINISH = text(
    """
    UPDATE comparisons SET finished_at = :now, seen_at = :now, events = :events, on_their_way = :on_their_way,
        differences = :differences, by_kind = CAST(:by_kind AS jsonb), by_service = CAST(:by_service AS jsonb), problem = :problem
    WHERE id = :id
    """
)
_ONE = text(f"SELECT {_RUN} FROM comparisons WHERE id = :id")
_LATEST = text(f"SELECT {_RUN} FROM comparisons ORDER BY begun_at DESC LIMIT 1")
_FOUND = text(
    f"""
    SELECT place, kind, source, aggregate_id, code, version, event_id, type, position, fields FROM comparison_differences d
    WHERE run_id = :id AND place > :after AND {open_to_reader("d.aggregate_id")} ORDER BY place LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class ComparisonRun:
    """A run with what it counted; `problem` says why it ended early, or which services were away."""

    id: UUID
    as_of: datetime
    begun_at: datetime
    finished_at: datetime | None
    events: int
    on_their_way: int
    differences: int
    by_kind: Mapping[str, int]
    by_service: Mapping[str, int]
    problem: str | None

    @property
    def is_done(self) -> bool:
        """Whether every service was compared to the end."""
        return self.finished_at is not None and self.problem is None


@dataclass(frozen=True, slots=True)
class FoundDifference:
    """A difference as it was written down. `code` is None of a denunciation, and of what is no petition."""

    place: int
    kind: str
    source: str
    aggregate_id: UUID
    code: str | None
    version: int
    event_id: UUID
    type: str
    position: int | None
    fields: str


async def records_after(
    connection: AsyncConnection, source: str, aggregate_id: UUID, version: int, *, limit: int
) -> list[Recorded]:
    """Return what the log holds of one service behind a version of an aggregate, in the order of aggregates and versions."""
    values = {"source": source, "id": aggregate_id, "version": version, "limit": limit}
    return [Recorded(*row) for row in await connection.execute(_AFTER, values)]


async def heard(connection: AsyncConnection, event_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of some events are in the log."""
    return frozenset((await connection.execute(_HEARD, {"ids": list(event_ids)})).scalars())


async def codes(connection: AsyncConnection, aggregates: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the codes of those petitions that are not sealed."""
    return {row.petition_id: row.code for row in await connection.execute(_CODES, {"ids": list(aggregates)})}


async def begin(connection: AsyncConnection, run_id: UUID, *, now: datetime, lost_before: datetime) -> bool:
    """Note that a run begins, or begins anew; False where it is done, or another replica was seen at it since `lost_before`."""
    if (await connection.execute(_BEGIN, {"id": run_id, "now": now, "lost_before": lost_before})).scalar_one_or_none() is None:
        return False
    await connection.execute(_FORGET, {"id": run_id})
    return True


async def seen(connection: AsyncConnection, run_id: UUID, *, events: int, now: datetime) -> None:
    """Note that somebody is at work on a run, and how many events it has compared."""
    await connection.execute(_SEEN, {"id": run_id, "events": events, "now": now})


async def put(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write differences."""
    await bulk.insert(connection, _DIFFERENCES, rows)


async def finish(
    connection: AsyncConnection,
    run_id: UUID,
    counts: Mapping[str, int],
    *,
    by_kind: Mapping[str, int],
    by_service: Mapping[str, int],
    problem: str | None,
    now: datetime,
) -> None:
    """Note what a run counted."""
    texts = {"by_kind": orjson.dumps(dict(by_kind)).decode(), "by_service": orjson.dumps(dict(by_service)).decode()}
    await connection.execute(_FINISH, {**counts, **texts, "id": run_id, "problem": problem, "now": now})


async def run(connection: AsyncConnection, run_id: UUID | None = None) -> ComparisonRun | None:
    """Return a run, or the latest; None where there is none."""
    result = await connection.execute(*((_ONE, {"id": run_id}) if run_id else (_LATEST, {})))
    row = result.one_or_none()
    if row is None:
        return None
    read = {"by_kind": orjson.loads(row.by_kind), "by_service": orjson.loads(row.by_service)}
    return ComparisonRun(**{**row._asdict(), **read})


async def found(
    connection: AsyncConnection, run_id: UUID, *, after: int, limit: int, reader: str | None = None
) -> list[FoundDifference]:
    """Return differences of a run in the order in which they were found."""
    values = {"id": run_id, "after": after, "limit": limit, "reader": reader}
    return [FoundDifference(*row) for row in await connection.execute(_FOUND, values)]
