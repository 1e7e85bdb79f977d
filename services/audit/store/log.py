"""The log, the codes of petitions, and what the inbox and the parked messages say about what is missing.

Invariant: positions are given out under the lock of `log_head`, so commit order is position order and there is no gap.
Where a `reader` (his actor) is named, petitions from which he is excluded are left out as if they were not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Row, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.entry import CauseRef, Entry, facts_of
from services.audit.store.sight import open_to_reader
from shared.persistence import bulk

_metadata = MetaData()
_INSTANT = DateTime(timezone=True)

LOG = Table(
    "log",
    _metadata,
    Column("position", BigInteger, primary_key=True),
    Column("id", Uuid),
    Column("aggregate_id", Uuid),
    Column("source", Text),
    Column("version", Integer),
    Column("type", Text),
    Column("effective_at", _INSTANT),
    Column("recorded_at", _INSTANT),
    Column("heard_at", _INSTANT),
    Column("actor", Text),
    Column("correlation_id", Uuid),
    Column("cause_id", Uuid),
    Column("cause_source", Text),
    Column("cause_version", Integer),
    Column("office", Text),
    Column("is_sealed", Boolean),
    Column("traceparent", Text),
    Column("stream", Text),
    Column("stream_seq", BigInteger),
    Column("body", LargeBinary),
    Column("authority", Text),
)

PETITIONS = Table(
    "petitions", _metadata, Column("code_key", Text, primary_key=True), Column("petition_id", Uuid), Column("code", Text)
)

_COLUMNS = ", ".join(column.name for column in LOG.columns)
_TAKE_POSITIONS = text("UPDATE log_head SET position = position + :number RETURNING position - :number")
_HOLD = text("SELECT FROM log_head FOR UPDATE")
_KNOWN = text("SELECT id FROM log WHERE id = ANY(CAST(:ids AS uuid[]))")
_BY_CODE = text(f"SELECT petition_id, code FROM petitions WHERE code_key = :key AND {open_to_reader('petitions.petition_id')}")
_BY_ID = text("SELECT petition_id, code FROM petitions WHERE petition_id = :id")
_ENTRIES = text(f"SELECT {_COLUMNS} FROM log WHERE aggregate_id = :id AND {open_to_reader('log.aggregate_id')}")
_AFTER = text(
    f"SELECT {_COLUMNS} FROM log WHERE position > :after AND {open_to_reader('log.aggregate_id')} ORDER BY position LIMIT :limit"
)
_VERSIONS = text(
    "SELECT aggregate_id, source, array_agg(version) FROM log WHERE aggregate_id = ANY(CAST(:ids AS uuid[])) GROUP BY 1, 2"
)
_NUMBER = "headers->>'ce-version' ~ '^[0-9]{1,9}$'"
_WAITING = f"""
    SELECT aggregate_id, headers->>'ce-source' AS source,
        CASE WHEN {_NUMBER} THEN CAST(headers->>'ce-version' AS integer) ELSE 0 END AS version
    FROM parked WHERE replayed_at IS NULL AND aggregate_id IS NOT NULL AND headers->>'ce-source' IS NOT NULL
"""
# A parked event may wait for its cause: the cause was said as well.
_WAITED_FOR = r"""
    SELECT aggregate_id, split_part(headers->>'ce-cause', ' ', 2) AS source,
        CAST(split_part(headers->>'ce-cause', ' ', 3) AS integer) AS version
    FROM parked WHERE replayed_at IS NULL AND aggregate_id IS NOT NULL AND headers->>'ce-cause' ~ '^\S+ \S+ [0-9]{1,9}$'
"""
_HEARD_OF = text(
    f"""
    SELECT * FROM (
        SELECT aggregate_id, source, version, false AS is_parked FROM inbox_heads WHERE aggregate_id = ANY(CAST(:ids AS uuid[]))
        UNION ALL SELECT w.*, true FROM ({_WAITING}) w WHERE aggregate_id = ANY(CAST(:ids AS uuid[]))
        UNION ALL SELECT w.*, false FROM ({_WAITED_FOR}) w WHERE aggregate_id = ANY(CAST(:ids AS uuid[]))
    ) h WHERE {open_to_reader("h.aggregate_id")}
    """
)
# Versions begin at 1 and none occurs twice, so a source is complete when it has as many entries as its highest version says.
_SUSPECTS = text(
    f"""
    WITH stored AS (SELECT aggregate_id, source, count(*) AS number, max(version) AS top FROM log GROUP BY 1, 2),
    incomplete AS (
        SELECT aggregate_id FROM inbox_heads h FULL JOIN stored s USING (aggregate_id, source)
        WHERE s.number IS DISTINCT FROM GREATEST(h.version, s.top)
        UNION SELECT aggregate_id FROM ({_WAITING}) w
    )
    SELECT aggregate_id, p.code FROM incomplete i LEFT JOIN petitions p ON p.petition_id = i.aggregate_id
    WHERE aggregate_id > :after AND {open_to_reader("i.aggregate_id")} ORDER BY aggregate_id LIMIT :limit
    """
)
_SEALED = text("SELECT DISTINCT aggregate_id FROM log WHERE aggregate_id = ANY(CAST(:ids AS uuid[])) AND is_sealed")
_UNPLACED = text("SELECT count(*) FROM parked WHERE replayed_at IS NULL AND aggregate_id IS NULL")


@dataclass(frozen=True, slots=True)
class HeardOf:
    """A version that was mentioned: by the inbox, as a cause, or by a message that is parked."""

    aggregate_id: UUID
    source: str
    version: int
    is_parked: bool


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions in the log of one source about one petition or office."""

    aggregate_id: UUID
    source: str
    versions: list[int]


