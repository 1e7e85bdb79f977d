"""Door: the clock of the morning. Looks every few seconds whether there is a morning to tell, and asks when people work.

Invariant: it holds up nothing: where escalation does not answer, all else goes on, and the morning is told a little later.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notify.gateways.neighbours import Escalation
from services.notify.handlers import mornings
from services.notify.handlers.post import Post
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.messaging.outcomes import keep_doing

LOOK_SECONDS = 5.0
CALENDARS_FOR = timedelta(hours=1)
"""After this escalation is asked again when people work: an amendment counts within the hour."""


@dataclass(slots=True)
class Waker:
    """Tells the mornings; `wake` is called where there is something to send. Without escalation there are none."""

    post: Post
    escalation: Escalation | None
    clock: Clock
    wake: Callable[[], None]
    asked_at: datetime | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        if self.escalation is None:
            return
        self._stopping.clear()
        self._task = asyncio.create_task(
            keep_doing("mornings", self.step, problems={}, until=self._stopping), name="notify-mornings"
        )

    async def stop(self) -> None:
        """End; what was not written down is told by whoever looks next."""
        self._stopping.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def step(self) -> None:
        """Tell the morning where it is time, else sleep. Raises Trouble."""
        await self.look()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def look(self) -> int | None:
        """Tell the morning where it is time; return how many are told. Raises Trouble."""
        if self.escalation is None:
            return None
        now = self.clock.now()
        if self.asked_at is None or not self.asked_at <= now < self.asked_at + CALENDARS_FOR:
            self.asked_at = now  # where escalation is away, what it told last counts
            try:
                await mornings.refresh(self.post, self.escalation, now=now)
            except Trouble:
                self.asked_at = now - CALENDARS_FOR + timedelta(minutes=1)
        told = await mornings.tell_morning(self.post, self.escalation, now=now)
        if told:
            self.wake()
        return told
