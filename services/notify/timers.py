"""Door: the clock. Sends what is due, as soon as something may be, and looks again after a moment."""

import asyncio
from dataclasses import dataclass, field

from services.notify import store
from services.notify.handlers import CLAIM_MAX, Post, send_due
from shared.kernel.clock import Clock
from shared.telemetry import Gauge

POLL_SECONDS = 0.5

NOTICES_WAITING = Gauge("caunoi.notices.waiting", unit="1", description="Notices that are not yet delivered")


@dataclass(slots=True)
class Postman:
    """Takes notices to the mail server, round after round."""

    post: Post
    clock: Clock
    waiting: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self) -> None:
        """Export how many notices wait."""
        NOTICES_WAITING.watch("notify", lambda: [(self.waiting, {})])

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._news.set()

    async def step(self) -> None:
        """Wait a moment, then send all that is due. Raises Trouble."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._news.wait()
        except TimeoutError:
            async with self.post.database.reading() as connection:
                self.waiting = await store.count_waiting(connection)
        self._news.clear()
        while await send_due(self.post, now=self.clock.now()) == CLAIM_MAX:
            pass
