"""Amendments on their way: which running deadlines they move, and which of these were moved already.

Invariant: a move is taken by one replica at a time and marked in the transaction that writes the plan: a kill repeats nothing.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.amendment import Amendment
from services.escalation.domain.deadline import Deadline
from services.escalation.domain.tree import Holder
from services.escalation.store.clocks import Origin
from services.escalation.store.rows import DEADLINE_COLUMNS, deadline_of
from shared.contracts import Cause

PARTITION = 5_000
_RUNNING = "d.outcome IS NULL AND d.paused_on IS NULL AND d.breached_at IS NULL"
_QUALIFIED = ", ".join(f"d.{name}" for name in DEADLINE_COLUMNS.split(", "))

_TOUCHED = text(
    f"""
    SELECT {_QUALIFIED}, d.office, p.code, d.is_sealed FROM deadlines d JOIN petitions p ON p.id = d.petition_id
    WHERE {_RUNNING} AND (
        (CAST(:calendar AS text) = d.calendar AND d.started_at < :until AND d.due_at >= :since)
        OR d.rule = ANY(CAST(:rules AS text[]))
    )
    """
)

_OPEN = text("SELECT * FROM amendments WHERE finished_at IS NULL ORDER BY number")
_ONE = text(
    """
    SELECT a.*, (SELECT count(*) FROM amendment_moves m WHERE m.amendment_id = a.id AND m.moved_at IS NOT NULL) AS moved
    FROM amendments a WHERE a.id = :id
    """
)
_ALL = text(
    """
    SELECT a.*, (SELECT count(*) FROM amendment_moves m WHERE m.amendment_id = a.id AND m.moved_at IS NOT NULL) AS moved
    FROM amendments a WHERE CAST(:before AS bigint) = 0 OR a.number < :before ORDER BY a.number DESC LIMIT :limit
    """
)
_ADD = text(
    """
    INSERT INTO amendments (id, number, kind, name, content, actor, applied_at, authority)
    SELECT :id, amendments + 1, :kind, :name, :content, :actor, :now, :authority FROM lawbook
    ON CONFLICT (id) DO NOTHING RETURNING number
    """
)
_COUNT_CHANGE = text("UPDATE lawbook SET amendments = amendments + 1")
_PLAN = text(
    """
    INSERT INTO amendment_moves (amendment_id, deadline_id)
    SELECT CAST(:id AS uuid), unnest(CAST(:deadlines AS uuid[])) ON CONFLICT DO NOTHING
    """
)
_PLANNED = text(
    """
    UPDATE amendments SET planned_at = :now,
        moves = (SELECT count(*) FROM amendment_moves WHERE amendment_id = :id)
    WHERE id = :id AND planned_at IS NULL RETURNING moves
    """
)
_CLAIM = text(
    f"""
    WITH claimed AS (
        SELECT deadline_id FROM amendment_moves WHERE amendment_id = :id AND moved_at IS NULL
        ORDER BY deadline_id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), marked AS (
        UPDATE amendment_moves m SET moved_at = :now FROM claimed c
        WHERE m.amendment_id = :id AND m.deadline_id = c.deadline_id
    )
    SELECT {_QUALIFIED}, d.office, d.superiors, d.correlation_id, d.is_sealed, d.traceparent,
        d.cause_id, d.cause_source, d.cause_version
    FROM deadlines d JOIN claimed c ON c.deadline_id = d.id ORDER BY d.id FOR UPDATE OF d
    """
)
_REMAINING = text("SELECT count(*) FROM amendment_moves WHERE amendment_id = :id AND moved_at IS NULL")
_FINISHED = text("UPDATE amendments SET finished_at = :now WHERE id = :id AND finished_at IS NULL")


@dataclass(frozen=True, slots=True)
class Reach:
    """What an amendment may touch: deadlines of a calendar that run across its changed days, or of its rules."""

    calendar: str | None
    since: datetime
    until: datetime
    rules: Sequence[str]


@dataclass(frozen=True, slots=True)
class Touched:
    """A running deadline that an amendment may move. `code` is None of a denunciation."""

    deadline: Deadline
    office: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A deadline that is to be moved now."""

    deadline: Deadline
    holder: Holder
    origin: Origin


