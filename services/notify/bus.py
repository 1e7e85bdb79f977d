"""Door: messages. Hears intake, routing and escalation: what people are told about, and what agencies' webhooks carry."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.notify.handlers.hearing import hear
from services.notify.handlers.webhook_hearing import enqueue
from services.notify.wire.events import HANDLED
from shared.kernel.clock import Clock
from shared.messaging import BusSettings, Incoming, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database, Transaction

NAME = "notify"
DURABLE = Durable(name=NAME, hears=("intake", "routing", "escalation"), takes_others=True)


def participant(
    *, database: Database, bus: BusSettings, clock: Clock, wake: Callable[[], None], wake_webhooks: Callable[[], None]
) -> Participant:
    """Return this service's part in the conversation; it wakes who has something to send. Webhooks carry every event."""

    async def handler(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> None:
        told = [item for item in batch if item.body is not None]
        if told and await hear(tx, told, now):
            wake()
        if await enqueue(tx, batch, now):
            wake_webhooks()

    return Participant(database=database, bus=bus, durable=DURABLE, handled=HANDLED, handler=handler, clock=clock)
