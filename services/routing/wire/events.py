"""Domain to contracts: the directory and the route. What acts make true is in acts.py."""

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from services.routing.domain.competence import Route
from services.routing.domain.directory import Office
from shared.contracts import EventBody, NewEvent
from shared.contracts.intake import (
    ContentErasedV1,
    PetitionCommentedV1,
    PetitionLodgedV1,
    PetitionSupplementedV1,
    PetitionWithdrawnV1,
)
from shared.contracts.routing import AbsenceV1, OfficeRegisteredV1, RouteBasis, RouteV1
from shared.kernel.ids import derived

HANDLED: tuple[type[EventBody], ...] = (
    PetitionLodgedV1,
    PetitionSupplementedV1,
    PetitionCommentedV1,
    PetitionWithdrawnV1,
    ContentErasedV1,
)
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


def office_event(
    office: Office, before: Office | None, *, version: str, actor: str, authority: str | None, now: datetime
) -> NewEvent:
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
        authority=authority,
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
