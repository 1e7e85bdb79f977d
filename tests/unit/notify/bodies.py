"""One event of every type that somebody may be told about, as the services say them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from shared.contracts import EventBody
from shared.contracts.escalation import (
    DeadlineBreachedV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    DeadlineRemindedV1,
    DeadlineSetV1,
    MoveReason,
    PetitionEscalatedV1,
)
from shared.contracts.intake import PetitionLodgedV1, SourceFactsV1
from shared.contracts.procedure import DocumentV1, PetitionGuidedV1, PetitionReturnedV1, PetitionTerminatedV1
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAnsweredV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    RouteBasis,
    RouteV1,
)
from shared.contracts.words import Channel, Kind, Language, Urgency

CODE = "HN-2026-ABCD"
TOPIC = "rac-thai"
COMMUNE, DEPARTMENT, CITY = "hanoi-00070", "hanoi-so-xd", "hanoi"
DUE_AT = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
_DEADLINE = UUID(int=7)


def office(code: str, *, mailbox: str | None, parent: str | None = None) -> OfficeRegisteredV1:
    return OfficeRegisteredV1(
        code=code,
        jurisdiction="hanoi",
        kind="commune",
        name_vi=f"Cơ quan {code}",
        name_en=f"Office {code}",
        mailbox=mailbox,
        parent=parent,
        valid_from=date(2025, 7, 1),
    )


def lodged(
    *,
    code: str = CODE,
    language: Language = Language.VI,
    is_reachable: bool = True,
    is_imported: bool = False,
    against: str | None = None,
) -> PetitionLodgedV1:
    return PetitionLodgedV1(
        code=code,
        kind=Kind.FIELD_REPORT,
        jurisdiction="hanoi",
        topic=TOPIC,
        channel=Channel.IMPORT if is_imported else Channel.WEB,
        language=language,
        is_reachable=is_reachable,
        is_physical=True,
        source=SourceFactsV1(system="boston311", reference="1") if is_imported else None,
        against=against,
    )


def routed(*, code: str = CODE, to: str = COMMUNE) -> PetitionRoutedV1:
    return PetitionRoutedV1(
        code=code,
        kind=Kind.FIELD_REPORT,
        jurisdiction="hanoi",
        topic=TOPIC,
        topic_origin="given",
        commune="00070",
        urgency=Urgency.NORMAL,
        is_physical=True,
        route=RouteV1(office=to, superiors=[CITY], basis=RouteBasis.COMPETENCE, rule="FR-1", table_version="2026.1"),
    )


def transferred(*, to: str = DEPARTMENT) -> PetitionTransferredV1:
    route = RouteV1(office=to, superiors=[CITY], basis=RouteBasis.TRANSFER)
    return PetitionTransferredV1(from_office=COMMUNE, reason="competence", route=route)


def answered() -> PetitionAnsweredV1:
    return PetitionAnsweredV1(office=COMMUNE, answer_sha256="0" * 64)


def deadline_set() -> DeadlineSetV1:
    return DeadlineSetV1(
        deadline_id=_DEADLINE,
        rule="IH.RESOLVE",
        rule_version=1,
        step="resolve",
        limit="10 working_day",
        office=COMMUNE,
        started_at=DUE_AT - timedelta(days=14),
        due_at=DUE_AT,
        calendar="hanoi",
        calendar_version="2026.1",
        citation="QD 1207/QD-UBND",
        confirmation="TEXT",
        derivation_sha256="0" * 64,
    )


def reminded() -> DeadlineRemindedV1:
    return DeadlineRemindedV1(deadline_id=_DEADLINE, rule="IH.RESOLVE", office=COMMUNE, percent=80, due_at=DUE_AT)


def breached() -> DeadlineBreachedV1:
    return DeadlineBreachedV1(deadline_id=_DEADLINE, rule="IH.RESOLVE", office=COMMUNE, due_at=DUE_AT)


def escalated() -> PetitionEscalatedV1:
    return PetitionEscalatedV1(
        deadline_id=_DEADLINE, rule="IH.RESOLVE", level=1, from_office=COMMUNE, to_office=CITY, due_at=DUE_AT
    )


def moved(*, rule: str = "IH.RESOLVE", amendment_id: UUID | None = None) -> DeadlineMovedV1:
    return DeadlineMovedV1(
        deadline_id=_DEADLINE,
        rule=rule,
        rule_version=1,
        office=COMMUNE,
        plan=2,
        reason=MoveReason.CALENDAR_AMENDED,
        from_due_at=DUE_AT,
        due_at=DUE_AT + timedelta(days=1),
        due_without_extension_at=DUE_AT + timedelta(days=1),
        limit="10 working_day",
        calendar="hanoi",
        calendar_version="2026.2",
        derivation_sha256="0" * 64,
        amendment_id=amendment_id,
    )


def paused() -> DeadlinePausedV1:
    return DeadlinePausedV1(
        deadline_id=_DEADLINE, rule="IH.RESOLVE", office=COMMUNE, due_at=DUE_AT, plan=1, paused_on=date(2026, 11, 20)
    )


def returned() -> PetitionReturnedV1:
    return PetitionReturnedV1(office=COMMUNE, from_office=DEPARTMENT, reason="not_our_field", superiors=[CITY])


def refused() -> PetitionRefusedV1:
    return PetitionRefusedV1(office=COMMUNE, ground="KN11_3")


def guided() -> PetitionGuidedV1:
    return PetitionGuidedV1(office=COMMUNE, to_body="Toà án nhân dân khu vực 1", ground="not_competent")


def terminated() -> PetitionTerminatedV1:
    paper = DocumentV1(number="12/QĐ", issued_on=date(2026, 7, 15))
    return PetitionTerminatedV1(office=COMMUNE, ground="KN11A_COURT", document=paper)


TOLD: tuple[EventBody, ...] = (
    lodged(),
    routed(),
    transferred(),
    returned(),
    answered(),
    refused(),
    guided(),
    terminated(),
    reminded(),
    breached(),
    escalated(),
    moved(),
    paused(),
)
