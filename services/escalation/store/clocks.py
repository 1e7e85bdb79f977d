"""The clocks of the petitions of one batch: loaded and locked in two statements, written in at most four."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.clocks import Clocks, Petition, Source, Started
from services.escalation.domain.deadline import Deadline, Holder, Outcome
from services.escalation.store.tables import DEADLINES, DERIVATIONS, PETITIONS, plan_of, plan_text
from shared.contracts import Cause
from shared.persistence import bulk

_PETITIONS = text("SELECT * FROM petitions WHERE id = ANY(CAST(:ids AS uuid[]))")

_DEADLINES = text(
    """
    SELECT id, petition_id, rule, due_at, plan, next_step, breached_at, ended_at, ended_by, outcome
    FROM deadlines WHERE petition_id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
    """
)

_MOVED = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("kind", "urgency", "office", "superiors")
)

_CHANGE = text(
    """
    UPDATE deadlines d SET office = n.office, superiors = n.superiors, next_step = n.next_step,
        next_action_at = n.next_action_at, breached_at = n.breached_at, ended_at = n.ended_at, ended_by = n.ended_by,
        outcome = n.outcome
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:offices AS text[]), CAST(:superiors AS text[]), CAST(:next_steps AS int[]),
        CAST(:next_actions AS timestamptz[]), CAST(:breached AS timestamptz[]), CAST(:ended AS timestamptz[]),
        CAST(:ended_by AS text[]), CAST(:outcomes AS text[])
    ) AS n (id, office, superiors, next_step, next_action_at, breached_at, ended_at, ended_by, outcome)
    WHERE d.id = n.id
    """
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What started a clock, kept with it so that what time brings later names its cause and belongs to its trace."""

    cause: Cause
    correlation_id: UUID
    is_sealed: bool
    traceparent: str | None


async def load(connection: AsyncConnection, petition_ids: Iterable[UUID]) -> dict[UUID, Clocks]:
    """Return the clocks of the petitions that are known, their deadlines locked against the sweep and other replicas."""
    ids = list(petition_ids)
    clocks = {row.id: Clocks(_petition(row)) for row in await connection.execute(_PETITIONS, {"ids": ids})}
    if clocks:
        for row in await connection.execute(_DEADLINES, {"ids": list(clocks)}):
            clocks[row.petition_id].deadlines.append(deadline_of(row))
    return clocks


async def save_petitions(connection: AsyncConnection, petitions: Sequence[Petition]) -> None:
    """Write petitions, new or with another holder."""
    rows = [_petition_row(petition) for petition in sorted(petitions, key=lambda petition: petition.id)]
    await bulk.insert(connection, PETITIONS, rows, on_conflict=_MOVED)


async def start(connection: AsyncConnection, started: Sequence[tuple[Started, Clocks, Origin]]) -> None:
    """Write new deadlines as they stand at the end of the batch, and how they were counted."""
    await bulk.insert(connection, DEADLINES, [_deadline_row(*item) for item in started])
    derivations = [
        {"deadline_id": said.deadline.id, "sha256": said.sha256, "derivation": said.derivation} for said, _, _ in started
    ]
    await bulk.insert(connection, DERIVATIONS, derivations)


async def change(connection: AsyncConnection, changed: Sequence[tuple[Deadline, Holder]]) -> None:
    """Write what happened to deadlines that were stored before."""
    if not changed:
        return
    values: Mapping[str, list[object]] = {
        "ids": [deadline.id for deadline, _ in changed],
        "offices": [holder.office for _, holder in changed],
        "superiors": [" ".join(holder.superiors) for _, holder in changed],
        "next_steps": [deadline.next_step for deadline, _ in changed],
        "next_actions": [deadline.next_action_at for deadline, _ in changed],
        "breached": [deadline.breached_at for deadline, _ in changed],
        "ended": [deadline.ended_at for deadline, _ in changed],
        "ended_by": [deadline.ended_by for deadline, _ in changed],
        "outcomes": [deadline.outcome for deadline, _ in changed],
    }
    await connection.execute(_CHANGE, values)


def deadline_of(row: Row[Any]) -> Deadline:
    """Read a deadline from its row."""
    steps, endings = plan_of(row.plan)
    return Deadline(
        id=row.id,
        petition_id=row.petition_id,
        rule=row.rule,
        due_at=row.due_at,
        steps=steps,
        endings=endings,
        next_step=row.next_step,
        breached_at=row.breached_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        outcome=Outcome(row.outcome) if row.outcome else None,
    )


def _petition(row: Row[Any]) -> Petition:
    source = row.source_system and Source(row.source_system, row.source_due_at, row.source_closed_at)
    return Petition(
        id=row.id,
        code=row.code,
        kind=row.kind,
        jurisdiction=row.jurisdiction,
        channel=row.channel,
        urgency=row.urgency,
        lodged_at=row.lodged_at,
        correlation_id=row.correlation_id,
        is_sealed=row.is_sealed,
        source=source or None,
        holder=Holder(row.office, tuple(row.superiors.split())) if row.office is not None else None,
    )


def _petition_row(petition: Petition) -> dict[str, object]:
    source, holder = petition.source, petition.holder
    return {
        "id": petition.id,
        "code": petition.code,
        "kind": petition.kind,
        "jurisdiction": petition.jurisdiction,
        "channel": petition.channel,
        "urgency": petition.urgency,
        "is_sealed": petition.is_sealed,
        "lodged_at": petition.lodged_at,
        "correlation_id": petition.correlation_id,
        "source_system": source.system if source else None,
        "source_due_at": source.due_at if source else None,
        "source_closed_at": source.closed_at if source else None,
        "office": holder.office if holder else None,
        "superiors": " ".join(holder.superiors) if holder else "",
    }


def _deadline_row(said: Started, clocks: Clocks, origin: Origin) -> dict[str, object]:
    deadline = next(item for item in clocks.deadlines if item.id == said.deadline.id)
    holder = clocks.petition.holder or Holder(said.office)
    return {
        "id": deadline.id,
        "petition_id": deadline.petition_id,
        "rule": deadline.rule,
        "rule_version": said.rule.version,
        "step": said.rule.step,
        "limit_text": str(said.rule.limit),
        "started_at": said.effective_at,
        "due_at": deadline.due_at,
        "plan": plan_text(deadline.steps, deadline.endings),
        "is_sealed": origin.is_sealed,
        "correlation_id": origin.correlation_id,
        "traceparent": origin.traceparent,
        "cause_id": origin.cause.event_id,
        "cause_source": origin.cause.source,
        "cause_version": origin.cause.version,
        "office": holder.office,
        "superiors": " ".join(holder.superiors),
        "next_step": deadline.next_step,
        "next_action_at": deadline.next_action_at,
        "breached_at": deadline.breached_at,
        "ended_at": deadline.ended_at,
        "ended_by": deadline.ended_by,
        "outcome": deadline.outcome,
    }
