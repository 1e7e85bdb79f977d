"""Door: what is done without being asked.

Once after each start petitions of before there was a search become findable; every hour what is no longer to be kept is erased.
"""

import asyncio
from contextlib import suppress
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.domain.retention import Retention
from services.intake.gateways.keys import Ciphers
from services.intake.gateways.object_store import ObjectStore
from services.intake.handlers.erasing import erase
from services.intake.handlers.filling import fill, give_phrases
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.persistence import Database

STOP_SECONDS_MAX = 3.0
ERASING_SECONDS = 3600.0
LEGAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class _Going:
    """Something done in a task of its own between `start` and `stop`, step by step."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._done = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._done.clear()
        loop = keep_doing(self._name, self._step, problems={}, until=self._done)
        self._task = asyncio.create_task(loop, name=f"intake-{self._name}")

    async def stop(self) -> None:
        """Finish the step in hand; what is left is done after the next start."""
        self._done.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _step(self) -> None:
        raise NotImplementedError


class Filling(_Going):
    """Goes through the petitions that nothing finds, until there are none; then it is done."""

    def __init__(self, database: Database, cipher: Ciphers) -> None:
        super().__init__("search")
        self._database = database
        self._cipher = cipher
        self._after: UUID | None = None

    def start(self) -> None:
        """Begin from the first one; returns at once."""
        self._after = None
        super().start()

    async def _step(self) -> None:
        self._after = await fill(self._database, self._cipher, after=self._after)
        if self._after is None and not await give_phrases(self._database, self._cipher):
            self._done.set()


class Erasing(_Going):
    """Erases what is no longer to be kept, set by set; then it waits an hour."""

    def __init__(self, database: Database, objects: ObjectStore, rules: Retention, clock: Clock) -> None:
        super().__init__("retention")
        self._database = database
        self._objects = objects
        self._rules = rules
        self._clock = clock

    async def _step(self) -> None:
        if await erase(self._database, self._objects, self._rules, now=self._clock.now(), zone=LEGAL_ZONE):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(ERASING_SECONDS):
                await self._done.wait()
