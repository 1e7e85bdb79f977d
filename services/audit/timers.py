"""The clock as a door: every night one replica counts every clock again."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.audit.gateways import Books
from services.audit.handlers import reconciling
from services.audit.handlers.reconciling import Result
from shared.kernel.clock import Clock
from shared.kernel.ids import derived
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database

LOOK_SECONDS = 60.0
STOP_SECONDS_MAX = 3.0


class Nightly:
    """Reconciles once a day at a local time; the replica that is first does it."""

    def __init__(
        self, database: Database, books: Books, clock: Clock, *, at: time, zone: ZoneInfo, told: Callable[[Result], None]
    ) -> None:
        """`told` is given what each run counted (the metrics)."""
        self._database, self._books, self._clock = database, books, clock
        self._at, self._zone, self._told = at, zone, told
        self._done_on: date | None = None
        self._stopping = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look at the clock; returns at once."""
        self._done_on = self._night(self._clock.now())  # a service that starts by day does not catch up on last night
        loop = keep_doing("reconciliation", self._step, problems=self._problems, until=self._stopping)
        self._task = asyncio.create_task(loop, name="audit-reconciliation")

    async def stop(self) -> None:
        """End; a run in hand is given up and begun anew the next night."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self, now: datetime) -> Result | None:
        """Reconcile where this night was not; return what it counted, None where nothing was to be done."""
        night = self._night(now)
        if night == self._done_on:
            return None
        result = await reconciling.run(self._database, self._books, derived("reconciliation", night), now=now)
        self._done_on = night
        if result is not None:
            self._told(result)
        return result

    async def _step(self) -> None:
        await self.look(self._clock.now())
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _night(self, now: datetime) -> date:
        """Return the local day whose hour of reconciliation was last reached."""
        local = now.astimezone(self._zone)
        return local.date() if local.time() >= self._at else local.date() - timedelta(days=1)
