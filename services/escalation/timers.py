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
PACE_SECONDS = 0.12
"""Least time between two looks. What falls due meanwhile is said together: a transaction costs far more than a row in it."""
SLEEP_SECONDS_MAX = 10.0
"""Longest sleep, so that a corrected machine clock is noticed."""
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
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        database.after_commit(self._news.set)

    async def start(self) -> None:
        self._task = asyncio.create_task(keep_doing("sweep", self.step, problems=self._problems), name="escalation-sweep")

    async def stop(self) -> None:
        """Stop between two transactions, or roll back the one that runs: what it claimed is said by the next sweep."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def problems(self) -> list[str]:
        """Return what keeps the sweep from its work, in words."""
        return list(self._problems.values())

    async def step(self) -> None:
        """Sleep until the next step is due, say what is due, and gather for a moment."""
        self._news.clear()
        wait = await self._until_next()
        if wait <= 0 or not await self._is_news_within(wait + MARGIN_SECONDS):
            await self._speak()
        await asyncio.sleep(self._pace_seconds)

    async def _speak(self) -> None:
        if await self._is_current(self._clock.now()):
            await self.tick()

    async def tick(self) -> int:
        """Say everything that is due at this moment, batch by batch; return how many events that were."""
        now = self._clock.now()
        total = 0
        while True:
            async with self._database.transaction() as tx:
                swept = await say_due(tx, now, limit=BATCH_SIZE_MAX)
            _measure(swept.said, now)
            total += len(swept.said)
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
