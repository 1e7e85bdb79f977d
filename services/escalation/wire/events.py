"""Contract <-> domain: an event that is heard is a fact, what the domain says becomes an event.

Ids of what is said are derived from the deadline, its plan and the step, so a repeated batch or sweep repeats itself harmlessly.
"""

from datetime import datetime
from uuid import UUID

from services.escalation.domain.acts import Moved, Paused
from services.escalation.domain.clocks import Said, Started
from services.escalation.domain.deadline import Breached, Deadline, Ended, Escalated, Outcome, Reminded
from services.escalation.domain.petition import Fact, Matter, Petition, Source
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.rules import Rule
from services.escalation.domain.tree import Holder
from services.escalation.wire.facts import ACTS, SIGHT, fact_of
from shared.contracts import Cause, Envelope, EventBody, NewEvent
from shared.contracts.envelope import NO_OFFICE
from shared.contracts.escalation import (
    FIRST_PLAN,
    DeadlineBreachedV1,
    DeadlineEndedV1,
    DeadlineMetV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    DeadlineRemindedV1,
    DeadlineSetV1,
    MoveReason,
    PetitionEscalatedV1,
)
from shared.contracts.intake import PetitionLodgedV1
from shared.contracts.procedure import PetitionExtendedV1, PetitionReturnedV1, PetitionSuspendedV1, StepRecordedV1
from shared.contracts.routing import OfficeRegisteredV1, PetitionAcceptedV1, PetitionRoutedV1, PetitionTransferredV1
from shared.contracts.words import Procedure, Urgency
from shared.kernel.ids import derived
from shared.kernel.refusals import Malformed

ACTOR = "service:escalation"
HANDLED: tuple[type[EventBody], ...] = (PetitionLodgedV1, OfficeRegisteredV1, StepRecordedV1, *ACTS, *SIGHT)


def petition_of(envelope: Envelope, body: PetitionLodgedV1) -> Petition:
    """Return a petition as it was lodged."""
    source = body.source
    return Petition(
        id=envelope.aggregate_id,
        code=body.code,
        matter=Matter(
            kind=body.kind,
            procedure=body.procedure or Procedure.of(body.kind),
            jurisdiction=body.jurisdiction,
            channel=body.channel,
            urgency=body.urgency or Urgency.NORMAL,
        ),
        lodged_at=envelope.effective_at,
        correlation_id=envelope.correlation_id,
        is_sealed=envelope.is_sealed,
        source=Source(system=source.system, due_at=source.due_at, closed_at=source.closed_at) if source else None,
    )


def fact(envelope: Envelope, body: EventBody) -> Fact:  # noqa: PLR0911 - one return for each shape of act
    """Return the fact that an event of a petition stands for. Raises Malformed where it is none."""
    name, at, event = fact_of(body), envelope.effective_at, envelope.type
    if name is None:
        raise Malformed(f"{envelope.type} is no fact of a petition", code="no_fact")
    match body:
        case PetitionRoutedV1():
            return Fact(
                name,
                at,
                event,
                holder=Holder(body.route.office, tuple(body.route.superiors)),
                kind=body.kind,
                procedure=body.procedure or Procedure.of(body.kind),
                urgency=body.urgency,
                traits=frozenset(map(str, body.traits)),
            )
        case PetitionTransferredV1(route=route):
            return Fact(name, at, event, holder=Holder(route.office, tuple(route.superiors)))
        case PetitionReturnedV1():
            return Fact(name, at, event, holder=Holder(body.office, tuple(body.superiors)))
        case PetitionAcceptedV1(traits=traits):
            return Fact(name, at, event, traits=frozenset(map(str, traits)))
        case PetitionSuspendedV1(ground=ground):
            return Fact(name, at, event, ground=ground)
        case PetitionExtendedV1():
            return Fact(name, at, event, ground=body.ground, rule=body.rule, amount=body.amount)
        case StepRecordedV1(planned_on=planned_on):
            return Fact(name, at, event, planned_on=planned_on)
    return Fact(name, at, event)


def new_event(
    said: Said,
    *,
    cause: Cause,
    correlation_id: UUID,
    is_sealed: bool,
    traceparent: str | None,
    now: datetime,
    rulebook: Rulebook,
) -> NewEvent:
    """Return what the domain says as an event, with its derived id; what time says, with when people are to be told."""
    body, key = _told(said, rulebook, now)
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


def _told(said: Said, rulebook: Rulebook, now: datetime) -> tuple[EventBody, tuple[object, ...]]:  # noqa: PLR0911 - one return for each thing said
    deadline = said.deadline
    match said:
        case Started():
            return _set(said), ("set",)
        case Reminded():
            return _reminded(said, _tell_from(deadline, rulebook, now)), _key(deadline, "reminded", said.percent)
        case Breached():
            return _breached(said, _rule(deadline, rulebook), _tell_from(deadline, rulebook, now)), _key(deadline, "breached")
        case Escalated(step=step):
            climbs = (step.climb,) if step.climb else ()
            escalated = _escalated(said, _rule(deadline, rulebook), _tell_from(deadline, rulebook, now))
            return escalated, _key(deadline, "escalated", step.number, *climbs)
        case Paused():
            return _paused(said, _rule(deadline, rulebook)), ("paused", deadline.plan)
        case Moved():
            return _moved(said, _tell_from(deadline, rulebook, now)), ("moved", deadline.plan)
        case Ended():
            return _ended(said), _key(deadline, "ended")


