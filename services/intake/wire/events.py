"""Events of routing and escalation to what intake keeps of them."""

from collections.abc import Mapping

from services.intake.domain.progress import Clock, Office, Step, What
from shared.contracts import Envelope, EventBody
from shared.contracts.escalation import (
    DeadlineBreachedV1,
    DeadlineEndedV1,
    DeadlineMetV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    DeadlineSetV1,
    PetitionEscalatedV1,
)
from shared.contracts.procedure import (
    DenouncedNamedV1,
    PersonExcludedV1,
    PetitionContestedV1,
    PetitionExtendedV1,
    PetitionGuidedV1,
    PetitionMergedV1,
    PetitionReopenedV1,
    PetitionResumedV1,
    PetitionReturnedV1,
    PetitionSuspendedV1,
    PetitionTerminatedV1,
    PetitionUnmergedV1,
)
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClassifiedV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
)

HANDLED: tuple[type[EventBody], ...] = (
    OfficeRegisteredV1,
    PetitionRoutedV1,
    PetitionClassifiedV1,
    PetitionAcceptedV1,
    PetitionRefusedV1,
    PetitionTransferredV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionSuspendedV1,
    PetitionResumedV1,
    PetitionExtendedV1,
    PetitionReopenedV1,
    PetitionGuidedV1,
    PetitionReturnedV1,
    PetitionTerminatedV1,
    PetitionContestedV1,
    PetitionMergedV1,
    PetitionUnmergedV1,
    PersonExcludedV1,
    DenouncedNamedV1,
    DeadlineSetV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    DeadlineMetV1,
    DeadlineEndedV1,
    DeadlineBreachedV1,
    PetitionEscalatedV1,
)


_STEPS: Mapping[type[EventBody], What] = {
    PetitionAcceptedV1: What.ACCEPTED,
    PetitionRefusedV1: What.REFUSED,
    PetitionAnsweredV1: What.ANSWERED,
    PetitionClosedV1: What.CLOSED,
    PetitionSuspendedV1: What.SUSPENDED,
    PetitionResumedV1: What.RESUMED,
    PetitionExtendedV1: What.EXTENDED,
    PetitionReopenedV1: What.REOPENED,
    PetitionGuidedV1: What.GUIDED,
    PetitionReturnedV1: What.RETURNED,
    PetitionTerminatedV1: What.TERMINATED,
    PetitionContestedV1: What.CONTESTED,
    PetitionMergedV1: What.MERGED,
    PetitionUnmergedV1: What.UNMERGED,
    DeadlineBreachedV1: What.BREACHED,
}


def step_of(envelope: Envelope, body: EventBody) -> Step | None:
    """Return the step that the petitioner sees, None where it is none."""
    what = _STEPS.get(type(body))
    office = getattr(body, "office", None)
    match body:
        case PetitionRoutedV1(route=route):
            what, office = What.ROUTED, route.office
        case PetitionTransferredV1(route=route):
            what, office = What.TRANSFERRED, route.office
        case PetitionEscalatedV1(to_office=above, concerns_petitioner=True):
            what, office = What.ESCALATED, above
        case DeadlineBreachedV1(concerns_petitioner=False):
            return None
    return Step(envelope.source, envelope.version, what, envelope.effective_at, office) if what else None


def clock_set(envelope: Envelope, body: EventBody) -> Clock | None:
    """Return the clock that started; None where none did, or where no office has a duty by it."""
    if not isinstance(body, DeadlineSetV1) or body.nature != "duty":
        return None
    return Clock(
        deadline_id=body.deadline_id,
        petition_id=envelope.aggregate_id,
        rule=body.rule,
        due_at=body.due_at,
        is_running=True,
        concerns_petitioner=body.concerns_petitioner,
    )


def clock_changed(envelope: Envelope, body: EventBody) -> Clock | None:
    """Return how a clock that had started moved, stands still or ended, None where none did."""
    match body:
        case DeadlineMovedV1():
            is_running = True
        case DeadlineMetV1() | DeadlineEndedV1() | DeadlinePausedV1():
            is_running = False
        case _:
            return None
    return Clock(body.deadline_id, envelope.aggregate_id, body.rule, body.due_at, is_running)


def office_of(body: EventBody) -> Office | None:
    """Return the entry of the directory, None where it is none."""
    if not isinstance(body, OfficeRegisteredV1):
        return None
    return Office(
        code=body.code,
        jurisdiction=body.jurisdiction,
        kind=body.kind,
        name_vi=body.name_vi,
        name_en=body.name_en,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        successors=tuple(body.successors),
        parent=body.parent,
    )
