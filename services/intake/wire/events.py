"""Events of routing and escalation to what intake keeps of them."""

from services.intake.domain.progress import Clock, Office, Step, What
from shared.contracts import Envelope, EventBody
from shared.contracts.escalation import (
    DeadlineBreachedV1,
    DeadlineEndedV1,
    DeadlineMetV1,
    DeadlineSetV1,
    PetitionEscalatedV1,
)
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
)

HANDLED: tuple[type[EventBody], ...] = (
    OfficeRegisteredV1,
    PetitionRoutedV1,
    PetitionAcceptedV1,
    PetitionRefusedV1,
    PetitionTransferredV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    DeadlineSetV1,
    DeadlineMetV1,
    DeadlineEndedV1,
    DeadlineBreachedV1,
    PetitionEscalatedV1,
)


def step_of(envelope: Envelope, body: EventBody) -> Step | None:
    """Return the step that the petitioner sees, None where it is none."""
    match body:
        case PetitionRoutedV1(route=route):
            what, office = What.ROUTED, route.office
        case PetitionTransferredV1(route=route):
            what, office = What.TRANSFERRED, route.office
        case PetitionAcceptedV1(office=office):
            what = What.ACCEPTED
        case PetitionRefusedV1(office=office):
            what = What.REFUSED
        case PetitionAnsweredV1(office=office):
            what = What.ANSWERED
        case PetitionClosedV1(office=office):
            what = What.CLOSED
        case DeadlineBreachedV1(office=office):
            what = What.BREACHED
        case PetitionEscalatedV1(to_office=office):
            what = What.ESCALATED
        case _:
            return None
    return Step(envelope.source, envelope.version, what, envelope.effective_at, office)


def clock_of(envelope: Envelope, body: EventBody) -> Clock | None:
    """Return the clock that started or ended, None where none did."""
    match body:
        case DeadlineSetV1():
            is_running = True
        case DeadlineMetV1() | DeadlineEndedV1():
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
    )
