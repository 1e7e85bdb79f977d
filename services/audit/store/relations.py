"""Which petitions belong together: second complaints, parts of mixed content, merged ones; as the log was told.

Invariant: written in the transaction that appends the event, so the log and this never differ.
Where a `reader` (his actor) is named, petitions from which he is excluded are left out as if they were not there.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.related import Related
from services.audit.store.sight import open_to_reader
from shared.persistence import bulk

_RELATIONS = Table("relations", MetaData(), Column("petition_id", Uuid), Column("other_id", Uuid), Column("relation", Text))
_OF = text(
    f"""
    SELECT r.relation, r.is_ours, r.other_id, p.code
    FROM (
        SELECT relation, true AS is_ours, other_id FROM relations WHERE petition_id = :id
        UNION ALL SELECT relation, false, petition_id FROM relations WHERE other_id = :id
    ) r LEFT JOIN petitions p ON p.petition_id = r.other_id
    WHERE {open_to_reader("r.other_id")} ORDER BY r.relation, r.other_id LIMIT :limit
    """
)
# The envelope of what gives a petition to an office names that office.
_HAVING_SECONDS = text(
    """
    SELECT DISTINCT l.office FROM relations r JOIN log l ON l.aggregate_id = r.petition_id
    WHERE r.other_id = :id AND r.relation = 'follows' AND l.source = 'routing' AND l.type IN (
        'petitions.routing.petition.routed.v1', 'petitions.routing.petition.transferred.v1',
        'petitions.routing.petition.returned.v1')
    """
)


async def relate(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write which petitions belong together."""
    await bulk.insert(connection, _RELATIONS, rows, on_conflict="ON CONFLICT DO NOTHING")


async def related(connection: AsyncConnection, petition_id: UUID, *, limit: int, reader: str | None = None) -> list[Related]:
    """Return the petitions that belong to one, up to `limit`."""
    rows = await connection.execute(_OF, {"id": petition_id, "limit": limit, "reader": reader})
    return [Related(*row) for row in rows]


async def offices_with_seconds(connection: AsyncConnection, petition_id: UUID) -> frozenset[str]:
    """Return the offices that had a second complaint of a petition: they may read the first one."""
    return frozenset((await connection.execute(_HAVING_SECONDS, {"id": petition_id})).scalars())
