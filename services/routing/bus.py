"""Door: messages. Hears intake: what was lodged, which evidence was added, what was withdrawn, what was erased."""

from functools import partial

from services.routing.handlers.routing import Policy, prepare
from services.routing.wire.events import HANDLED
from shared.messaging import BusSettings, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database

NAME = "routing"
DURABLE = Durable(name=NAME, hears=("intake",))


def participant(*, database: Database, bus: BusSettings, policy: Policy) -> Participant:
    """Return this service's part in the conversation."""
    return Participant(
        database=database,
        bus=bus,
        durable=DURABLE,
        handled=HANDLED,
        prepare=partial(prepare, policy=policy),
        clock=policy.clock,
    )
