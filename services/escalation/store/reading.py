"""Questions to the stored deadlines. Nothing is computed on read: a verdict is what was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.deadline import Deadline
from services.escalation.store.rows import DEADLINE_COLUMNS, deadline_of

_STATE = """
    CASE WHEN outcome IS NOT NULL THEN outcome WHEN paused_on IS NOT NULL THEN 'paused'
        WHEN breached_at IS NOT NULL THEN 'overdue' ELSE 'running' END AS state
"""

_VERDICT = """
    CASE WHEN outcome = 'met' THEN 'on_time' WHEN outcome = 'late' OR breached_at IS NOT NULL THEN 'overdue'
        ELSE 'running' END AS verdict,
    CASE WHEN outcome = 'met' AND (extended_by = 0 OR ended_at <= due_without_extension_at) THEN 'on_time'
        WHEN outcome IN ('met', 'late') OR breached_at IS NOT NULL THEN 'overdue'
        ELSE 'running' END AS verdict_without_extension
"""

_BY_ID = text("SELECT id, code, office, superiors FROM petitions WHERE id = :id")
_BY_CODE = text("SELECT id, code, office, superiors FROM petitions WHERE code = :code")

_DEADLINES = text(
    f"""
    SELECT d.id, rule, rule_version, occurrence, step, limit_text, office, started_at, due_at, due_without_extension_at, {_STATE},
        d.plan, paused_on, pauses, extended_by, breached_at, ended_at, ended_by, ended_fact, next_action_at, rung,
        acknowledged_level, calendar, calendar_version, n.sha256, n.derivation
    FROM deadlines d JOIN derivations n ON n.deadline_id = d.id AND n.plan = d.plan
    WHERE petition_id = :petition_id ORDER BY due_at, d.id
    """
)

_DUE = text(
    f"""
    SELECT d.id, d.petition_id, p.code, p.kind, d.rule, d.step, d.limit_text, d.due_at, {_STATE}, d.breached_at
    FROM deadlines d JOIN petitions p ON p.id = d.petition_id
    WHERE d.office = :office AND d.outcome IS NULL AND d.paused_on IS NULL
        AND (d.due_at, d.id) > (:due_at, :after)
    ORDER BY d.due_at, d.id LIMIT :limit
    """
)

_VERDICTS = text(
    f"""
    SELECT id, petition_id, rule, {_VERDICT}, due_at, ended_at FROM deadlines
    WHERE id > :after AND (outcome IS NULL OR outcome IN ('met', 'late')) ORDER BY id LIMIT :limit
    """
)
_STATES = text(
    f"""
    SELECT {DEADLINE_COLUMNS}, office, {_STATE} FROM deadlines WHERE id > :after ORDER BY id LIMIT :limit
    """
)
_STATES_OF = text(
    f"""
    SELECT {DEADLINE_COLUMNS}, office, {_STATE} FROM deadlines
    WHERE petition_id = ANY(CAST(:ids AS uuid[])) ORDER BY petition_id, id
    """
)
_PETITIONS = text("SELECT DISTINCT petition_id FROM deadlines WHERE petition_id > :after ORDER BY petition_id LIMIT :limit")
NIL = UUID(int=0)
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PetitionSeen:
    """A petition with who may see it: its office and the ladder above it."""

    id: UUID
    code: str
    office: str | None
    superiors: str

    @property
    def chain(self) -> tuple[str, ...]:
        return (self.office or "", *self.superiors.split())


@dataclass(frozen=True, slots=True)
class StoredDeadline:
    """A deadline as it was recorded, with its derivation as canonical JSON."""

    id: UUID
    rule: str
    rule_version: int
    occurrence: int
    step: str
    limit: str
    office: str
    started_at: datetime
    due_at: datetime
    due_without_extension_at: datetime
    state: str
    plan: int
    paused_on: date | None
    pauses: str | None
    extended_by: int
    breached_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    ended_fact: str | None
    next_action_at: datetime | None
    rung: int
    acknowledged_level: int
    calendar: str
    calendar_version: str
    derivation_sha256: str
    derivation: str


@dataclass(frozen=True, slots=True)
class DeadlineState:
    """A deadline as it stands, with its office and its state in a word: what an independent reader compares with."""

    deadline: Deadline
    office: str
    state: str


@dataclass(frozen=True, slots=True)
class DueDeadline:
    """A running deadline in an office's queue."""

    id: UUID
    petition_id: UUID
    code: str
    kind: str
    rule: str
    step: str
    limit: str
    due_at: datetime
    state: str
    breached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a clock ended, or that it runs."""

    id: UUID
    petition_id: UUID
    rule: str
    verdict: str
    verdict_without_extension: str
    due_at: datetime
    ended_at: datetime | None


async def petition(connection: AsyncConnection, key: UUID | str) -> PetitionSeen | None:
    """Return a petition by its id or code, None where there is none."""
    statement, values = (_BY_ID, {"id": key}) if isinstance(key, UUID) else (_BY_CODE, {"code": key})
    row = (await connection.execute(statement, values)).one_or_none()
    return PetitionSeen(*row) if row else None


async def deadlines(connection: AsyncConnection, petition_id: UUID) -> list[StoredDeadline]:
    """Return every deadline of a petition."""
    return [StoredDeadline(*row) for row in await connection.execute(_DEADLINES, {"petition_id": petition_id})]


async def due(connection: AsyncConnection, office: str, *, after: tuple[datetime, UUID] | None, limit: int) -> list[DueDeadline]:
    """Return the running deadlines of an office, nearest due first, those after the place `after`."""
    due_at, deadline_id = after or (BEGINNING, NIL)
    values = {"office": office, "due_at": due_at, "after": deadline_id, "limit": limit}
    return [DueDeadline(*row) for row in await connection.execute(_DUE, values)]


async def verdicts(connection: AsyncConnection, *, after: UUID, limit: int) -> list[Verdict]:
    """Return verdicts in the order of the deadlines' ids, those after `after`; void deadlines have none."""
    return [Verdict(*row) for row in await connection.execute(_VERDICTS, {"after": after, "limit": limit})]


async def states(connection: AsyncConnection, *, after: UUID, limit: int) -> list[DeadlineState]:
    """Return deadlines as they stand in the order of their ids, those after `after`."""
    rows = await connection.execute(_STATES, {"after": after, "limit": limit})
    return [DeadlineState(deadline_of(row), row.office, row.state) for row in rows]


async def petitions(connection: AsyncConnection, *, after: UUID, limit: int) -> list[UUID]:
    """Return the ids of petitions that have deadlines, in their order, those after `after`."""
    return [row.petition_id for row in await connection.execute(_PETITIONS, {"after": after, "limit": limit})]


async def states_of(connection: AsyncConnection, petition_ids: Sequence[UUID]) -> list[DeadlineState]:
    """Return the deadlines of petitions as they stand."""
    rows = await connection.execute(_STATES_OF, {"ids": list(petition_ids)})
    return [DeadlineState(deadline_of(row), row.office, row.state) for row in rows]
