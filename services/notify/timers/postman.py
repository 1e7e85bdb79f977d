"""Door: the clock. Sends what is due as soon as it is, round by round, and sleeps in between.

Invariant: a mail server that is away costs no notice an attempt. Notices wait, readiness stays (petitions are heard and kept), a
metric and a warning tell of it. One channel that is down or hangs does not hold up the others.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.notify.domain.channels import Channel
from services.notify.handlers import sending
from services.notify.handlers.lines import Line
from services.notify.handlers.sending import CLAIM_MAX
from services.notify.handlers.writing import Letter, Post, write
from services.notify.store import reading
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.telemetry import Gauge

PACE_SECONDS = 0.2
"""Gather for so long before looking: what came meanwhile shares transactions, questions to neighbours and connections."""
RECORD_SECONDS = 0.01
"""Replies are recorded as they come, those of so long together: a kill can repeat only what it finds unrecorded."""
SLEEP_SECONDS_MAX = 2.0
"""Longest sleep, so that what another replica heard, or gave up, is noticed."""
STOP_SECONDS_MAX = 2.0

NOTICES_WAITING = Gauge(
    "caunoi.notices.waiting", unit="1", description="Notices that are not yet delivered though their hour has come"
)
MAIL_SERVER_AWAY = Gauge("caunoi.mail.server.away", unit="1", description="1 while the mail server does not take our mails")
CHANNEL_AWAY = Gauge("caunoi.channel.away", unit="1", description="1 while a channel does not take our messages")


@dataclass(slots=True)
class Postman:
    """Takes notices to the mail server, round after round."""

    post: Post
    clock: Clock
    pace_seconds: float = PACE_SECONDS
    waiting: int = 0
    lines: dict[Channel, Line] = field(init=False)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.lines = {channel: Line(channel, carrier) for channel, carrier in self.post.carriers().items()}

    def start(self) -> None:
        """Begin, and export how many notices wait and whether the mail server is there."""
        NOTICES_WAITING.watch("notify", lambda: [(self.waiting, {})])
        MAIL_SERVER_AWAY.watch("notify", lambda: [(int(self.lines[Channel.EMAIL].is_away), {})])
        CHANNEL_AWAY.watch(
            "notify", lambda: [(int(line.is_away), {"channel": str(line.channel)}) for line in self.lines.values()]
        )
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
        await asyncio.gather(*(line.stop() for line in self.lines.values()))
        NOTICES_WAITING.unwatch("notify")
        MAIL_SERVER_AWAY.unwatch("notify")
        CHANNEL_AWAY.unwatch("notify")

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._news.set()

    async def step(self) -> None:
        """Send all that is due; where nothing is, sleep until something may be. Raises Trouble."""
        self._news.clear()
        await self._look_beside()
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
        away = {channel: line.away_since for channel, line in self.lines.items() if line.away_since is not None}
        written = await write(self.post, claimed, now=self.clock.now(), away=away)
        await sending.settle_unsent(self.post, written, now=self.clock.now())
        by_channel: dict[Channel, list[Letter]] = {}
        for letter in written.letters:
            by_channel.setdefault(letter.channel, []).append(letter)
        await _all([self._rounds(self.lines[channel], letters) for channel, letters in by_channel.items()])
        if written.trouble is not None:
            raise written.trouble
        return len(claimed)

    async def _rounds(self, line: Line, letters: list[Letter]) -> None:
        """Hand letters over by one channel, round after round; what is left at a stop, or where the line breaks, goes back."""
        size = line.carrier.round_size
        for start in range(0, len(letters), size):
            if self._stopping.is_set() or line.is_away:
                rest = [letter.waiting for letter in letters[start:]]
                await sending.put_back(self.post, rest, until=self.clock.now())
                return
            await self._round(line, letters[start : start + size])

    async def _round(self, line: Line, letters: list[Letter]) -> None:
        begun_at = self.clock.now()
        tried = await sending.begin(self.post, letters, now=begun_at)
        replies = sending.Replies(tried)
        handing = asyncio.create_task(sending.hand_over(line.carrier, tried, replies, lease=self.post.lease))
        try:
            while replied := await replies.some():
                line.note([reply for _, reply in replied], now=self.clock.now())
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

    async def _look_beside(self) -> None:
        """Look at channels that are away while others work, and let go what waits for one that is there again."""
        lines = list(self.lines.values())
        away = [line for line in lines if line.is_away]
        if len(away) < len(lines):
            for line in away:
                line.look_beside(now=self.clock.now(), clock=self.clock, wake=self.wake)
        for line in lines:
            if line.is_back and not line.is_away:
                await sending.release(self.post, line.channel, now=self.clock.now())
                line.is_back = False

    async def _connect(self) -> None:
        """See which channels are there. Where none is, pause ever longer and raise Trouble."""
        lines = list(self.lines.values())
        looked_at = [line for line in lines if not line.is_away] or lines
        troubles = [trouble for trouble in await asyncio.gather(*(line.look(self.clock) for line in looked_at)) if trouble]
        if troubles and all(line.is_away for line in lines):
            await self._pause(min(line.pause_seconds for line in lines))
            raise troubles[0]

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


async def _all(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all at once; what one raises is raised after the others have ended."""
    if len(works) == 1:
        await works[0]
        return
    for end in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(end, BaseException):
            raise end
