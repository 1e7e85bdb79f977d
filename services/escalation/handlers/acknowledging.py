"""A named person of the office above takes note of an escalation, with a word on what will be done."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store import acknowledgements as store
from services.escalation.store import clocks, reading
from shared.contracts import NewEvent
from shared.contracts.escalation import EscalationAcknowledgedV1
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused, Unknown
from shared.persistence import Transaction


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who takes note of which level, in which words."""

    deadline_id: UUID
    level: int
    note: str
    person: Principal
    now: datetime


async def acknowledge(tx: Transaction, lawbook: Lawbook, wanted: Acknowledgement) -> None:
    """Note it and say it; the same person and level again is the same acknowledgement.

    Raises Unknown where no such escalation was told to the person's office, Refused where the clock has ended.
    """
    petition_id = await store.petition_of(tx.connection, wanted.deadline_id)
    petition = await reading.petition(tx.connection, petition_id) if petition_id else None
    if petition_id is None or petition is None or petition.sight.excludes(wanted.person):
        raise Unknown("no such deadline")
    present = await lawbook.present(tx.connection)
    clocks_of = (await clocks.load(tx.connection, [petition_id], rulebook=present.rulebook, tree=present.tree))[petition_id]
    deadline = next(item for item in clocks_of.deadlines if item.id == wanted.deadline_id)
    told = clocks_of.holder.superiors[: deadline.progress.rung]
    if not wanted.person.has(Role.LEADER, Role.HEAD) or wanted.person.office not in told:
        raise Unknown("no such deadline")
    said = [step.number for step in deadline.steps[: deadline.progress.next_step] if step.kind == "escalated"]
    if wanted.level not in said:
        raise Refused("this level was not reached", code="level_not_reached", facts={"reached": max(said, default=0)})
    if deadline.ending is not None:
        raise Refused("the clock has ended: nothing is left to acknowledge", code="clock_ended")
    acknowledgement_id = derived(deadline.id, "acknowledged", deadline.plan, wanted.level, wanted.person.actor)
    if not await store.add(
        tx.connection,
        acknowledgement_id,
        deadline_id=deadline.id,
        level=wanted.level,
        office=wanted.person.office or "",
        actor=wanted.person.actor,
        note=wanted.note,
        now=wanted.now,
    ):
        return
    after = clocks_of.acknowledge(deadline, level=wanted.level)
    await clocks.change(tx.connection, [(after, clocks_of.holder)])
    tx.emit([_event(acknowledgement_id, wanted, clocks_of.petition.id, deadline.rule, is_sealed=clocks_of.petition.is_sealed)])


def _event(event_id: UUID, wanted: Acknowledgement, petition_id: UUID, rule: str, *, is_sealed: bool) -> NewEvent:
    office = wanted.person.office or ""
    return NewEvent(
        id=event_id,
        aggregate_id=petition_id,
        body=EscalationAcknowledgedV1(
            deadline_id=wanted.deadline_id,
            rule=rule,
            office=office,
            level=wanted.level,
            note_sha256=sha256(wanted.note.encode()).hexdigest(),
        ),
        effective_at=wanted.now,
        recorded_at=wanted.now,
        actor=wanted.person.actor,
        authority=wanted.person.acting_as((Role.HEAD, Role.LEADER)).authority,
        correlation_id=petition_id,
        office=office,
        is_sealed=is_sealed,
    )
