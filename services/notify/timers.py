"""Door: the clock. Sends what is due, as soon as something may be, and looks again after a moment."""

import asyncio
from dataclasses import dataclass, field

from services.notify import store
from services.notify.handlers import CLAIM_MAX, Post, send_due
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.telemetry import Gauge

POLL_SECONDS = 0.5
STOP_SECONDS = 2.0

NOTICES_WAITING = Gauge("caunoi.notices.waiting", unit="1", description="Notices that are not yet delivered")


@dataclass(slots=True)
class Postman:
    """Takes notices to the mail server, round after round."""

    post: Post
    clock: Clock
    waiting: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, and export how many notices wait."""
        loop = keep_doing("notices", self.step, problems={}, until=self._stopping)
        self._task = asyncio.create_task(loop, name="notify-postman")
        NOTICES_WAITING.watch("notify", lambda: [(self.waiting, {})])

    async def stop(self) -> None:
        """Finish the round in hand."""
        self._stopping.set()
        self.wake()
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()

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
