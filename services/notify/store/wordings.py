"""The city's own words for notices: versions that are never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import Own

_ADD = text(
    """
    INSERT INTO wordings (name, version, content, actor, note, created_at)
    SELECT :name, coalesce(max(version), 0) + 1, :content, :actor, :note, :now FROM wordings WHERE name = :name
    RETURNING version
    """
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('wordings'), hashtext(:name))")


async def own(connection: AsyncConnection) -> list[Own]:
    """Return the city's own words in every version."""
    rows = await connection.execute(text("SELECT name, version, content FROM wordings"))
    return [Own(row.name, row.version, row.content) for row in rows]


async def add(connection: AsyncConnection, name: str, content: str | None, *, actor: str, note: str, now: datetime) -> int:
    """Write the next version; return its number."""
    await connection.execute(_LOCK, {"name": name})
    values = {"name": name, "content": content, "actor": actor, "note": note, "now": now}
    return int((await connection.execute(_ADD, values)).scalar_one())


async def history(connection: AsyncConnection, name: str) -> list[dict[str, Any]]:
    """Return who wrote which version when, oldest first."""
    query = text("SELECT version, content, actor, note, created_at FROM wordings WHERE name = :name ORDER BY version")
    return [dict(row) for row in (await connection.execute(query, {"name": name})).mappings()]
