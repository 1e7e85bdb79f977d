"""Exports: jobs with how far they have come, and the files in pieces.

Invariant: a file is written in the transaction that says that it is done and emits the event: it is there whole, once, or not.
A job is held by one `worker` (an id made when it is claimed); who lost it writes nothing any more.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.exporting import Export, Format, Query, State
from services.audit.store.sight import open_to_reader

_COLUMNS = """
    id, actor, authority, format, petition_id, code, CAST(query AS text) AS query, language, state, upto, checkpoint, position,
    rows, file_name, file_bytes, file_sha256, asked_at, finished_at, expires_at, problem, attempts
"""
_ASK = text(
    """
    INSERT INTO exports
        (id, actor, authority, format, petition_id, code, query, language, state, upto, checkpoint, asked_at, seen_at)
    VALUES (:id, :actor, :authority, :format, :petition_id, :code, CAST(:query AS jsonb), :language, 'waiting', :upto,
        :checkpoint, :now, :now)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_ONE = text(f"SELECT {_COLUMNS} FROM exports WHERE id = :id AND actor = :actor")
_OF = text(f"SELECT {_COLUMNS} FROM exports WHERE actor = :actor ORDER BY asked_at DESC, id LIMIT :limit")
_CLAIM = text(
    f"""
    UPDATE exports SET state = 'running', worker = :worker, seen_at = :now, attempts = attempts + 1, position = 0, rows = 0
    WHERE id = (
        SELECT id FROM exports WHERE state = 'waiting' OR (state = 'running' AND seen_at < :lost_before)
        ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING {_COLUMNS}
    """
)
_SEEN = text(
    """
    UPDATE exports SET seen_at = :now, position = :position, rows = :rows
    WHERE id = :id AND worker = :worker AND state = 'running' RETURNING id
    """
)
_DONE = text(
    """
    UPDATE exports SET state = 'done', seen_at = :now, finished_at = :now, expires_at = :expires_at, position = upto,
        rows = :rows, file_name = :file_name, file_bytes = :file_bytes, file_sha256 = :file_sha256
    WHERE id = :id AND worker = :worker AND state = 'running' RETURNING id
    """
)
_FAILED = text(
    """
    UPDATE exports SET state = 'failed', problem = :problem, finished_at = :now
    WHERE id = :id AND worker = :worker AND state = 'running'
    """
)
_CANCEL = text(
    """
    UPDATE exports SET state = 'cancelled', finished_at = :now
    WHERE id = :id AND actor = :actor AND state IN ('waiting', 'running') RETURNING id
    """
)
_EXPIRE = text(
    """
    WITH gone AS (
        UPDATE exports SET state = 'expired' WHERE state = 'done' AND expires_at <= :now RETURNING id
    ) DELETE FROM export_parts p USING gone WHERE p.export_id = gone.id
    """
)
_PUT_PART = text("INSERT INTO export_parts (export_id, number, data) VALUES (:id, :number, :data)")
_PART = text("SELECT data FROM export_parts WHERE export_id = :id AND number = :number")
_UNSEALED = "NOT l.is_sealed"
_LODGED_KIND = """
    EXISTS (SELECT FROM log k WHERE k.aggregate_id = l.aggregate_id AND k.type = 'petitions.intake.petition.lodged.v1'
        AND encode(k.body, 'escape') ~ :kind_pattern)
"""


async def ask(connection: AsyncConnection, values: Mapping[str, object], query: Mapping[str, object]) -> bool:
    """Write a job down; False where its asker has one that is not finished."""
    result = await connection.execute(_ASK, {**values, "query": orjson.dumps(query).decode()})
    return result.scalar_one_or_none() is not None


async def one(connection: AsyncConnection, export_id: UUID, *, actor: str) -> Export | None:
    """Return a job of somebody; None where it is not his."""
    row = (await connection.execute(_ONE, {"id": export_id, "actor": actor})).one_or_none()
    return _export(row) if row else None


async def of(connection: AsyncConnection, actor: str, *, limit: int) -> list[Export]:
    """Return somebody's jobs, the latest first."""
    return [_export(row) for row in await connection.execute(_OF, {"actor": actor, "limit": limit})]


async def claim(connection: AsyncConnection, worker: UUID, *, now: datetime, lost_before: datetime) -> Export | None:
    """Take the oldest job that waits, or whose worker was not seen since `lost_before`; None where there is none."""
    row = (await connection.execute(_CLAIM, {"worker": worker, "now": now, "lost_before": lost_before})).one_or_none()
    return _export(row) if row else None


