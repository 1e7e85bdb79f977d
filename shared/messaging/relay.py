"""The relay: brings what a service has committed onto the bus, in order, and forgets it from the outbox after the ack.

Invariant: at most one replica relays a schema at a time, so the order of the stream is the order of the ledger. A crash between
ack and commit publishes again; `Nats-Msg-Id` and the consumers' version vectors make that harmless.
"""

import asyncio
from datetime import datetime

from sqlalchemy import text

from shared.kernel.clock import Clock
from shared.messaging.publisher import SINGLES_MAX, Publisher
from shared.persistence import ledger
from shared.persistence.database import Database
from shared.telemetry import OUTBOX_OLDEST_AGE

BATCH_MAX = 500
GATHER_SECONDS = 0.01  # under load a moment's patience makes one batch of several; on a quiet day nothing waits
POLL_SECONDS = 1.0  # the wake-up after a commit is what counts; this finds what another process or a crash left behind
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('relay'), hashtext(:schema))")


class Relay:
    """Publishes the outbox of one schema."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._woken = asyncio.Event()
        self._publisher: Publisher | None = None
        self._oldest_at: datetime | None = None
        self._is_busy = False
        database.after_commit(self._woken.set)

    def watch(self) -> None:
        """Export the age of the oldest unpublished event."""
        OUTBOX_OLDEST_AGE.watch(self._database.schema, lambda: [(self._age_seconds(), {})])

    def use(self, publisher: Publisher | None) -> None:
        """Publish through `publisher` from now on; None: there is no connection."""
        self._publisher = publisher
        self._woken.set()

    def wake(self) -> None:
        """End the present wait."""
        self._woken.set()

    async def step(self) -> None:
        """Wait until there may be something, then publish all there is. Raises Trouble; the outbox keeps what is unsent."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            await self._look()
        if self._is_busy:
            await asyncio.sleep(GATHER_SECONDS)
        self._woken.clear()
        if self._publisher is not None:
            while (published := await self._publish_some(self._publisher)) == BATCH_MAX:
                pass
            self._is_busy = published > SINGLES_MAX

    async def _publish_some(self, publisher: Publisher) -> int:
        async with self._database.transaction() as transaction:
            connection = transaction.connection
            if not (await connection.execute(_LOCK, {"schema": self._database.schema})).scalar_one():
                return 0
            events = await ledger.unsent(connection, source=self._database.schema, limit=BATCH_MAX)
            if events:
                await publisher.publish(events)
                await ledger.mark_sent(connection, [event.seq for event in events])
        return len(events)

    async def _look(self) -> None:
        async with self._database.reading() as connection:
            self._oldest_at = await ledger.oldest_unsent_at(connection)

    def _age_seconds(self) -> float:
        if self._oldest_at is None:
            return 0.0
        return max((self._clock.now() - self._oldest_at).total_seconds(), 0.0)
