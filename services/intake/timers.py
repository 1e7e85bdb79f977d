"""Door: what is done without being asked. Once after each start: petitions of before there was a search become findable."""

import asyncio
from uuid import UUID

from services.intake.gateways.keys import Ciphers
from services.intake.handlers.filling import fill
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database

STOP_SECONDS_MAX = 3.0


class Filling:
    """Goes through the petitions that nothing finds, until there are none; then it is done."""

    def __init__(self, database: Database, cipher: Ciphers) -> None:
        self._database = database
        self._cipher = cipher
        self._after: UUID | None = None
        self._done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._done.clear()
        self._after = None
        self._task = asyncio.create_task(keep_doing("search", self._step, problems={}, until=self._done), name="intake-filling")

    async def stop(self) -> None:
        """Finish the set in hand; what is left is done after the next start."""
        self._done.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _step(self) -> None:
        self._after = await fill(self._database, self._cipher, after=self._after)
        if self._after is None:
            self._done.set()
