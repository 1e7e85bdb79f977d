"""The clock as a door: the sweep says what time brings as soon as it brings it; chores look after what no event announces.

Invariant: the sweep decides nothing. It claims what is due, says the planned steps and moves on; how late or how often it looks
changes only `recorded_at`. Several replicas share the work: what one has claimed the others pass over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.escalation.domain.deadline import TimeSaid
from services.escalation.handlers import amending, watching
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.handlers.sweeping import place_unrouted, say_due
from services.escalation.store import agenda
from shared.kernel.clock import Clock
from shared.messaging.repeated import Repeated
from shared.persistence import Database
from shared.telemetry import SWEEP_LATENESS, meter

BATCH_SIZE_MAX = 500
"""Deadlines claimed in one transaction: bounds its length, and so how long a handler may have to wait for a row."""
PACE_SECONDS = 0.15
"""Least time between two looks. What falls due meanwhile is said together: a transaction costs far more than a row in it."""
SLEEP_SECONDS_MAX = 10.0
"""Longest sleep, so that a corrected machine clock is noticed."""
MARGIN_SECONDS = 0.001
"""Sleep that much longer: a timer that fires early would find nothing due and wait another pace."""
CHORES_SECONDS = 2.0
"""How often the chores look; each look costs two short queries where nothing is to be done."""
SERVICE: Mapping[str, str] = {"service": "escalation"}

SAID = meter().create_counter("caunoi.sweep.said", unit="1", description="Events that time caused")


class Sweep(Repeated):
    """One replica's sweep."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        lawbook: Lawbook,
        *,
        is_current: Callable[[datetime], Awaitable[bool]],
        pace_seconds: float = PACE_SECONDS,
    ) -> None:
        """`is_current` says whether everything said before an instant was heard; until then the sweep keeps silent."""
        super().__init__("escalation-sweep")
        self._database = database
        self._lawbook = lawbook
        self._is_current = is_current
        self._clock = clock
        self._pace_seconds = pace_seconds
        database.after_commit(self.news.set)

    async def step(self) -> None:
        """Say what is due and gather for a moment; where nothing is due, sleep until something may be."""
        self.news.clear()
        now = self._clock.now()
        if await self._is_current(now) and await self._tick(now):
            await asyncio.sleep(self._pace_seconds)
            return
        wait = await self._until_next()
        if not self.is_stopping and (wait <= 0 or await self.is_news_within(wait + MARGIN_SECONDS)):
            await asyncio.sleep(self._pace_seconds)

    async def tick(self) -> int:
        """Say everything that is due at this moment, batch by batch; return how many deadlines had something to say."""
        return await self._tick(self._clock.now())

    async def _tick(self, now: datetime) -> int:
        total = 0
        while True:
            async with self._database.transaction() as tx:
                swept = await say_due(tx, now, lawbook=self._lawbook, limit=BATCH_SIZE_MAX)
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


class Chores(Repeated):
    """What no event announces: amendments to be carried out, petitions that nobody routed, a calendar without its next year."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        lawbook: Lawbook,
        *,
        is_current: Callable[[datetime], Awaitable[bool]],
        every_seconds: float = CHORES_SECONDS,
    ) -> None:
        """`is_current` as for the sweep: a route that waits in the stream is heard before a petition counts as forgotten."""
        super().__init__("escalation-chores")
        self._is_current = is_current
        self._database = database
        self._clock = clock
        self._lawbook = lawbook
        self._every_seconds = every_seconds
        self._is_begun = False

    async def step(self) -> None:
        """Do what is to be done, and wait a moment."""
        self.news.clear()
        await self.look()
        if not self.is_stopping:
            await self.is_news_within(self._every_seconds)

    async def look(self) -> int:
        """Do what is to be done now; return how many deadlines an amendment moved."""
        now = self._clock.now()
        if not self._is_begun:
            await self._lawbook.start(self._database)
            self._is_begun = True
        async with self._database.transaction() as tx:
            present = await self._lawbook.present(tx.connection)
            if await self._is_current(now):
                await place_unrouted(tx, now, present=present, limit=BATCH_SIZE_MAX)
            await watching.look_for_missing_years(tx, now, present=present)
        return await amending.carry_out(self._database, self._lawbook, now=now)


def _measure(said: Sequence[TimeSaid], now: datetime) -> None:
    for fact in said:
        SWEEP_LATENESS.record((now - fact.effective_at).total_seconds(), SERVICE)
    if said:
        SAID.add(len(said), SERVICE)
