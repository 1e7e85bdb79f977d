"""Events to news. Pure."""

from datetime import datetime
from typing import TypedDict

from services.notify.domain.telling import About, News
from services.notify.wire.words import local
from shared.contracts import EventBody
from shared.contracts.escalation import (
    CalendarMissingV1,
    DeadlineBreachedV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    DeadlineRemindedV1,
    DeadlineSetV1,
    PetitionEscalatedV1,
)
from shared.contracts.intake import ContentErasedV1, PetitionerWithdrawnV1, PetitionJoinedV1, PetitionLodgedV1
from shared.contracts.procedure import (
    DenouncedNamedV1,
    PersonExcludedV1,
    PetitionGuidedV1,
    PetitionReturnedV1,
    PetitionTerminatedV1,
)
from shared.contracts.routing import (
    OfficeRegisteredV1,
    PetitionAnsweredV1,
    PetitionRefusedV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
)

HANDLED: tuple[type[EventBody], ...] = (
    PetitionLodgedV1,
    PetitionJoinedV1,
    PetitionerWithdrawnV1,
    ContentErasedV1,
    OfficeRegisteredV1,
    PetitionRoutedV1,
    PetitionTransferredV1,
    PetitionReturnedV1,
    PetitionAnsweredV1,
    PetitionRefusedV1,
    PetitionGuidedV1,
    PetitionTerminatedV1,
    DeadlineSetV1,
    DeadlineRemindedV1,
    DeadlineBreachedV1,
    DeadlineMovedV1,
    DeadlinePausedV1,
    PetitionEscalatedV1,
    CalendarMissingV1,
    PersonExcludedV1,
    DenouncedNamedV1,
)


_Clock = DeadlineRemindedV1 | DeadlineBreachedV1 | PetitionEscalatedV1 | DeadlineMovedV1 | DeadlinePausedV1


def news_of(body: EventBody) -> News | None:  # noqa: C901, PLR0911 - one return for each event
    """Return what there is to tell of an event, None where nothing."""
    match body:
        case PetitionLodgedV1():
            return News(About.LODGED, None, {})
        case PetitionRoutedV1(route=route) | PetitionTransferredV1(route=route):
            return News(About.ROUTED, route.office, {"basis": route.rule or str(route.basis)})
        case PetitionReturnedV1(office=office):
            return News(About.ROUTED, office, {"basis": "returned"})
        case PetitionAnsweredV1(office=office):
            return News(About.ANSWERED, office, {})
        case PetitionRefusedV1(office=office):
            return News(About.ENDED, office, {"how": "refused", "to_body": ""})
        case PetitionGuidedV1(office=office, to_body=to_body):
            return News(About.ENDED, office, {"how": "guided", "to_body": to_body})
        case PetitionTerminatedV1(office=office):
            return News(About.ENDED, office, {"how": "terminated", "to_body": ""})
        case DeadlineRemindedV1(office=office):
            return News(About.REMINDER, office, {"percent": str(body.percent), **_clock(body)}, **_timing(body))
        case DeadlineBreachedV1(office=office):
            return News(About.BREACH, office, _clock(body), body.concerns_petitioner, **_timing(body))
        case PetitionEscalatedV1(to_office=office):
            return News(About.ESCALATION, office, _climb(body), body.concerns_petitioner, **_timing(body))
        case DeadlineMovedV1():
            return _moved(body)
        case DeadlinePausedV1(office=office):
            facts = {"paused_on": body.paused_on.strftime("%d/%m/%Y"), "withdraws": _yes(body.withdraws_breach), **_clock(body)}
            return News(About.PAUSED, office, facts, body.concerns_petitioner, due_at=body.due_at)
    return None


class _Timing(TypedDict):
    is_urgent: bool
    tell_from: datetime | None
    due_at: datetime


def _timing(body: DeadlineRemindedV1 | DeadlineBreachedV1 | PetitionEscalatedV1) -> _Timing:
    return {"is_urgent": body.is_urgent, "tell_from": body.tell_from, "due_at": body.due_at}


def _clock(body: _Clock) -> dict[str, str]:
    return {"rule": body.rule, "due_at": local(body.due_at)}


def _climb(body: PetitionEscalatedV1) -> dict[str, str]:
    return {
        "level": str(body.level),
        "climb": str(body.climb or ""),
        "from_office": body.from_office,
        "to_office": body.to_office,
        "action": body.action or "inform_superior",
        "basis": body.basis or "",
        "acknowledge_by": local(body.acknowledge_by) if body.acknowledge_by else "",
        **_clock(body),
    }


def _moved(body: DeadlineMovedV1) -> News:
    return News(
        About.MOVED,
        body.office,
        {
            "reason": str(body.reason),
            "from_due_at": local(body.from_due_at),
            "withdraws": _yes(body.withdraws_breach),
            **_clock(body),
        },
        body.concerns_petitioner,
        tell_from=body.tell_from,
        due_at=body.due_at,
        amendment=str(body.amendment_id) if body.amendment_id else None,
    )


def _yes(answer: bool) -> str:  # noqa: FBT001 - the answer is all there is
    """Return an answer as templates test it."""
    return "yes" if answer else ""