async def seen(connection: AsyncConnection, export_id: UUID, worker: UUID, *, position: int, rows: int, now: datetime) -> bool:
    """Note how far a job has come; False where it was cancelled, or somebody else has it now."""
    values = {"id": export_id, "worker": worker, "position": position, "rows": rows, "now": now}
    return (await connection.execute(_SEEN, values)).scalar_one_or_none() is not None


async def done(
    connection: AsyncConnection, export_id: UUID, worker: UUID, file: Mapping[str, object], parts: Iterable[bytes]
) -> bool:
    """Write the file and that it is done; False, and nothing written, where it was cancelled or somebody else has it now."""
    if (await connection.execute(_DONE, {"id": export_id, "worker": worker, **file})).scalar_one_or_none() is None:
        return False
    for number, data in enumerate(parts):
        await connection.execute(_PUT_PART, {"id": export_id, "number": number, "data": data})
    return True


async def failed(connection: AsyncConnection, export_id: UUID, worker: UUID, *, problem: str, now: datetime) -> None:
    """Note that a job cannot be done."""
    await connection.execute(_FAILED, {"id": export_id, "worker": worker, "problem": problem, "now": now})


async def cancel(connection: AsyncConnection, export_id: UUID, *, actor: str, now: datetime) -> bool:
    """End a job of somebody; False where it is over."""
    values = {"id": export_id, "actor": actor, "now": now}
    return (await connection.execute(_CANCEL, values)).scalar_one_or_none() is not None


async def expire(connection: AsyncConnection, *, now: datetime) -> None:
    """Drop the files whose time is over."""
    await connection.execute(_EXPIRE, {"now": now})


async def part(connection: AsyncConnection, export_id: UUID, number: int) -> bytes | None:
    """Return a piece of a file; None behind the last."""
    found = (await connection.execute(_PART, {"id": export_id, "number": number})).scalar_one_or_none()
    return bytes(found) if found is not None else None


async def rows_within(
    connection: AsyncConnection, query: Query, *, after: int, upto: int, limit: int, reader: str, kind_pattern: str | None
) -> Sequence[Row[Any]]:
    """Return the events of a query between two positions (`after` < position <= `upto`), in order, up to `limit`.

    Nothing of a petition from which `reader` is excluded.
    """
    conditions, values = _conditions(query)
    if kind_pattern is not None:
        conditions.append(_LODGED_KIND)
        values["kind_pattern"] = kind_pattern
    statement = text(
        f"""
        SELECT l.position, l.id, l.aggregate_id, p.code, l.source, l.version, l.type, l.effective_at, l.recorded_at, l.heard_at,
            l.actor, l.authority, l.office, l.cause_id, l.is_sealed, l.body
        FROM log l LEFT JOIN petitions p ON p.petition_id = l.aggregate_id
        WHERE l.position > :after AND l.position <= :upto AND {" AND ".join([*conditions, open_to_reader("l.aggregate_id")])}
        ORDER BY l.position LIMIT :limit
        """
    )
    values |= {"after": after, "upto": upto, "limit": limit, "reader": reader}
    return (await connection.execute(statement, values)).all()


def _conditions(query: Query) -> tuple[list[str], dict[str, object]]:
    conditions, values = ["true"], dict[str, object]()
    for name, column in (("offices", "l.office"), ("types", "l.type"), ("services", "l.source"), ("actors", "l.actor")):
        if getattr(query, name):
            conditions.append(f"{column} = ANY(CAST(:{name} AS text[]))")
            values[name] = list(getattr(query, name))
    for name, comparison in (("since", ">="), ("until", "<")):
        if getattr(query, name) is not None:
            conditions.append(f"l.recorded_at {comparison} :{name}")
            values[name] = getattr(query, name)
    if query.codes:
        conditions.append("p.code = ANY(CAST(:codes AS text[]))")
        values["codes"] = list(query.codes)
    if not query.with_sealed:
        conditions.append(_UNSEALED)
    return conditions, values


async def parts(connection: AsyncConnection, export_id: UUID) -> AsyncIterator[bytes]:
    """Yield the pieces of a file in order."""
    number = 0
    while (data := await part(connection, export_id, number)) is not None:
        yield data
        number += 1


def _export(row: Row[Any]) -> Export:
    values = row._asdict()
    values |= {"query": orjson.loads(row.query), "format": Format(row.format), "state": State(row.state)}
    return Export(**values)
