"""Domain to contracts: what routing says. The words of an answer stay here; their digest is said."""

import hashlib
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from services.routing.domain.competence import Route
from services.routing.domain.directory import Office
from services.routing.domain.procedure import Accepted, Answered, Closed, Declined, Fact, Transferred
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import PetitionLodgedV1, PetitionSupplementedV1
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAcceptedV1,
    PetitionAnsweredV1,
    PetitionClosedV1,
    PetitionRefusedV1,
    PetitionTransferredV1,
    RouteBasis,
    RouteV1,
)
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


def fact_said(fact: Fact) -> EventBody:
    """Return what an officer's act made true, as the contract says it."""
    match fact:
        case Accepted(office=office):
            return PetitionAcceptedV1(office=office)
        case Declined(office=office, ground=ground):
            return PetitionRefusedV1(office=office, ground=ground)
        case Transferred(from_office=from_office, route=route, reason=reason):
            return PetitionTransferredV1(from_office=from_office, reason=reason, route=route_said(route))
        case Answered(office=office, text=text, evidence=evidence):
            digest = hashlib.sha256(text.encode()).hexdigest()
            return PetitionAnsweredV1(office=office, answer_sha256=digest, evidence=[UUID(item) for item in evidence])
        case Closed(office=office, outcome=outcome):
            return PetitionClosedV1(office=office, outcome=outcome.value)


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
    )


def office_id(code: str) -> UUID:
    """Return the aggregate of an office."""
    return derived("office", code)
