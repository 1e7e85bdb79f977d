"""What must be erased, in sets; what is held back from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_DUE = text(
    """
    SELECT p.id, r.kind, p.is_sealed, s.effective_at AS closed_at
    FROM unnest(CAST(:kinds AS text[]), CAST(:befores AS timestamptz[])) AS r (kind, before)
    JOIN petitions p ON COALESCE(p.treated_as, p.kind) = r.kind
    JOIN steps s ON s.petition_id = p.id AND s.source = 'routing' AND s.what = 'closed' AND s.effective_at < r.before
    WHERE s.effective_at < :latest
        AND NOT EXISTS (SELECT 1 FROM steps t WHERE t.petition_id = p.id AND t.source = 'routing' AND t.version > s.version)
        AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.petition_id = p.id)
        AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.petition_id = p.id)
    ORDER BY p.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED
    """
)
_OBJECTS = text("SELECT object_name FROM attachments WHERE petition_id = ANY(CAST(:ids AS uuid[]))")
# The petition's row, its steps and who read it stay; every key and everything that could be read without one goes.
_ERASE = (
    "DELETE FROM vault WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM search_words WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM phrases WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM receipts WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM petitioners WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM copies WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    "DELETE FROM attachments WHERE petition_id = ANY(CAST(:ids AS uuid[]))",
    """
    UPDATE statements SET wrapped_key = NULL, nonce = NULL, ciphertext = NULL WHERE petition_id = ANY(CAST(:ids AS uuid[]))
    """,
    "INSERT INTO erasures (petition_id, erased_at) SELECT unnest(CAST(:ids AS uuid[])), :now",
)


@dataclass(frozen=True, slots=True)
class Due:
    """A petition whose time is over."""

    id: UUID
    kind: str
    is_sealed: bool
    closed_at: datetime


async def due(connection: AsyncConnection, befores: Mapping[str, datetime], *, limit: int) -> list[Due]:
    """Return petitions that were closed before the instant of their kind, locked; not those that somebody else has in hand."""
    values = {"kinds": list(befores), "befores": list(befores.values()), "latest": max(befores.values()), "limit": limit}
    return [Due(*row) for row in await connection.execute(_DUE, values)]


async def objects_of(connection: AsyncConnection, ids: Sequence[UUID]) -> list[str]:
    """Return the names under which the files of petitions are stored."""
    return list((await connection.execute(_OBJECTS, {"ids": list(ids)})).scalars())


async def erase(connection: AsyncConnection, ids: Sequence[UUID], *, now: datetime) -> None:
    """Destroy the keys of petitions and whatever could be read without one."""
    for statement in _ERASE:
        values: dict[str, object] = {"ids": list(ids)}
        await connection.execute(text(statement), values | ({"now": now} if ":now" in statement else {}))


async def hold(connection: AsyncConnection, petition_id: UUID, *, reason: str, by: str, now: datetime) -> bool:
    """Hold a petition back from erasing; False where it is held already."""
    query = text(
        "INSERT INTO holds (petition_id, reason, held_by, held_at) VALUES (:id, :reason, :by, :now) "
        "ON CONFLICT DO NOTHING RETURNING petition_id"
    )
    values = {"id": petition_id, "reason": reason, "by": by, "now": now}
    return (await connection.execute(query, values)).one_or_none() is not None


async def release(connection: AsyncConnection, petition_id: UUID) -> bool:
    """Hold it back no longer; False where it was not held."""
    query = text("DELETE FROM holds WHERE petition_id = :id RETURNING petition_id")
    return (await connection.execute(query, {"id": petition_id})).one_or_none() is not None
