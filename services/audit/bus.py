"""Door: messages. Hears everything that anybody says, its own events too, on both streams, and parses nothing."""

from services.audit.handlers.log import record
from shared.kernel.clock import Clock
from shared.messaging import BusSettings, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database

NAME = "audit"
DURABLE = Durable(name=NAME, hears=("intake", "routing", "escalation", "notify", "audit"), in_order=True)


def participant(*, database: Database, bus: BusSettings, clock: Clock) -> Participant:
    """Return this service's part in the conversation: it listens."""
    return Participant(database=database, bus=bus, durable=DURABLE, handled=None, handler=record, clock=clock)
