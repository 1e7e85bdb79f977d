"""The clock as a door: exports that were asked for are made, one at a time in each replica."""

import asyncio

from services.audit.handlers import making
from services.audit.handlers.exporting import Exporter
from shared.messaging.outcomes import keep_doing

LOOK_SECONDS = 2.0
STOP_SECONDS_MAX = 3.0


class ExportWorker:
    """Makes files. `wake` lets it look at once."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._stopping, self._woken = asyncio.Event(), asyncio.Event()
        self._problems: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; returns at once."""
        loop = keep_doing("exports", self._step, problems=self._problems, until=self._stopping)
        self._task = asyncio.create_task(loop, name="audit-exports")

    async def stop(self) -> None:
        """End; a job in hand is given up and begun anew by whoever looks next."""
        self._stopping.set()
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        """End the present wait."""
        self._woken.set()

    async def _step(self) -> None:
        self._woken.clear()
        while await making.work(self._exporter) and not self._stopping.is_set():
            pass
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
