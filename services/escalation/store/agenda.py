"""The agenda of the sweep: what is due, claimed by one replica at a time, and when to look again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.deadline import Deadline
from services.escalation.domain.tree import Holder
from services.escalation.store.clocks import Origin
from services.escalation.store.lawbook import NEVER, Generation
from services.escalation.store.rows import DEADLINE_COLUMNS, deadline_of
from shared.contracts import Cause

_CLAIM = text(
    f"""
    SELECT {DEADLINE_COLUMNS}, office, superiors, correlation_id, is_sealed, traceparent, cause_id, cause_source, cause_version,
        (SELECT amendments FROM lawbook) AS amendments, (SELECT offices FROM lawbook) AS offices
    FROM deadlines WHERE next_action_at <= :now ORDER BY next_action_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)

_SETTLE = text(
    """
    UPDATE deadlines d SET next_step = n.next_step, next_action_at = n.next_action_at, breached_at = n.breached_at, rung = n.rung
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:next_steps AS int[]), CAST(:next_actions AS timestamptz[]),
        CAST(:breached AS timestamptz[]), CAST(:rungs AS smallint[])
    ) AS n (id, next_step, next_action_at, breached_at, rung)
    WHERE d.id = n.id
    """
)

_END = text(
    """
    UPDATE deadlines d SET ended_at = n.ended_at, ended_by = n.ended_by, ended_fact = n.ended_by, outcome = n.outcome
    FROM unnest(CAST(:ids AS uuid[]), CAST(:ended AS timestamptz[]), CAST(:ended_by AS text[]), CAST(:outcomes AS text[]))
        AS n (id, ended_at, ended_by, outcome)
    WHERE d.id = n.id
    """
)

_NEXT = text("SELECT next_action_at FROM deadlines WHERE next_action_at IS NOT NULL ORDER BY next_action_at LIMIT 1")

_UNROUTED = text(
    """
    SELECT id, jurisdiction FROM petitions
    WHERE office IS NULL AND source_system IS NULL AND lodged_at <= :before ORDER BY lodged_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed deadline with the office that has the duty and what started it."""

    deadline: Deadline
    holder: Holder
    origin: Origin


async def claim(connection: AsyncConnection, *, now: datetime, limit: int) -> tuple[list[Due], Generation]:
    """Return and lock deadlines with a step due at `now`, earliest first; those that another replica holds are passed over.

    With them comes how often law and directory have changed: asking for it apart would cost another round.
    """
    rows = (await connection.execute(_CLAIM, {"now": now, "limit": limit})).all()
    generation = Generation(rows[0].amendments, rows[0].offices) if rows else NEVER
    claimed = [
        Due(
            deadline=deadline_of(row),
            holder=Holder(row.office, tuple(row.superiors.split())),
            origin=Origin(
                cause=Cause(event_id=row.cause_id, source=row.cause_source, version=row.cause_version),
                correlation_id=row.correlation_id,
                is_sealed=row.is_sealed,
                traceparent=row.traceparent,
            ),
        )
        for row in rows
    ]
    return claimed, generation


async def settle(connection: AsyncConnection, deadlines: Sequence[Deadline]) -> None:
    """Write how far each claimed deadline has come, and which of them time itself ended."""
    values = {
        "ids": [deadline.id for deadline in deadlines],
        "next_steps": [deadline.progress.next_step for deadline in deadlines],
        "next_actions": [deadline.next_action_at for deadline in deadlines],
        "breached": [deadline.progress.breached_at for deadline in deadlines],
        "rungs": [deadline.progress.rung for deadline in deadlines],
    }
    await connection.execute(_SETTLE, values)
    endings = [(deadline.id, deadline.ending) for deadline in deadlines if deadline.ending is not None]
    if endings:
        ended = {
            "ids": [key for key, _ in endings],
            "ended": [ending.at for _, ending in endings],
            "ended_by": [ending.event for _, ending in endings],
            "outcomes": [ending.outcome for _, ending in endings],
        }
        await connection.execute(_END, ended)


async def next_action_at(connection: AsyncConnection) -> datetime | None:
    """Return when the earliest planned step is due, or None where time brings nothing."""
    found: datetime | None = (await connection.execute(_NEXT)).scalar_one_or_none()
    return found


async def unrouted(connection: AsyncConnection, *, before: datetime, limit: int) -> dict[UUID, str]:
    """Return and lock petitions lodged before an instant that nobody has the duty of, with their jurisdiction."""
    rows = await connection.execute(_UNROUTED, {"before": before, "limit": limit})
    return {row.id: row.jurisdiction for row in rows}
