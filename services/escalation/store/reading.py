"""Questions to the stored deadlines. Nothing is computed on read: a verdict is what was recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_STATE = """
    CASE WHEN outcome IS NOT NULL THEN outcome WHEN breached_at IS NOT NULL THEN 'overdue' ELSE 'running' END AS state
"""

_VERDICT = """
    CASE WHEN outcome = 'met' THEN 'on_time' WHEN outcome = 'late' OR breached_at IS NOT NULL THEN 'overdue'
        ELSE 'running' END AS verdict
"""

_BY_ID = text("SELECT id, code, office, superiors FROM petitions WHERE id = :id")
_BY_CODE = text("SELECT id, code, office, superiors FROM petitions WHERE code = :code")

_DEADLINES = text(
    f"""
    SELECT d.id, rule, rule_version, step, limit_text, office, started_at, due_at, {_STATE}, breached_at, ended_at, ended_by,
        next_action_at, n.sha256, n.derivation
    FROM deadlines d JOIN derivations n ON n.deadline_id = d.id
    WHERE petition_id = :petition_id ORDER BY due_at, d.id
    """
)

_DUE = text(
    f"""
    SELECT d.id, d.petition_id, p.code, p.kind, d.rule, d.step, d.limit_text, d.due_at, {_STATE}, d.breached_at
    FROM deadlines d JOIN petitions p ON p.id = d.petition_id
    WHERE d.office = :office AND d.outcome IS NULL
        AND (d.due_at, d.id) > (COALESCE(:due_at, CAST('-infinity' AS timestamptz)), COALESCE(:after, CAST(:nil AS uuid)))
    ORDER BY d.due_at, d.id LIMIT :limit
    """
)

_VERDICTS = text(
    f"""
    SELECT id, petition_id, rule, {_VERDICT}, due_at, ended_at FROM deadlines
    WHERE id > :after AND outcome IS DISTINCT FROM 'void' ORDER BY id LIMIT :limit
    """
)
NIL = UUID(int=0)


async def petition(connection: AsyncConnection, key: UUID | str) -> Row[Any] | None:
    """Return a petition's id, code, office and superiors by its id or code, None where there is none."""
    statement, values = (_BY_ID, {"id": key}) if isinstance(key, UUID) else (_BY_CODE, {"code": key})
    return (await connection.execute(statement, values)).one_or_none()


async def deadlines(connection: AsyncConnection, petition_id: UUID) -> Sequence[Row[Any]]:
    """Return every deadline of a petition with its derivation."""
    return (await connection.execute(_DEADLINES, {"petition_id": petition_id})).all()


async def due(connection: AsyncConnection, office: str, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """Return the running deadlines of an office, nearest due first, those after the place `after`."""
    due_at, deadline_id = after or (None, None)
    values = {"office": office, "due_at": due_at, "after": deadline_id, "nil": NIL, "limit": limit}
    return (await connection.execute(_DUE, values)).all()


async def verdicts(connection: AsyncConnection, *, after: UUID, limit: int) -> Sequence[Row[Any]]:
    """Return verdicts in the order of the deadlines' ids, those after `after`; void deadlines have none."""
    return (await connection.execute(_VERDICTS, {"after": after, "limit": limit})).all()
