"""The clock as a door: the log is closed over every few seconds where something happened, and looked through again and again."""

import asyncio
import logging
from datetime import datetime, timedelta
from time import monotonic

from services.audit.domain.forked import Forked
from services.audit.handlers import faults
from services.audit.handlers.checking import Checking
from services.audit.handlers.closing import Closing, TheLog
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database
from shared.telemetry import Gauge

LOOK_SECONDS = 0.5
CHECK_SHARE = 0.2
"""How much of the time a pass over the log may take; the first one, at the start, takes all of it for START_SECONDS_MAX."""
START_SECONDS_MAX = 8.0
FAULTY_SECONDS = 5.0
"""After a pass that found something the next one begins this soon: what was mended is to be signed over again."""
STOP_SECONDS_MAX = 8.0

_log = logging.getLogger(__name__)
_FAULT = Gauge("caunoi.log.fault", unit="1", description="1 where the log contradicts what was signed: nothing more is signed")
_SIZE = Gauge("caunoi.log.size", unit="{event}", description="Events under the latest checkpoint that this process signed")


class Closer:
    """Signs a checkpoint soon after something happened, and one every `pace_seconds` where much happens.

    A pass over the whole log begins at the start and `check_every` after the one before.
    """

    def __init__(self, database: Database, log: TheLog, clock: Clock, *, pace_seconds: float, check_every: timedelta) -> None:
        self._database, self._log, self._clock = database, log, clock
        self._pace_seconds, self._check_every = pace_seconds, check_every
        self._closing, self._checking = Closing(database, log, clock), Checking(database, log)
        self._close_at = self._look_at = 0.0
        self._is_begun = False
        self._size = 0
        self._stopping = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; returns at once. Without a key nothing is signed and nothing is said to be wrong."""
        _FAULT.watch(self._database.schema, lambda: [(1.0 if "fork" in self._problems else 0.0, {})])
        _SIZE.watch(self._database.schema, lambda: [(self._size, {})] if self._size else [])
        if not self._log.signers:
            _log.warning("the log has no key (AUDIT_LOG_KEY_FILE): no checkpoint is signed")
            return
        loop = keep_doing("log", self._step, problems=self._problems, until=self._stopping)
        self._task = asyncio.create_task(loop, name="audit-log")

    async def stop(self) -> None:
        """End after the step in hand."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def problems(self) -> list[str]:
        """Return what keeps the log from being closed over, in words."""
        return list(self._problems.values())

    async def _step(self) -> None:
        now = self._clock.now()
        try:
            await self._check(now)
            if monotonic() >= self._close_at and (new := await self._closing.step()) is not None:
                self._close_at = monotonic() + self._pace_seconds
                self._size = new.size
            await self._closing.publish()
        except Forked as fork:
            await faults.found(self._database, self._log.origin, fork, now=now)
            self._look_at = monotonic() + FAULTY_SECONDS
        self._tell(await faults.open_ones(self._database, self._log.origin))
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _check(self, now: datetime) -> None:
        """Look at as much of the log as there is time for. Raises Forked, Trouble."""
        if monotonic() < self._look_at:
            return
        until = monotonic() + (LOOK_SECONDS * CHECK_SHARE if self._is_begun else START_SECONDS_MAX)
        self._is_begun = True
        begun_at = self._checking.current.begun_at if self._checking.current else now
        while not await self._checking.step(now):
            if monotonic() >= until or self._stopping.is_set():
                return
        await faults.looked_through(self._database, self._log.origin, begun_at=begun_at, now=now)
        self._look_at = monotonic() + (FAULTY_SECONDS if "fork" in self._problems else self._check_every.total_seconds())

    def _tell(self, known: list[str]) -> None:
        if known:
            self._problems["fork"] = "; ".join(known)
        else:
            self._problems.pop("fork", None)
