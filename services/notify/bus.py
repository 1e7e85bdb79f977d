"""Door: messages. Hears intake, routing and escalation: everything that somebody is told about."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.notify.handlers.hearing import hear
from services.notify.wire.events import HANDLED
from shared.kernel.clock import Clock
from shared.messaging import BusSettings, Incoming, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database, Transaction

NAME = "notify"
DURABLE = Durable(name=NAME, hears=("intake", "routing", "escalation"))


def participant(*, database: Database, bus: BusSettings, clock: Clock, wake: Callable[[], None]) -> Participant:
    """Return this service's part in the conversation; `wake` is called when there will be something to send."""

    async def handler(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> None:
        if await hear(tx, batch, now):
            wake()

    return Participant(database=database, bus=bus, durable=DURABLE, handled=HANDLED, handler=handler, clock=clock)
