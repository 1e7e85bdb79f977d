"""The clock as a door: each witness that has an address is asked to sign what was signed; nobody waits for another."""

import asyncio
import logging
from functools import partial
from time import monotonic

from services.audit.domain.forked import Forked
from services.audit.gateways.witnesses import HttpWitnesses, Witness
from services.audit.handlers import faults, witnessing
from services.audit.handlers.closing import TheLog
from shared.kernel.clock import Clock
from shared.messaging.outcomes import Failed, attempt
from shared.persistence import Database

LOOK_SECONDS = 1.0
RETRY_SECONDS, RETRY_SECONDS_MAX = 2.0, 300.0
STOP_SECONDS_MAX = 2.0

_log = logging.getLogger(__name__)


class Asker:
    """Asks the witnesses of one log, each on its own."""

    def __init__(self, database: Database, log: TheLog, clock: Clock) -> None:
        self._database, self._log, self._clock = database, log, clock
        self._http = HttpWitnesses()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; returns at once."""
        asked = [witness for witness in self._log.witnesses if witness.url] if self._log.signers else []
        self._tasks = [asyncio.create_task(self._keep_asking(one), name=f"audit-witness-{one.vkey.name}") for one in asked]

    async def stop(self) -> None:
        """End; who is being asked is asked again after the next start."""
        self._stopping.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS_MAX)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    async def _keep_asking(self, witness: Witness) -> None:
        wait = LOOK_SECONDS
        while not self._stopping.is_set():
            since, now = monotonic(), self._clock.now()
            result = await attempt(partial(witnessing.ask, self._database, self._log, witness, self._http, now=now))
            if isinstance(result, Failed):
                await self._tell(witness, result.error)
                wait = min(max(wait * 2, RETRY_SECONDS), RETRY_SECONDS_MAX)
            else:
                wait = LOOK_SECONDS
            await self._pause(max(wait - (monotonic() - since), 0.0))

    async def _tell(self, witness: Witness, error: Exception) -> None:
        if isinstance(error, Forked):
            await attempt(partial(faults.found, self._database, self._log.origin, error, now=self._clock.now()))
        else:
            _log.warning("witness %s: %s", witness.vkey.name, error)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
