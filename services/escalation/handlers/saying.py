"""From what the domain says to an event that belongs to its cause and trace."""

from datetime import datetime

from services.escalation.domain.clocks import Said
from services.escalation.domain.rulebook import Rulebook
from services.escalation.store.clocks import Origin
from services.escalation.wire.events import new_event
from shared.contracts import NewEvent


def event_of(said: Said, origin: Origin, *, rulebook: Rulebook, now: datetime) -> NewEvent:
    """Return what the domain says as an event."""
    return new_event(
        said,
        cause=origin.cause,
        correlation_id=origin.correlation_id,
        is_sealed=origin.is_sealed,
        traceparent=origin.traceparent,
        now=now,
        rulebook=rulebook,
    )
