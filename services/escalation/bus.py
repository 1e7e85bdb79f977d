"""Door: messages. Hears intake (what was lodged) and routing (the directory, every act of the procedure).

Invariant: `is_current` is True only when what was said before now has been heard, as far as one can know: the sweep asks it, so
that an outage over a weekend does not announce breaches of petitions whose answers wait in the stream.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.escalation.handlers.hearing import hear_batch
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.wire.events import HANDLED
from shared.kernel.clock import Clock
from shared.messaging import BusSettings, Incoming, Participant
from shared.messaging.topology import Durable
from shared.persistence import Database, Transaction

NAME = "escalation"
DURABLE = Durable(name=NAME, hears=("intake", "routing"))
LAG_MAX = timedelta(seconds=5)
"""A batch heard within this of being recorded is live, even while more is waiting."""
IDLE = timedelta(seconds=10)
"""When nothing was heard for so long, what still waits is delayed (too early, or in trouble) and holds nobody up."""


class Ears:
    """The part that escalation takes in the conversation, and how far behind it is."""

    def __init__(self, *, database: Database, bus: BusSettings, lawbook: Lawbook, clock: Clock) -> None:
        self._lawbook = lawbook
        self._heard_at = clock.now()
        self._lag: timedelta | None = None
        self.participant = Participant(
            database=database, bus=bus, durable=DURABLE, handled=HANDLED, handler=self._hear, clock=clock
        )

    async def is_current(self, now: datetime) -> bool:
        """Whether time may speak at `now`. Without the bus it waits: nothing could be told anyway, and no instant is lost."""
        if await self.participant.problems():
            return False
        waiting = self.participant.backlog()
        if waiting and not any(waiting.values()):
            return True
        return (self._lag is not None and self._lag < LAG_MAX) or now - self._heard_at > IDLE

    async def _hear(self, tx: Transaction, batch: Sequence[Incoming], now: datetime) -> None:
        await hear_batch(tx, batch, now, lawbook=self._lawbook)
        self._heard_at, self._lag = now, now - batch[-1].envelope.recorded_at