def _rule(deadline: Deadline, rulebook: Rulebook) -> Rule:
    return rulebook.named(deadline.rule, version=deadline.basis.rule_version)


def _tell_from(deadline: Deadline, rulebook: Rulebook, now: datetime) -> datetime | None:
    """Return when the office opens next; None where it is open, or where what is said cannot wait."""
    if deadline.is_urgent:
        return None
    opens_at = rulebook.calendar(deadline.calendar).next_opening(now)
    return None if opens_at == now else opens_at


def _key(deadline: Deadline, *words: object) -> tuple[object, ...]:
    """Return the words that make the id: the first plan's are as they always were, later plans add their number."""
    return words if deadline.plan == FIRST_PLAN else (*words, "plan", deadline.plan)


def _reminded(said: Reminded, tell_from: datetime | None) -> DeadlineRemindedV1:
    deadline = said.deadline
    return DeadlineRemindedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        office=said.office,
        percent=said.percent,
        due_at=deadline.due_at,
        plan=deadline.plan,
        tell_from=tell_from,
        is_urgent=deadline.is_urgent,
    )


def _breached(said: Breached, rule: Rule, tell_from: datetime | None) -> DeadlineBreachedV1:
    deadline = said.deadline
    return DeadlineBreachedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        office=said.office,
        due_at=deadline.due_at,
        plan=deadline.plan,
        tell_from=tell_from,
        is_urgent=deadline.is_urgent,
        concerns_petitioner=rule.concerns_petitioner,
    )


def _set(said: Started) -> DeadlineSetV1:
    rule, deadline = said.rule, said.deadline
    return DeadlineSetV1(
        deadline_id=deadline.id,
        rule=rule.id,
        rule_version=rule.version,
        step=rule.step,
        limit=str(rule.limit),
        office=said.office,
        started_at=said.effective_at,
        due_at=deadline.due_at,
        calendar=deadline.calendar,
        calendar_version=deadline.calendar_version,
        citation=rule.citation,
        confirmation=rule.confirmation,
        derivation_sha256=said.derived.sha256,
        nature=rule.nature,
        is_service_level=rule.is_service_level,
        occurrence=deadline.basis.occurrence,
        concerns_petitioner=rule.concerns_petitioner,
    )


def _escalated(said: Escalated, rule: Rule, tell_from: datetime | None) -> PetitionEscalatedV1:
    deadline, step = said.deadline, said.step
    rung = rule.warnings.ladder[step.number - 1]
    return PetitionEscalatedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        level=step.number,
        from_office=said.from_office,
        to_office=said.to_office,
        due_at=deadline.due_at,
        plan=deadline.plan,
        climb=step.climb,
        action=rung.action,
        basis=rung.basis,
        acknowledge_by=step.acknowledge_by,
        tell_from=tell_from,
        is_urgent=deadline.is_urgent,
        concerns_petitioner=rule.concerns_petitioner,
    )


def _paused(said: Paused, rule: Rule) -> DeadlinePausedV1:
    deadline = said.deadline
    if deadline.pausing is None:
        raise Malformed(f"deadline {deadline.id} is not paused", code="not_paused")
    return DeadlinePausedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        office=said.office,
        due_at=deadline.due_at,
        plan=deadline.plan,
        paused_on=deadline.pausing.since_on,
        ground=said.ground,
        withdraws_breach=said.withdraws_breach,
        concerns_petitioner=rule.concerns_petitioner,
    )


def _moved(said: Moved, tell_from: datetime | None) -> DeadlineMovedV1:
    deadline = said.deadline
    return DeadlineMovedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        rule_version=said.rule.version,
        office=said.office,
        plan=deadline.plan,
        reason=MoveReason(said.reason),
        from_due_at=said.from_due_at,
        due_at=deadline.due_at,
        due_without_extension_at=deadline.due_without_extension_at,
        limit=str(said.rule.limit.longer_by(deadline.basis.extended_by)),
        calendar=deadline.calendar,
        calendar_version=deadline.calendar_version,
        derivation_sha256=said.derived.sha256,
        withdraws_breach=said.withdraws_breach,
        amendment_id=said.amendment_id,
        tell_from=tell_from,
        concerns_petitioner=said.rule.concerns_petitioner,
    )


def _ended(said: Ended) -> EventBody:
    deadline, ending = said.deadline, said.deadline.ending
    if ending is None:
        raise Malformed(f"deadline {deadline.id} has not ended", code="not_ended")
    if ending.outcome is Outcome.MET:
        return DeadlineMetV1(
            deadline_id=deadline.id,
            rule=deadline.rule,
            due_at=deadline.due_at,
            ended_at=ending.at,
            ended_by=ending.event,
            is_on_time_without_extension=deadline.pausing is not None or ending.at <= deadline.due_without_extension_at,
        )
    return DeadlineEndedV1(
        deadline_id=deadline.id,
        rule=deadline.rule,
        due_at=deadline.due_at,
        ended_at=ending.at,
        ended_by=ending.event,
        reason=ending.outcome,
        because=ending.fact,
    )
