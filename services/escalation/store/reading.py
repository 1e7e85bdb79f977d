"""Questions to the stored deadlines. Nothing is computed on read: a verdict is what was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.deadline import Deadline
from services.escalation.store.rows import DEADLINE_COLUMNS, deadline_of
from shared.contracts.counting import CELL_MIN
from shared.contracts.words import Role
from shared.identity import Principal, Sight, sees_denounced_colleagues

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

_SEEN = """
    SELECT id, code, office, superiors, is_sealed, against,
        ARRAY(SELECT actor FROM exclusions e WHERE e.petition_id = p.id) AS excluded
    FROM petitions p
"""
_BY_ID = text(f"{_SEEN} WHERE id = :id")
_BY_CODE = text(f"{_SEEN} WHERE code = :code")

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
    SELECT d.id, d.petition_id, p.code, p.kind, d.rule, d.step, d.limit_text, d.due_at, {_STATE}, d.breached_at,
        d.rung
    FROM deadlines d JOIN petitions p ON p.id = d.petition_id
    WHERE d.office = :office AND d.outcome IS NULL AND d.paused_on IS NULL
        AND (d.due_at, d.id) > (:due_at, :after)
        AND NOT EXISTS (SELECT FROM exclusions e WHERE e.petition_id = d.petition_id AND e.actor = :actor)
        AND (:sees_all OR NOT p.is_sealed OR p.against <> d.office)
    ORDER BY d.due_at, d.id LIMIT :limit
    """
)

_JUDGED = f"""
    SELECT id, petition_id, rule, is_sealed, {_VERDICT}, due_at, ended_at FROM deadlines
    WHERE (outcome IS NULL OR outcome IN ('met', 'late'))
"""
_OPEN_TO_READER = "NOT EXISTS (SELECT FROM exclusions e WHERE e.petition_id = v.petition_id AND e.actor = :actor)"
_VERDICTS = text(f"SELECT v.* FROM ({_JUDGED} AND id > :after) v WHERE {_OPEN_TO_READER} ORDER BY id LIMIT :limit")
# Of denunciations only the verdict is told, and none in a cell so small that one of them shows.
_COUNTABLE_VERDICTS = text(
    f"""
    WITH cells AS (
        SELECT rule, verdict, verdict_without_extension FROM ({_JUDGED} AND is_sealed) s
        GROUP BY rule, verdict, verdict_without_extension HAVING count(*) >= {CELL_MIN}
    )
    SELECT v.id, CASE WHEN NOT v.is_sealed THEN v.petition_id END AS petition_id, v.rule, v.is_sealed,
        v.verdict, v.verdict_without_extension,
        CASE WHEN NOT v.is_sealed THEN v.due_at END AS due_at, CASE WHEN NOT v.is_sealed THEN v.ended_at END AS ended_at
    FROM ({_JUDGED} AND id > :after) v LEFT JOIN cells c USING (rule, verdict, verdict_without_extension)
    WHERE {_OPEN_TO_READER} AND (NOT v.is_sealed OR c.rule IS NOT NULL) ORDER BY v.id LIMIT :limit
    """
)
_STATES = text(
    f"""
    SELECT {DEADLINE_COLUMNS}, office, {_STATE} FROM deadlines v WHERE id > :after AND {_OPEN_TO_READER}
    ORDER BY id LIMIT :limit
    """
)
_STATES_OF = text(
    f"""
    SELECT {DEADLINE_COLUMNS}, office, {_STATE} FROM deadlines v
    WHERE petition_id = ANY(CAST(:ids AS uuid[])) AND {_OPEN_TO_READER} ORDER BY petition_id, id
    """
)
_PETITIONS = text(
    f"""
    SELECT DISTINCT petition_id FROM deadlines v WHERE petition_id > :after AND {_OPEN_TO_READER}
    ORDER BY petition_id LIMIT :limit
    """
)
NIL = UUID(int=0)
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PetitionSeen:
    """A petition with who may see it."""

    id: UUID
    code: str
    office: str | None
    superiors: str
    is_sealed: bool
    against: str | None
    excluded: Sequence[str]

    @property
    def sight(self) -> Sight:
        offices = (self.office, *self.superiors.split()) if self.office else ()
        return Sight(offices, is_sealed=self.is_sealed, against=self.against, excluded=frozenset(self.excluded))


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
    rung: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a clock ended, or that it runs. `petition_id` and instants are None of a denunciation, where it is only counted."""

    id: UUID
    petition_id: UUID | None
    rule: str
    is_sealed: bool
    verdict: str
    verdict_without_extension: str
    due_at: datetime | None
    ended_at: datetime | None


async def petition(connection: AsyncConnection, key: UUID | str) -> PetitionSeen | None:
    """Return a petition by its id or code, None where there is none."""
    statement, values = (_BY_ID, {"id": key}) if isinstance(key, UUID) else (_BY_CODE, {"code": key})
    row = (await connection.execute(statement, values)).one_or_none()
    return PetitionSeen(*row) if row else None


async def deadlines(connection: AsyncConnection, petition_id: UUID) -> list[StoredDeadline]:
    """Return every deadline of a petition."""
    return [StoredDeadline(*row) for row in await connection.execute(_DEADLINES, {"petition_id": petition_id})]


async def due(
    connection: AsyncConnection, office: str, *, reader: Principal, after: tuple[datetime | None, UUID] | None, limit: int
) -> list[DueDeadline]:
    """Return the running deadlines of an office that `reader` sees, nearest due first, those after the place `after`."""
    due_at, deadline_id = after or (BEGINNING, NIL)
    values = {
        "office": office,
        "due_at": due_at,
        "after": deadline_id,
        "limit": limit,
        "actor": reader.actor,
        "sees_all": sees_denounced_colleagues(reader),
    }
    return [DueDeadline(*row) for row in await connection.execute(_DUE, values)]


async def verdicts(connection: AsyncConnection, *, reader: Principal, after: UUID, limit: int) -> list[Verdict]:
    """Return verdicts in the order of the deadlines' ids, those after `after`; void deadlines have none.

    Auditors read every one of them; others read of denunciations only what can be counted.
    """
    statement = _VERDICTS if reader.has(Role.AUDITOR) else _COUNTABLE_VERDICTS
    values = {"after": after, "limit": limit, "actor": reader.actor}
    return [Verdict(*row) for row in await connection.execute(statement, values)]


async def states(connection: AsyncConnection, *, reader: Principal, after: UUID, limit: int) -> list[DeadlineState]:
    """Return deadlines as they stand in the order of their ids, those after `after` that `reader` sees."""
    rows = await connection.execute(_STATES, {"after": after, "limit": limit, "actor": reader.actor})
    return [DeadlineState(deadline_of(row), row.office, row.state) for row in rows]


async def petitions(connection: AsyncConnection, *, reader: Principal, after: UUID, limit: int) -> list[UUID]:
    """Return the ids of petitions that have deadlines, in their order, those after `after` that `reader` sees."""
    rows = await connection.execute(_PETITIONS, {"after": after, "limit": limit, "actor": reader.actor})
    return [row.petition_id for row in rows]


async def states_of(connection: AsyncConnection, petition_ids: Sequence[UUID], *, reader: Principal) -> list[DeadlineState]:
    """Return the deadlines of petitions as they stand, of those that `reader` sees."""
    rows = await connection.execute(_STATES_OF, {"ids": list(petition_ids), "actor": reader.actor})
    return [DeadlineState(deadline_of(row), row.office, row.state) for row in rows]
