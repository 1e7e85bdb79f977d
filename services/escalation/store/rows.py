"""Rows <-> domain, both ways: petitions and deadlines."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from services.escalation.domain.basis import Basis
from services.escalation.domain.deadline import Deadline, Ending, Outcome, Pausing, Progress
from services.escalation.domain.petition import Matter, Petition, Source
from services.escalation.domain.tree import Holder
from services.escalation.store.tables import days_of, days_text, steps_of, steps_text

DEADLINE_COLUMNS = (
    "id, petition_id, rule, rule_version, occurrence, started_at, planned_on, given_by, pauses, extended_by, extension_acts, "
    "due_at, due_without_extension_at, calendar, calendar_version, plan, steps, is_urgent, next_step, breached_at, rung, "
    "acknowledged_level, paused_on, paused_by, ended_at, ended_by, ended_fact, outcome"
)


def deadline_of(row: Row[Any]) -> Deadline:
    """Read a deadline from a row that begins with the columns above.

    By place, not by name: names would cost the sweep a quarter of its time.
    """
    values: Sequence[Any] = tuple(row)
    rule, version, occurrence, started_at, planned_on, given_by, pauses, extended_by, acts = values[2:11]
    due_at, without_extension_at, calendar, calendar_version, plan, steps, is_urgent = values[11:18]
    paused_on, paused_by, ended_at, ended_by, ended_fact, outcome = values[22:28]
    given_at = due_at if given_by is not None else None
    days = days_of(pauses)
    basis = Basis(rule, version, started_at, occurrence, planned_on, given_at, given_by, days, extended_by, acts)
    return Deadline(
        values[0],
        values[1],
        basis,
        due_at,
        without_extension_at,
        calendar,
        calendar_version,
        steps_of(steps),
        is_urgent,
        plan,
        Progress(*values[18:22]),
        Pausing(paused_on, paused_by) if paused_on is not None else None,
        Ending(Outcome(outcome), ended_at, ended_fact or "", ended_by) if outcome else None,
    )


def progress_row(deadline: Deadline, holder: Holder) -> dict[str, object]:
    """Return what changes as time goes by, who has the duty, and how it ended."""
    progress, ending = deadline.progress, deadline.ending
    return {
        "id": deadline.id,
        "office": holder.office,
        "superiors": " ".join(holder.superiors),
        "next_step": progress.next_step,
        "next_action_at": deadline.next_action_at,
        "breached_at": progress.breached_at,
        "rung": progress.rung,
        "acknowledged_level": progress.acknowledged_level,
        "ended_at": ending.at if ending else None,
        "ended_by": ending.event if ending else None,
        "ended_fact": ending.fact if ending else None,
        "outcome": ending.outcome if ending else None,
    }


def replan_row(deadline: Deadline, limit: str) -> dict[str, object]:
    """Return what only an act changes: the plan and what it was counted from."""
    basis, pausing = deadline.basis, deadline.pausing
    return {
        "rule_version": basis.rule_version,
        "limit_text": limit,
        "pauses": days_text(basis.pauses),
        "extended_by": basis.extended_by,
        "extension_acts": basis.extension_acts,
        "due_at": deadline.due_at,
        "due_without_extension_at": deadline.due_without_extension_at,
        "calendar": deadline.calendar,
        "calendar_version": deadline.calendar_version,
        "plan": deadline.plan,
        "steps": steps_text(deadline.steps),
        "paused_on": pausing.since_on if pausing else None,
        "paused_by": pausing.by if pausing else None,
    }


def petition_of(row: Row[Any]) -> Petition:
    """Read a petition from its row."""
    source = Source(row.source_system, row.source_due_at, row.source_closed_at) if row.source_system else None
    return Petition(
        id=row.id,
        code=row.code,
        matter=Matter(
            kind=row.kind,
            procedure=row.procedure,
            jurisdiction=row.jurisdiction,
            channel=row.channel,
            urgency=row.urgency,
            traits=frozenset(row.traits.split()),
        ),
        lodged_at=row.lodged_at,
        correlation_id=row.correlation_id,
        is_sealed=row.is_sealed,
        source=source,
        holder=Holder(row.office, tuple(row.superiors.split())) if row.office is not None else None,
    )


def petition_row(petition: Petition) -> dict[str, object]:
    """Return a petition as it is written."""
    source, holder, matter = petition.source, petition.holder, petition.matter
    return {
        "id": petition.id,
        "code": petition.code,
        "kind": matter.kind,
        "procedure": matter.procedure,
        "jurisdiction": matter.jurisdiction,
        "channel": matter.channel,
        "urgency": matter.urgency,
        "traits": " ".join(sorted(matter.traits)),
        "is_sealed": petition.is_sealed,
        "lodged_at": petition.lodged_at,
        "correlation_id": petition.correlation_id,
        "source_system": source.system if source else None,
        "source_due_at": source.due_at if source else None,
        "source_closed_at": source.closed_at if source else None,
        "office": holder.office if holder else None,
        "superiors": " ".join(holder.superiors) if holder else "",
    }
