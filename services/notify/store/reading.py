"""The delivery log as it is read, and how much waits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.words import Role
from shared.identity import Principal

_LOG = """
    SELECT n.id, {code} AS code, n.about, n.audience, n.office, n.language, n.state, n.reason, n.attempts, n.created_at,
        n.settled_at, n.next_try_at, n.channel, n.held_for,
        (SELECT json_agg(json_build_object('number', a.number, 'template', a.template, 'to', a.sent_to,
            'started_at', a.started_at, 'ended_at', a.ended_at,
            'milliseconds', round(extract(epoch FROM a.ended_at - a.started_at) * 1000),
            'outcome', coalesce(a.outcome, 'broken_off'), 'smtp_code', a.smtp_code, 'channel', a.channel,
            'provider_id', a.provider_id, 'report', a.report, 'report_code', a.report_code, 'reported_at', a.reported_at,
            'may_have_arrived', a.outcome IS NULL OR a.is_unknown OR a.outcome = 'taken') ORDER BY a.number)
         FROM attempts a WHERE a.notice_id = n.id) AS log
    FROM notices n LEFT JOIN petitions p ON p.id = n.petition_id
"""
# A digest is kept under the first petition that it tells of, which who asks about another one need not see.
_OF_PETITION = text(
    f"""
    {_LOG.format(code="CASE WHEN n.petition_id = :id THEN p.code END")} WHERE n.id IN (
        SELECT id FROM notices WHERE petition_id = :id UNION SELECT notice_id FROM parts WHERE petition_id = :id
    )
    ORDER BY n.created_at, n.id
    """
)
_IN_STATE = text(
    f"""
    WITH RECURSIVE reach AS (
        SELECT CAST(:office AS text) AS code UNION SELECT o.code FROM offices o JOIN reach r ON o.parent = r.code
    )
    {_LOG.format(code="p.code")}
    WHERE n.state = :state
        AND (CAST(:at AS timestamptz) IS NULL OR n.created_at < :at OR (n.created_at = :at AND n.id > :last))
        AND (
            :is_everywhere OR coalesce(p.office, n.office) IN (SELECT code FROM reach)
            AND coalesce(n.office, p.office) IN (SELECT code FROM reach)
        )
        AND (:names_sealed OR NOT n.is_sealed)
        AND NOT EXISTS (SELECT FROM exclusions e WHERE e.petition_id = n.petition_id AND e.actor = :actor)
    ORDER BY n.created_at DESC, n.id LIMIT :limit
    """
)
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


async def log_in_state(
    connection: AsyncConnection, state: str, *, reader: Principal, after: tuple[datetime | None, UUID] | None, limit: int
) -> list[Mapping[str, Any]]:
    """Return the latest notices in a state that `reader` sees, those after a place in their order.

    Auditors see all; operators what is no denunciation; leaders of that what their office has, or one below it.
    """
    at, last = after or (None, None)
    values = {
        "state": state,
        "at": at,
        "last": last,
        "office": reader.office,
        "is_everywhere": reader.has(Role.AUDITOR, Role.OPERATOR),
        "names_sealed": reader.has(Role.AUDITOR),
        "actor": reader.actor,
        "limit": limit,
    }
    rows = await connection.execute(_IN_STATE, values)
    return [dict(row) for row in rows.mappings()]


async def waiting(connection: AsyncConnection, *, now: datetime) -> tuple[int, datetime | None]:
    """Return how many notices wait whose hour has come or comes soon, and when the first of all is to be sent."""
    row = (await connection.execute(_WAITING, {"soon": now + SOON})).one()
    return row.waiting, row.next_at
