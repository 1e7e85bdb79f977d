"""The clock as a door: every night one replica counts every clock again, and holds the log against the services' records."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from services.audit.gateways import Books, Ledger
from services.audit.handlers import comparing, reconciling
from services.audit.handlers.comparing import CompareResult
from services.audit.handlers.reconciling import Result
from shared.kernel.clock import Clock
from shared.kernel.ids import derived
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database

LOOK_SECONDS = 60.0
STOP_SECONDS_MAX = 3.0

R = TypeVar("R")


class _Run(Protocol):
    """How a run stands."""

    @property
    def is_done(self) -> bool: ...


class EveryNight(Generic[R]):
    """Does something once a day at a local time; the replica that is first does it. What it is, the two classes below say."""

    name = ""
    """Of the run: the ids of its nights are derived from it."""

    def __init__(self, clock: Clock, *, at: time, zone: ZoneInfo, told: Callable[[R], None]) -> None:
        """`told` is given what each run counted (the metrics)."""
        self._clock = clock
        self._at, self._zone, self._told = at, zone, told
        self._done_on: date | None = None
        self._is_first_look = True
        self._stopping = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def standing(self, run_id: UUID) -> _Run | None:
        """Return how a run stands, None where it was never begun."""
        raise NotImplementedError

    async def run(self, run_id: UUID) -> R | None:
        """Do it; None where somebody else is at it, or it is done."""
        raise NotImplementedError

    async def start(self) -> None:
        """Begin to look at the clock; returns at once. Last night's run is taken up only where it was begun and not ended."""
        loop = keep_doing(self.name, self._step, problems=self._problems, until=self._stopping)
        self._task = asyncio.create_task(loop, name=f"audit-{self.name}")

    async def stop(self) -> None:
        """End; a run in hand is given up and begun anew the next night."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> R | None:
        """Do it where this night it was not done; return what it counted, None where nothing was to be done.

        A night is done when some replica has finished it; until then every look tries again.
        """
        night = self._night(self._clock.now())
        if night == self._done_on:
            return None
        run_id = derived(self.name, night)
        if self._is_first_look and await self.standing(run_id) is None:
            self._is_first_look, self._done_on = False, night  # started by day: last night is not caught up on
            return None
        self._is_first_look = False
        result = await self.run(run_id)
        if result is not None:
            self._told(result)
        run = await self.standing(run_id)
        if run is not None and run.is_done:
            self._done_on = night
        return result

    async def _step(self) -> None:
        await self.look()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _night(self, now: datetime) -> date:
        """Return the local day whose hour was last reached."""
        local = now.astimezone(self._zone)
        return local.date() if local.time() >= self._at else local.date() - timedelta(days=1)


class Nightly(EveryNight[Result]):
    """Counts every clock again."""

    name = "reconciliation"

    def __init__(
        self, database: Database, books: Books, clock: Clock, *, at: time, zone: ZoneInfo, told: Callable[[Result], None]
    ) -> None:
        super().__init__(clock, at=at, zone=zone, told=told)
        self._database, self._books = database, books

    async def standing(self, run_id: UUID) -> _Run | None:
        return await reconciling.standing(self._database, run_id)

    async def run(self, run_id: UUID) -> Result | None:
        return await reconciling.run(self._database, self._books, run_id, clock=self._clock)


class NightlyComparison(EveryNight[CompareResult]):
    """Holds the log against every service's own record."""

    name = "comparison"

    def __init__(
        self,
        database: Database,
        ledgers: Mapping[str, Ledger],
        clock: Clock,
        *,
        at: time,
        zone: ZoneInfo,
        told: Callable[[CompareResult], None],
    ) -> None:
        super().__init__(clock, at=at, zone=zone, told=told)
        self._database, self._ledgers = database, ledgers

    async def standing(self, run_id: UUID) -> _Run | None:
        return await comparing.standing(self._database, run_id)

    async def run(self, run_id: UUID) -> CompareResult | None:
        return await comparing.run(self._database, self._ledgers, run_id, clock=self._clock)
