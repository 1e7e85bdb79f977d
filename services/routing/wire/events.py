"""Domain to contracts: what routing says. The words of an answer stay here; their digest is said."""

import hashlib
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from services.routing.domain.commands import (
    Accepted,
    Answered,
    Closed,
    Declined,
    Document,
    Extended,
    Fact,
    Recorded,
    Reopened,
    Resumed,
    Suspended,
    Transferred,
)
from services.routing.domain.competence import Route
from services.routing.domain.directory import Office
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import PetitionLodgedV1, PetitionSupplementedV1
from shared.contracts.procedure import (
    DocumentV1,
    EntryV1,
    PetitionExtendedV1,
    PetitionReopenedV1,
    PetitionResumedV1,
    PetitionSuspendedV1,
    StepRecordedV1,
)
from shared.contracts.routing import (
    AbsenceV1,
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionTransferredV1,
    RouteBasis,
    RouteV1,
)
from shared.contracts.words import Step, Trait
from shared.kernel.ids import derived

HANDLED: tuple[type[EventBody], ...] = (PetitionLodgedV1, PetitionSupplementedV1)
ZONES = {"hanoi": ZoneInfo("Asia/Ho_Chi_Minh"), "boston": ZoneInfo("America/New_York")}
DEFAULT_ZONE = ZONES["hanoi"]


def zone_of(jurisdiction: str) -> ZoneInfo:
    """Return the zone in which a jurisdiction counts its legal days."""
    return ZONES.get(jurisdiction, DEFAULT_ZONE)


def route_said(route: Route) -> RouteV1:
    return RouteV1(
        office=route.office,
        superiors=list(route.superiors),
        basis=RouteBasis(route.basis.value),
        rule=route.rule,
        table_version=route.table_version,
    )


def fact_said(fact: Fact, entry: EntryV1 | None = None) -> EventBody:  # noqa: C901, PLR0911 - one return for each act
    """Return what an officer's act made true, as the contract says it; `entry` where its time was stated by a person."""
    match fact:
        case Accepted(office=office, traits=traits):
            return PetitionAcceptedV1(office=office, traits=[Trait(trait) for trait in traits], entry=entry)
        case Declined(office=office, ground=ground):
            return PetitionRefusedV1(office=office, ground=ground, entry=entry)
        case Transferred(from_office=from_office, route=route, reason=reason):
            return PetitionTransferredV1(from_office=from_office, reason=reason, route=route_said(route), entry=entry)
        case Answered(office=office, text=text, evidence=evidence):
            digest = hashlib.sha256(text.encode()).hexdigest()
            files = [UUID(item) for item in evidence]
            return PetitionAnsweredV1(office=office, answer_sha256=digest, evidence=files, entry=entry)
        case Closed(office=office, outcome=outcome):
            return PetitionClosedV1(office=office, outcome=str(outcome), entry=entry)
        case Suspended(office=office, ground=ground, document=document):
            return PetitionSuspendedV1(office=office, ground=ground, document=_paper(document), entry=entry)
        case Resumed(office=office, document=document):
            return PetitionResumedV1(office=office, document=_paper(document), entry=entry)
        case Extended():
            return PetitionExtendedV1(
                office=fact.office,
                rule=fact.rule,
                ground=fact.ground,
                amount=fact.amount,
                unit=fact.unit,
                document=_paper(fact.document),
                entry=entry,
            )
        case Recorded():
            paper = _paper(fact.document) if fact.document else None
            step = Step(fact.step)
            return StepRecordedV1(office=fact.office, step=step, document=paper, planned_on=fact.planned_on, entry=entry)
        case Reopened(office=office, reason=reason):
            return PetitionReopenedV1(office=office, reason=reason, entry=entry)


def _paper(document: Document) -> DocumentV1:
    return DocumentV1(number=document.number, issued_on=document.issued_on)


def office_event(office: Office, before: Office | None, *, version: str, actor: str, now: datetime) -> NewEvent:
    """Return the entry of `office` as it is said: effective when a new office became competent, a changed entry from now on."""
    aggregate = office_id(office.code)
    midnight = datetime.combine(office.valid_from, time.min, tzinfo=zone_of(office.jurisdiction))
    return NewEvent(
        id=derived("office", office.code, version, now.isoformat()),
        aggregate_id=aggregate,
        body=_entry(office),
        effective_at=midnight.astimezone(UTC) if before is None else now,
        recorded_at=now,
        actor=actor,
        correlation_id=aggregate,
        office=office.code,
    )


def _entry(office: Office) -> OfficeRegisteredV1:
    return OfficeRegisteredV1(
        code=office.code,
        jurisdiction=office.jurisdiction,
        kind=office.kind,
        name_vi=office.name_vi,
        name_en=office.name_en,
        parent=office.parent,
        is_reception=office.is_reception,
        mailbox=office.mailbox,
        valid_from=office.valid_from,
        valid_to=office.valid_to,
        successors=list(office.successors),
        head=office.head,
        absences=[AbsenceV1(from_on=from_on, to_on=to_on) for from_on, to_on in office.absences],
    )


def office_id(code: str) -> UUID:
    """Return the aggregate of an office."""
    return derived("office", code)
