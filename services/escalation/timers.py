"""The sweep: says what time brings, as soon as it brings it, and sleeps in between.

Invariant: the sweep decides nothing. It claims what is due, says the planned steps and moves on; how late or how often it looks
changes only `recorded_at`. Several replicas share the work: what one has claimed the others pass over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.escalation.domain.deadline import TimeSaid
from services.escalation.handlers.sweeping import say_due
from services.escalation.store import agenda
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database
from shared.telemetry import SWEEP_LATENESS, meter

BATCH_SIZE_MAX = 500
"""Deadlines claimed in one transaction: bounds its length, and so how long a handler may have to wait for a row."""
PACE_SECONDS = 0.15
"""Least time between two looks. What falls due meanwhile is said together: a transaction costs far more than a row in it."""
SLEEP_SECONDS_MAX = 10.0
"""Longest sleep, so that a corrected machine clock is noticed."""
STOP_SECONDS_MAX = 3.0
MARGIN_SECONDS = 0.001
"""Sleep that much longer: a timer that fires early would find nothing due and wait another pace."""
SERVICE: Mapping[str, str] = {"service": "escalation"}

SAID = meter().create_counter("caunoi.sweep.said", unit="1", description="Events that time caused")


class Sweep:
    """One replica's sweep, running from `start` to `stop`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        is_current: Callable[[datetime], Awaitable[bool]],
        pace_seconds: float = PACE_SECONDS,
    ) -> None:
        """`is_current` says whether everything said before an instant was heard; until then the sweep keeps silent."""
        self._database = database
        self._is_current = is_current
        self._clock = clock
        self._pace_seconds = pace_seconds
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        database.after_commit(self._news.set)

    async def start(self) -> None:
        """Begin to sweep; returns at once."""
        self._stopping.clear()
        loop = keep_doing("sweep", self.step, problems=self._problems, until=self._stopping)
        self._task = asyncio.create_task(loop, name="escalation-sweep")

    async def stop(self) -> None:
        """Finish the transaction in hand; one that takes too long is rolled back, and the next sweep says what it claimed."""
        if self._task is not None:
            self._stopping.set()
            self._news.set()
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def problems(self) -> list[str]:
        """Return what keeps the sweep from its work, in words."""
        return list(self._problems.values())

    async def step(self) -> None:
        """Say what is due and gather for a moment; where nothing is due, sleep until something may be."""
        self._news.clear()
        now = self._clock.now()
        if await self._is_current(now) and await self._tick(now):
            await asyncio.sleep(self._pace_seconds)
            return
        wait = await self._until_next()
        if not self._stopping.is_set() and (wait <= 0 or await self._is_news_within(wait + MARGIN_SECONDS)):
            await asyncio.sleep(self._pace_seconds)

    async def tick(self) -> int:
        """Say everything that is due at this moment, batch by batch; return how many deadlines had something to say."""
        return await self._tick(self._clock.now())

    async def _tick(self, now: datetime) -> int:
        total = 0
        while True:
            async with self._database.transaction() as tx:
                swept = await say_due(tx, now, limit=BATCH_SIZE_MAX)
            _measure(swept.said, now)
            total += swept.claimed
            if swept.claimed < BATCH_SIZE_MAX:
                return total

    async def _until_next(self) -> float:
        async with self._database.reading() as connection:
            next_at = await agenda.next_action_at(connection)
        if next_at is None:
            return SLEEP_SECONDS_MAX
        return min((next_at - self._clock.now()).total_seconds(), SLEEP_SECONDS_MAX)

    async def _is_news_within(self, seconds: float) -> bool:
        """Wait; True where something was committed meanwhile, which may have set an earlier deadline."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _measure(said: Sequence[TimeSaid], now: datetime) -> None:
    for fact in said:
        SWEEP_LATENESS.record((now - fact.effective_at).total_seconds(), SERVICE)
    if said:
        SAID.add(len(said), SERVICE)
