"""Use case: what offices are called, as routing registered them."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from services.audit.store import offices as store
from shared.kernel.clock import Clock
from shared.persistence import Database

KEPT = timedelta(minutes=5)

Names = Mapping[str, tuple[str, str]]
"""By an office's code: its Vietnamese and its English name."""


class OfficeNames:
    """The names of all offices, read from the log and kept for a while."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: Names = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def names(self) -> Names:
        """Return them. Raises Trouble."""
        async with self._reading:
            now = self._clock.now()
            if self._read_at is None or abs(now - self._read_at) >= KEPT:
                async with self._database.reading() as connection:
                    self._known = await store.names(connection)
                self._read_at = now
        return self._known
