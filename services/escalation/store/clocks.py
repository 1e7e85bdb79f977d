"""The clocks of the petitions of one batch: loaded and locked in two statements, written in at most five."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.acts import Derived
from services.escalation.domain.clocks import Clocks, Started
from services.escalation.domain.deadline import Deadline
from services.escalation.domain.petition import Petition
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.tree import Holder, Tree
from services.escalation.store.rows import DEADLINE_COLUMNS, deadline_of, petition_of, petition_row, progress_row, replan_row
from services.escalation.store.tables import DEADLINES, DERIVATIONS, PETITIONS
from shared.contracts import Cause
from shared.persistence import bulk

_PETITIONS = text("SELECT * FROM petitions WHERE id = ANY(CAST(:ids AS uuid[]))")

_DEADLINES = f"SELECT {DEADLINE_COLUMNS} FROM deadlines WHERE petition_id = ANY(CAST(:ids AS uuid[])) ORDER BY id"
_READ = text(_DEADLINES)
_LOCK = text(f"{_DEADLINES} FOR UPDATE")

_MOVED = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("kind", "procedure", "urgency", "traits", "office", "superiors")
)


def _update(columns: Mapping[str, str]) -> str:
    names = ", ".join(columns)
    assigned = ", ".join(f"{name} = n.{name}" for name in columns)
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return f"UPDATE deadlines d SET {assigned} FROM unnest(CAST(:id AS uuid[]), {arrays}) AS n (id, {names}) WHERE d.id = n.id"


_PROGRESS = {
    "office": "text",
    "superiors": "text",
    "next_step": "int",
    "next_action_at": "timestamptz",
    "breached_at": "timestamptz",
    "rung": "smallint",
    "acknowledged_level": "smallint",
    "ended_at": "timestamptz",
    "ended_by": "text",
    "ended_fact": "text",
    "outcome": "text",
}
_REPLAN = _PROGRESS | {
    "rule_version": "int",
    "limit_text": "text",
    "pauses": "text",
    "extended_by": "int",
    "extension_acts": "smallint",
    "due_at": "timestamptz",
    "due_without_extension_at": "timestamptz",
    "calendar": "text",
    "calendar_version": "text",
    "plan": "smallint",
    "steps": "text",
    "paused_on": "date",
    "paused_by": "text",
    "cause_id": "uuid",
    "cause_source": "text",
    "cause_version": "int",
    "traceparent": "text",
}
_CHANGE_STATEMENT = text(_update(_PROGRESS))
_REPLAN_STATEMENT = text(_update(_REPLAN))


@dataclass(frozen=True, slots=True)
class Origin:
    """What started or moved a clock, kept with it so that what time brings later names its cause and belongs to its trace."""

    cause: Cause
    correlation_id: UUID
    is_sealed: bool
    traceparent: str | None


async def load(
    connection: AsyncConnection, petition_ids: Iterable[UUID], *, rulebook: Rulebook, tree: Tree, is_locked: bool = True
) -> dict[UUID, Clocks]:
    """Return the clocks of the petitions that are known, their deadlines locked against the sweep and other replicas.

    Who only asks does not lock.
    """
    ids = list(petition_ids)
    rows = await connection.execute(_PETITIONS, {"ids": ids})
    clocks = {row.id: Clocks(petition_of(row), rulebook, tree) for row in rows}
    if clocks:
        for row in await connection.execute(_LOCK if is_locked else _READ, {"ids": list(clocks)}):
            clocks[row.petition_id].deadlines.append(deadline_of(row))
    return clocks


async def save_petitions(connection: AsyncConnection, petitions: Sequence[Petition]) -> None:
    """Write petitions, new or with another holder or matter."""
    rows = [petition_row(petition) for petition in sorted(petitions, key=lambda petition: petition.id)]
    await bulk.insert(connection, PETITIONS, rows, on_conflict=_MOVED)


async def start(connection: AsyncConnection, started: Sequence[tuple[Started, Deadline, Holder, Origin]]) -> None:
    """Write new deadlines as they stand at the end of the batch, and how they were counted."""
    await bulk.insert(connection, DEADLINES, [_deadline_row(*item) for item in started])
    await derive(connection, [(said.deadline, said.derived) for said, _, _, _ in started])


async def derive(connection: AsyncConnection, derived: Sequence[tuple[Deadline, Derived]]) -> None:
    """Write how due moments were counted, one derivation per plan."""
    rows: list[Mapping[str, object]] = [
        {"deadline_id": deadline.id, "plan": deadline.plan, "sha256": item.sha256, "derivation": item.text}
        for deadline, item in derived
    ]
    await bulk.insert(connection, DERIVATIONS, rows)


async def change(connection: AsyncConnection, changed: Sequence[tuple[Deadline, Holder]]) -> None:
    """Write how far time has come with deadlines that were stored before, and how they ended."""
    await _execute(connection, _CHANGE_STATEMENT, [progress_row(deadline, holder) for deadline, holder in changed])


async def replan(connection: AsyncConnection, changed: Sequence[tuple[Deadline, Holder, str, Origin]]) -> None:
    """Write deadlines that an act paused, moved or revived, with their limit in words and the act as their cause."""
    rows = [
        progress_row(deadline, holder) | replan_row(deadline, limit) | _cause_row(origin)
        for deadline, holder, limit, origin in changed
    ]
    await _execute(connection, _REPLAN_STATEMENT, rows)


async def _execute(connection: AsyncConnection, statement: object, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        await connection.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})  # type: ignore[call-overload]  # a text


def _deadline_row(said: Started, deadline: Deadline, holder: Holder, origin: Origin) -> Mapping[str, object]:
    basis = deadline.basis
    return (
        progress_row(deadline, holder)
        | replan_row(deadline, str(said.rule.limit.longer_by(basis.extended_by)))
        | _cause_row(origin)
        | {
            "petition_id": deadline.petition_id,
            "rule": basis.rule,
            "occurrence": basis.occurrence,
            "step": said.rule.step,
            "started_at": basis.started_at,
            "planned_on": basis.planned_on,
            "given_by": basis.given_by,
            "is_urgent": deadline.is_urgent,
            "is_sealed": origin.is_sealed,
            "correlation_id": origin.correlation_id,
        }
    )


def _cause_row(origin: Origin) -> dict[str, object]:
    return {
        "traceparent": origin.traceparent,
        "cause_id": origin.cause.event_id,
        "cause_source": origin.cause.source,
        "cause_version": origin.cause.version,
    }