@dataclass(frozen=True, slots=True)
class Standing:
    """An amendment and how many deadlines it has moved."""

    amendment: Amendment
    moved: int


async def touched(connection: AsyncConnection, reach: Reach) -> AsyncIterator[list[Touched]]:
    """Yield the running deadlines that an amendment may move, some thousand at a time."""
    values = {"calendar": reach.calendar, "since": reach.since, "until": reach.until, "rules": list(reach.rules)}
    result = await connection.stream(_TOUCHED, values)
    async for rows in result.partitions(PARTITION):
        yield [Touched(deadline_of(row), row.office, None if row.is_sealed else row.code) for row in rows]


async def add(connection: AsyncConnection, amendment: Amendment) -> bool:
    """Write an amendment with the next number; False where it is known. The caller holds the lock of the law."""
    values = {
        "id": amendment.id,
        "kind": amendment.kind,
        "name": amendment.name,
        "content": amendment.content,
        "actor": amendment.actor,
        "authority": amendment.authority,
        "now": amendment.applied_at,
    }
    if (await connection.execute(_ADD, values)).scalar_one_or_none() is None:
        return False
    await connection.execute(_COUNT_CHANGE)
    return True


async def unfinished(connection: AsyncConnection) -> list[Amendment]:
    """Return the amendments that still have something to move, oldest first."""
    return [Amendment(*row) for row in await connection.execute(_OPEN)]


async def standing(connection: AsyncConnection, amendment_id: UUID) -> Standing | None:
    """Return an amendment with its progress, None where there is none."""
    row = (await connection.execute(_ONE, {"id": amendment_id})).one_or_none()
    return Standing(Amendment(*row[:-1]), row.moved) if row else None


async def latest(connection: AsyncConnection, *, before: int, limit: int) -> list[Standing]:
    """Return the latest amendments with their progress, those before the number `before` (0: the very latest)."""
    rows = await connection.execute(_ALL, {"before": before, "limit": limit})
    return [Standing(Amendment(*row[:-1]), row.moved) for row in rows]


async def plan(connection: AsyncConnection, amendment_id: UUID, deadlines: Sequence[UUID]) -> None:
    """Note deadlines that an amendment moves."""
    await connection.execute(_PLAN, {"id": amendment_id, "deadlines": list(deadlines)})


async def planned(connection: AsyncConnection, amendment_id: UUID, *, now: datetime) -> int | None:
    """Note that every move is known and return how many there are; None where another replica was first."""
    found: int | None = (await connection.execute(_PLANNED, {"id": amendment_id, "now": now})).scalar_one_or_none()
    return found


async def claim(connection: AsyncConnection, amendment_id: UUID, *, now: datetime, limit: int) -> list[Claimed]:
    """Take and mark the next deadlines to be moved; another replica passes them over."""
    rows = await connection.execute(_CLAIM, {"id": amendment_id, "now": now, "limit": limit})
    return [
        Claimed(
            deadline_of(row),
            Holder(row.office, tuple(row.superiors.split())),
            Origin(
                Cause(event_id=row.cause_id, source=row.cause_source, version=row.cause_version),
                row.correlation_id,
                row.is_sealed,
                row.traceparent,
            ),
        )
        for row in rows
    ]


async def finish(connection: AsyncConnection, amendment_id: UUID, *, now: datetime) -> bool:
    """Note that everything was moved; False while somebody still has something in hand."""
    if (await connection.execute(_REMAINING, {"id": amendment_id})).scalar_one():
        return False
    await connection.execute(_FINISHED, {"id": amendment_id, "now": now})
    return True
