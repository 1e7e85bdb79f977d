"""The delivery log as it is read, and how much waits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOG = """
    SELECT n.id, p.code, n.about, n.audience, n.office, n.language, n.state, n.reason, n.attempts, n.created_at, n.settled_at,
        n.next_try_at,
        (SELECT json_agg(json_build_object('number', a.number, 'template', a.template, 'to', a.sent_to,
            'started_at', a.started_at, 'ended_at', a.ended_at,
            'milliseconds', round(extract(epoch FROM a.ended_at - a.started_at) * 1000),
            'outcome', coalesce(a.outcome, 'broken_off'), 'smtp_code', a.smtp_code,
            'may_have_arrived', a.outcome IS NULL OR a.is_unknown OR a.smtp_code = 250) ORDER BY a.number)
         FROM attempts a WHERE a.notice_id = n.id) AS log
    FROM notices n LEFT JOIN petitions p ON p.id = n.petition_id
"""
_OF_PETITION = text(
    f"""
    {_LOG} WHERE n.id IN (
        SELECT id FROM notices WHERE petition_id = :id UNION SELECT notice_id FROM parts WHERE petition_id = :id
    )
    ORDER BY n.created_at, n.id
    """
)
_IN_STATE = text(f"{_LOG} WHERE n.state = :state ORDER BY n.created_at DESC, n.id LIMIT :limit")
_WAITING = text(
    """
    SELECT count(*) FILTER (WHERE attempts > 0 OR next_try_at <= :soon) AS waiting, min(next_try_at) AS next_at
    FROM notices WHERE state = 'waiting'
    """
)
SOON = timedelta(hours=1)
"""What is to go later than this waits for its hour, not for us."""


async def log_of(connection: AsyncConnection, petition_id: UUID) -> list[Mapping[str, Any]]:
    """Return the notices about a petition, and the digests that tell of it, with every attempt, oldest first."""
    rows = await connection.execute(_OF_PETITION, {"id": petition_id})
    return [dict(row) for row in rows.mappings()]


async def log_in_state(connection: AsyncConnection, state: str, *, limit: int) -> list[Mapping[str, Any]]:
    """Return the latest notices in a state."""
    rows = await connection.execute(_IN_STATE, {"state": state, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def waiting(connection: AsyncConnection, *, now: datetime) -> tuple[int, datetime | None]:
    """Return how many notices wait whose hour has come or comes soon, and when the first of all is to be sent."""
    row = (await connection.execute(_WAITING, {"soon": now + SOON})).one()
    return row.waiting, row.next_at
