"""Door: messages. Hears routing (the directory, every act) and escalation (clocks), for the petitioner's view."""

from services.intake.handlers.hearing import hear
from services.intake.wire.events import HANDLED
from shared.kernel.clock import Clock
from shared.messaging import BusSettings, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database

NAME = "intake"
DURABLE = Durable(name=NAME, hears=("routing", "escalation"))


def participant(*, database: Database, bus: BusSettings, clock: Clock) -> Participant:
    """Return this service's part in the conversation."""
    return Participant(database=database, bus=bus, durable=DURABLE, handled=HANDLED, handler=hear, clock=clock)
