"""The clock as a door: every few seconds the log is closed over, where something happened."""

import asyncio
import logging
from time import monotonic

from services.audit.domain.forked import Forked
from services.audit.handlers import faults
from services.audit.handlers.closing import Closing, TheLog
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database

LOOK_SECONDS = 0.5
STOP_SECONDS_MAX = 8.0

_log = logging.getLogger(__name__)


class Closer:
    """Signs a checkpoint soon after something happened, and one every `pace_seconds` where much happens."""

    def __init__(self, database: Database, log: TheLog, clock: Clock, *, pace_seconds: float) -> None:
        self._database, self._log, self._clock, self._pace_seconds = database, log, clock, pace_seconds
        self._closing = Closing(database, log, clock)
        self._next = 0.0
        self._stopping = asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; returns at once. Without a key nothing is signed and nothing is said to be wrong."""
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
        try:
            if monotonic() >= self._next and await self._closing.step() is not None:
                self._next = monotonic() + self._pace_seconds
            await self._closing.publish()
        except Forked as fork:
            await faults.found(self._database, self._log.origin, fork, now=self._clock.now())
        self._tell(await faults.open_ones(self._database, self._log.origin))
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _tell(self, known: list[str]) -> None:
        if known:
            self._problems["fork"] = "; ".join(known)
        else:
            self._problems.pop("fork", None)
