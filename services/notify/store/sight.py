"""Who sees the notices of a petition: the office that has it and those above, whom it denounces, and who must not see it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import Sight

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
_OF = text(
    """
    WITH RECURSIVE above AS (
        SELECT office AS code, 0 AS rung FROM petitions WHERE id = :id AND office IS NOT NULL
        UNION
        SELECT o.parent, a.rung + 1 FROM offices o JOIN above a ON o.code = a.code WHERE o.parent IS NOT NULL
    )
    SELECT ARRAY(SELECT code FROM above ORDER BY rung) AS offices, is_sealed, against,
        ARRAY(SELECT actor FROM exclusions WHERE petition_id = :id) AS excluded
    FROM petitions WHERE id = :id
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


async def of(connection: AsyncConnection, petition_id: UUID) -> Sight:
    """Return who sees a petition that is known."""
    row = (await connection.execute(_OF, {"id": petition_id})).one()
    return Sight(tuple(row.offices), is_sealed=row.is_sealed, against=row.against, excluded=frozenset(row.excluded))
