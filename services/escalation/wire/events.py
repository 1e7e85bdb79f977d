"""Contract <-> domain: what is heard changes a petition's clocks, what the domain says becomes an event.

Ids of what is said are derived from the deadline and the step, so a repeated batch or sweep repeats itself harmlessly.
"""

from datetime import datetime
from uuid import UUID

from services.escalation.domain.clocks import Clocks, Petition, Said, Source, Started
from services.escalation.domain.deadline import Breached, Ended, Escalated, Holder, Outcome, Reminded
from services.escalation.domain.rules import Act, Rulebook
from shared.contracts import Cause, Envelope, EventBody, NewEvent
from shared.contracts.envelope import NO_OFFICE
from shared.contracts.escalation import (
    DeadlineBreachedV1,
    DeadlineEndedV1,
    DeadlineMetV1,
    DeadlineRemindedV1,
    DeadlineSetV1,
    PetitionEscalatedV1,
)
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    RouteV1,
)
from shared.contracts.words import Urgency
from shared.kernel.ids import derived
from shared.kernel.refusals import Malformed

ACTOR = "service:escalation"
HANDLED: tuple[type[EventBody], ...] = (
    PetitionLodgedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    PetitionAcceptedV1,
    PetitionRefusedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    OfficeRegisteredV1,
)
_ACTS: dict[type[EventBody], Act] = {
    PetitionAcceptedV1: Act.ACCEPTED,
    PetitionRefusedV1: Act.REFUSED,
    PetitionAnsweredV1: Act.ANSWERED,
    PetitionClosedV1: Act.CLOSED,
}


def hear(clocks: Clocks | None, envelope: Envelope, body: EventBody, rulebook: Rulebook) -> Clocks:
    """Apply one event to the petition's clocks (None: it is new). Raises Malformed where it was never lodged."""
    if isinstance(body, PetitionLodgedV1):
        return clocks or Clocks(_petition(envelope, body))
    if clocks is None:
        raise Malformed(f"petition {envelope.aggregate_id} was never lodged", code="petition_unknown")
    at = envelope.effective_at
    match body:
        case PetitionRoutedV1():
            holder = _holder(body.route)
            lodged_by = PetitionLodgedV1.TYPE
            clocks.route(rulebook, holder, kind=body.kind, urgency=body.urgency, at=at, lodged_by=lodged_by)
        case PetitionTransferredV1():
            clocks.transfer(_holder(body.route), at=at)
        case _:
            clocks.act(rulebook, _ACTS[type(body)], at=at, ended_by=envelope.type)
    return clocks


def new_event(
    said: Said, *, cause: Cause, correlation_id: UUID, is_sealed: bool, traceparent: str | None, now: datetime
) -> NewEvent:
    """Return what the domain says as an event, with its derived id."""
    body, key = _told(said)
    return NewEvent(
        id=derived(said.deadline.id, *key),
        aggregate_id=said.deadline.petition_id,
        body=body,
        effective_at=said.effective_at,
        recorded_at=now,
        actor=ACTOR,
        correlation_id=correlation_id,
        cause=cause,
        office=said.office or NO_OFFICE,
        is_sealed=is_sealed,
        traceparent=traceparent,
    )


def _told(said: Said) -> tuple[EventBody, tuple[object, ...]]:
    deadline = said.deadline
    match said:
        case Started():
            return _set(said), ("set",)
        case Reminded():
            reminded = DeadlineRemindedV1(
                deadline_id=deadline.id,
                rule=deadline.rule,
                office=said.office,
                percent=said.percent,
                due_at=deadline.due_at,
            )
            return reminded, ("reminded", said.percent)
        case Breached():
            breached = DeadlineBreachedV1(deadline_id=deadline.id, rule=deadline.rule, office=said.office, due_at=deadline.due_at)
            return breached, ("breached",)
        case Escalated():
            return _escalated(said), ("escalated", said.level)
        case Ended():
            return _ended(said), ("ended",)


def _set(said: Started) -> DeadlineSetV1:
    rule = said.rule
    return DeadlineSetV1(
        deadline_id=said.deadline.id,
        rule=rule.id,
        rule_version=rule.version,
        step=rule.step,
        limit=str(rule.limit),
        office=said.office,
        started_at=said.effective_at,
        due_at=said.deadline.due_at,
        calendar=said.calendar,
        calendar_version=said.calendar_version,
        citation=rule.citation,
        confirmation=rule.confirmation,
        derivation_sha256=said.sha256,
    )


def _escalated(said: Escalated) -> PetitionEscalatedV1:
    return PetitionEscalatedV1(
        deadline_id=said.deadline.id,
        rule=said.deadline.rule,
        level=said.level,
        from_office=said.from_office,
        to_office=said.to_office,
        due_at=said.deadline.due_at,
    )


def _ended(said: Ended) -> EventBody:
    deadline = said.deadline
    ended_by = deadline.ended_by or ""
    if deadline.outcome is Outcome.MET:
        return DeadlineMetV1(
            deadline_id=deadline.id,
            rule=deadline.rule,
            due_at=deadline.due_at,
            ended_at=said.effective_at,
            ended_by=ended_by,
        )
    return DeadlineEndedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        due_at=deadline.due_at,
        ended_at=said.effective_at,
        ended_by=ended_by,
        reason=str(deadline.outcome),
    )


def _petition(envelope: Envelope, body: PetitionLodgedV1) -> Petition:
    source = body.source
    return Petition(
        id=envelope.aggregate_id,
        code=body.code,
        kind=body.kind,
        jurisdiction=body.jurisdiction,
        channel=body.channel,
        urgency=body.urgency or Urgency.NORMAL,
        lodged_at=envelope.effective_at,
        correlation_id=envelope.correlation_id,
        is_sealed=envelope.is_sealed,
        source=Source(system=source.system, due_at=source.due_at, closed_at=source.closed_at) if source else None,
    )


def _holder(route: RouteV1) -> Holder:
    return Holder(office=route.office, superiors=tuple(route.superiors))
