"""Who took note of which escalation, in which words; and what waits for somebody of an office to do so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PETITION = text("SELECT petition_id FROM deadlines WHERE id = :id")
_ADD = text(
    """
    INSERT INTO acknowledgements (id, deadline_id, level, office, actor, note, acknowledged_at)
    VALUES (:id, :deadline_id, :level, :office, :actor, :note, :now) ON CONFLICT (id) DO NOTHING RETURNING id
    """
)
_OF_DEADLINES = text(
    """
    SELECT deadline_id, level, office, actor, note, acknowledged_at FROM acknowledgements
    WHERE deadline_id = ANY(CAST(:ids AS uuid[])) ORDER BY acknowledged_at
    """
)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A note that somebody took."""

    deadline_id: UUID
    level: int
    office: str
    actor: str
    note: str
    acknowledged_at: datetime


async def petition_of(connection: AsyncConnection, deadline_id: UUID) -> UUID | None:
    """Return the petition of a deadline, None where there is none."""
    found: UUID | None = (await connection.execute(_PETITION, {"id": deadline_id})).scalar_one_or_none()
    return found


async def add(
    connection: AsyncConnection,
    acknowledgement_id: UUID,
    *,
    deadline_id: UUID,
    level: int,
    office: str,
    actor: str,
    note: str,
    now: datetime,
) -> bool:
    """Write an acknowledgement; False where it stands already."""
    values: Mapping[str, object] = {
        "id": acknowledgement_id,
        "deadline_id": deadline_id,
        "level": level,
        "office": office,
        "actor": actor,
        "note": note,
        "now": now,
    }
    return (await connection.execute(_ADD, values)).scalar_one_or_none() is not None


async def of_deadlines(connection: AsyncConnection, deadline_ids: Sequence[UUID]) -> list[Acknowledged]:
    """Return what was acknowledged of deadlines, oldest first."""
    return [Acknowledged(*row) for row in await connection.execute(_OF_DEADLINES, {"ids": list(deadline_ids)})]
