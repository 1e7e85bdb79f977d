"""Door: the clock. Sends what is due as soon as it is, round by round, and sleeps in between.

Invariant: a mail server that is away costs no notice an attempt. Notices wait, readiness stays (petitions are heard and kept), a
metric and a warning tell of it.
"""

import asyncio
from dataclasses import dataclass, field

from services.notify.handlers import sending
from services.notify.handlers.sending import CLAIM_MAX
from services.notify.handlers.writing import Letter, Post, write
from services.notify.store import reading
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.messaging.outcomes import keep_doing
from shared.telemetry import Gauge

PACE_SECONDS = 0.2
"""Gather for so long before looking: what came meanwhile shares transactions, questions to neighbours and connections."""
RECORD_SECONDS = 0.01
"""Replies are recorded as they come, those of so long together: a kill can repeat only what it finds unrecorded."""
SLEEP_SECONDS_MAX = 2.0
"""Longest sleep, so that what another replica heard, or gave up, is noticed."""
PAUSE_SECONDS_FIRST = 1.0
PAUSE_SECONDS_MAX = 30.0
"""Longest pause before a mail server that is away is asked again."""
STOP_SECONDS_MAX = 2.0
_DOUBLINGS_MAX = 20  # a power without a bound becomes too large for a float after some hours

NOTICES_WAITING = Gauge(
    "caunoi.notices.waiting", unit="1", description="Notices that are not yet delivered though their hour has come"
)
MAIL_SERVER_AWAY = Gauge("caunoi.mail.server.away", unit="1", description="1 while the mail server does not take our mails")


def pause_seconds(refusals: int) -> float:
    """Return how long to wait after so many refusals in a row (from 1): twice as long each time, up to a limit."""
    doublings = min(refusals - 1, _DOUBLINGS_MAX)
    return min(PAUSE_SECONDS_FIRST * float(2**doublings), PAUSE_SECONDS_MAX)


@dataclass(slots=True)
class Postman:
    """Takes notices to the mail server, round after round."""

    post: Post
    clock: Clock
    pace_seconds: float = PACE_SECONDS
    waiting: int = 0
    refusals: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, and export how many notices wait and whether the mail server is there."""
        NOTICES_WAITING.watch("notify", lambda: [(self.waiting, {})])
        MAIL_SERVER_AWAY.watch("notify", lambda: [(int(self.refusals > 0), {})])
        self._stopping.clear()
        loop = keep_doing("notices", self.step, problems={}, until=self._stopping)
        self._task = asyncio.create_task(loop, name="notify-postman")

    async def stop(self) -> None:
        """Finish the round in hand; one that takes too long is broken off, and recorded as such by having no end."""
        self._stopping.set()
        self.wake()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        NOTICES_WAITING.unwatch("notify")
        MAIL_SERVER_AWAY.unwatch("notify")

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._news.set()

    async def step(self) -> None:
        """Send all that is due; where nothing is, sleep until something may be. Raises Trouble."""
        self._news.clear()
        wait = await self._until_next()
        if wait > 0:
            await self._sleep(wait)
            return
        await self._connect()
        while await self.deliver() == CLAIM_MAX and not self._stopping.is_set():
            pass

    async def deliver(self) -> int:
        """Claim notices that are due and take them to the server; return how many were claimed. Raises Trouble."""
        claimed = await sending.claim(self.post, now=self.clock.now())
        if not claimed:
            return 0
        written = await write(self.post, claimed, now=self.clock.now())
        await sending.settle_unsent(self.post, written, now=self.clock.now())
        size = self.post.server.round_size
        for start in range(0, len(written.letters), size):
            if self._stopping.is_set():
                rest = [letter.waiting for letter in written.letters[start:]]
                await sending.put_back(self.post, rest, until=self.clock.now())
                break
            await self._round(written.letters[start : start + size])
        if written.trouble is not None:
            raise written.trouble
        return len(claimed)

    async def _round(self, letters: list[Letter]) -> None:
        begun_at = self.clock.now()
        tried = await sending.begin(self.post, letters, now=begun_at)
        replies = sending.Replies(tried)
        handing = asyncio.create_task(sending.hand_over(self.post, tried, replies))
        try:
            while replied := await replies.some():
                await sending.record(self.post, replied, begun_at=begun_at, now=self.clock.now())
                await self._pause(RECORD_SECONDS)
            await handing
        finally:  # what cannot be recorded is not handed over either
            handing.cancel()
            await asyncio.gather(handing, return_exceptions=True)

    async def _until_next(self) -> float:
        """Return the seconds until a notice is due; none or less: one is."""
        now = self.clock.now()
        async with self.post.database.reading() as connection:
            self.waiting, next_at = await reading.waiting(connection, now=now)
        if next_at is None:
            return SLEEP_SECONDS_MAX
        return min((next_at - now).total_seconds(), SLEEP_SECONDS_MAX)

    async def _sleep(self, seconds: float) -> None:
        """Sleep; somebody's news ends it, after a moment in which more may come."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        await self._pause(self.pace_seconds)

    async def _connect(self) -> None:
        """See that the mail server is there; where it is not, pause ever longer. Raises Trouble."""
        try:
            await self.post.server.connect()
        except Trouble:
            self.refusals += 1
            await self._pause(pause_seconds(self.refusals))
            raise
        self.refusals = 0

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