async def known(connection: AsyncConnection, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of `ids` the log has; nobody else appends until the transaction ends."""
    await connection.execute(_HOLD)
    return frozenset((await connection.execute(_KNOWN, {"ids": list(ids)})).scalars())


async def append(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> int:
    """Write `rows` (all columns but `position`) in their order, at the end of the log; return how many were written.

    Fewer are where a version is claimed that an event with another id has: then give the transaction up.
    """
    before: int = (await connection.execute(_TAKE_POSITIONS, {"number": len(rows)})).scalar_one()
    placed = [{"position": place, **row} for place, row in enumerate(rows, start=before + 1)]
    return await bulk.insert(connection, LOG, placed, on_conflict="ON CONFLICT (aggregate_id, source, version) DO NOTHING")


async def name_petitions(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Remember the codes of petitions; the first one that was told stays."""
    await bulk.insert(connection, PETITIONS, rows, on_conflict="ON CONFLICT DO NOTHING")


async def petition(connection: AsyncConnection, *, code_key: str, reader: str | None = None) -> tuple[UUID, str] | None:
    """Return a petition's id and code."""
    row = (await connection.execute(_BY_CODE, {"key": code_key, "reader": reader})).one_or_none()
    return (row.petition_id, row.code) if row else None


async def code_of(connection: AsyncConnection, petition_id: UUID) -> str | None:
    """Return a petition's code, None where the id is not that of a petition."""
    row = (await connection.execute(_BY_ID, {"id": petition_id})).one_or_none()
    return row.code if row else None


async def entries_of(connection: AsyncConnection, aggregate_id: UUID, *, reader: str | None = None) -> list[Entry]:
    """Return everything that was said about one petition or office."""
    return [entry_of(row) for row in await connection.execute(_ENTRIES, {"id": aggregate_id, "reader": reader})]


async def entries_after(connection: AsyncConnection, position: int, *, limit: int, reader: str | None = None) -> list[Entry]:
    """Return the entries behind `position` in order."""
    values = {"after": position, "limit": limit, "reader": reader}
    return [entry_of(row) for row in await connection.execute(_AFTER, values)]


async def versions_of(connection: AsyncConnection, aggregates: Sequence[UUID]) -> list[Versions]:
    """Return which versions of `aggregates` are in the log."""
    return [Versions(*row) for row in await connection.execute(_VERSIONS, {"ids": list(aggregates)})]


async def heard_of(connection: AsyncConnection, aggregates: Sequence[UUID], *, reader: str | None = None) -> list[HeardOf]:
    """Return what was mentioned about `aggregates`, whether or not it is in the log."""
    return [HeardOf(*row) for row in await connection.execute(_HEARD_OF, {"ids": list(aggregates), "reader": reader})]


async def suspects(
    connection: AsyncConnection, *, after: UUID, limit: int, reader: str | None = None
) -> list[tuple[UUID, str | None]]:
    """Return the petitions and offices of which something is missing or parked, with their codes, in the order of their ids."""
    rows = await connection.execute(_SUSPECTS, {"after": after, "limit": limit, "reader": reader})
    return [(row.aggregate_id, row.code) for row in rows]


async def sealed_among(connection: AsyncConnection, aggregates: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of `aggregates` are denunciations."""
    return frozenset((await connection.execute(_SEALED, {"ids": list(aggregates)})).scalars())


async def unplaced(connection: AsyncConnection) -> int:
    """Return how many parked messages do not even say what they are about."""
    return int((await connection.execute(_UNPLACED)).scalar_one())


def entry_of(row: Row[Any]) -> Entry:
    """Read an entry from its row."""
    values = row._asdict()
    event_id, source, version = values.pop("cause_id"), values.pop("cause_source"), values.pop("cause_version")
    cause = CauseRef(event_id=event_id, source=source, version=version) if event_id else None
    return Entry(cause=cause, facts=facts_of(row.body), **values)
