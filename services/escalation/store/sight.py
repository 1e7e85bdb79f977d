"""Who must not see a petition: those with a conflict of interest, and whose office is denounced."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_EXCLUDE = text(
    """
    INSERT INTO exclusions (petition_id, actor)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:actors AS text[])) ON CONFLICT DO NOTHING
    """
)
_NAME = text(
    """
    UPDATE petitions p SET against = n.against
    FROM unnest(CAST(:ids AS uuid[]), CAST(:offices AS text[])) AS n (id, against) WHERE p.id = n.id AND p.is_sealed
    """
)


async def exclude(connection: AsyncConnection, excluded: Iterable[tuple[UUID, str]]) -> None:
    """Write who is excluded from which petition."""
    pairs = sorted(set(excluded))
    if pairs:
        await connection.execute(_EXCLUDE, {"ids": [key for key, _ in pairs], "actors": [actor for _, actor in pairs]})


async def name(connection: AsyncConnection, against: Mapping[UUID, str]) -> None:
    """Write to which office who is denounced belongs."""
    if against:
        await connection.execute(_NAME, {"ids": list(against), "offices": list(against.values())})
