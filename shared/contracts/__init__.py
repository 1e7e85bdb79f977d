"""What the services say to one another: one frozen model per event, versioned, without personal data.

Invariant: a published version never changes. Adding an optional field is the only edit; anything else is a `v2` beside it.
"""

from shared.contracts import audit, escalation, intake, notify, procedure, routing
from shared.contracts.envelope import Cause, Envelope, EventBody, NewEvent, event_types, parse

__all__ = [
    "Cause",
    "Envelope",
    "EventBody",
    "NewEvent",
    "audit",
    "escalation",
    "event_types",
    "intake",
    "notify",
    "parse",
    "procedure",
    "routing",
]
