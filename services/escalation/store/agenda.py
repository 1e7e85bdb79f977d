"""The agenda of the sweep: what is due, claimed by one replica at a time, and when to look again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.deadline import Deadline, Holder
from services.escalation.store.clocks import Origin, deadline_of
from shared.contracts import Cause

_CLAIM = text(
    """
    SELECT id, petition_id, rule, due_at, plan, next_step, breached_at, ended_at, ended_by, outcome,
        office, superiors, correlation_id, is_sealed, traceparent, cause_id, cause_source, cause_version
    FROM deadlines WHERE next_action_at <= :now ORDER BY next_action_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)

_SETTLE = text(
    """
    UPDATE deadlines d SET next_step = n.next_step, next_action_at = n.next_action_at, breached_at = n.breached_at
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:next_steps AS int[]), CAST(:next_actions AS timestamptz[]),
        CAST(:breached AS timestamptz[])
    ) AS n (id, next_step, next_action_at, breached_at)
    WHERE d.id = n.id
    """
)

_NEXT = text("SELECT next_action_at FROM deadlines WHERE next_action_at IS NOT NULL ORDER BY next_action_at LIMIT 1")


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed deadline with the office that has the duty and what started it."""

    deadline: Deadline
    holder: Holder
    origin: Origin


async def claim(connection: AsyncConnection, *, now: datetime, limit: int) -> list[Due]:
    """Return and lock deadlines with a step due at `now`, earliest first; those that another replica holds are passed over."""
    rows = await connection.execute(_CLAIM, {"now": now, "limit": limit})
    return [
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


async def settle(connection: AsyncConnection, deadlines: Sequence[Deadline]) -> None:
    """Write how far each claimed deadline has come."""
    values = {
        "ids": [deadline.id for deadline in deadlines],
        "next_steps": [deadline.next_step for deadline in deadlines],
        "next_actions": [deadline.next_action_at for deadline in deadlines],
        "breached": [deadline.breached_at for deadline in deadlines],
    }
    await connection.execute(_SETTLE, values)


async def next_action_at(connection: AsyncConnection) -> datetime | None:
    """Return when the earliest planned step is due, or None where time brings nothing."""
    found: datetime | None = (await connection.execute(_NEXT)).scalar_one_or_none()
    return found
