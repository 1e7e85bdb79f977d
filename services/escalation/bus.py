"""Door: messages. Hears intake (what was lodged) and routing (the directory, every act of the procedure)."""

from functools import partial

from services.escalation.domain.rules import Rulebook
from services.escalation.handlers.hearing import hear_batch
from services.escalation.wire.events import HANDLED
from shared.kernel.clock import Clock
from shared.messaging import BusSettings, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database

NAME = "escalation"
DURABLE = Durable(name=NAME, hears=("intake", "routing"))


def participant(*, database: Database, bus: BusSettings, rulebook: Rulebook, clock: Clock) -> Participant:
    """Return this service's part in the conversation."""
    return Participant(
        database=database,
        bus=bus,
        durable=DURABLE,
        handled=HANDLED,
        handler=partial(hear_batch, rulebook=rulebook),
        clock=clock,
    )
