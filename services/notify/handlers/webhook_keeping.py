"""How much waits for agencies, and what is old enough to be forgotten."""

from dataclasses import dataclass
from datetime import datetime

from services.notify.handlers.webhook_post import Hooks
from services.notify.store import webhook_deliveries as deliveries
from services.notify.store import webhook_upkeep as upkeep

BATCH = 1000
BATCHES_MAX = 200
"""A round forgets so much at most; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits, the oldest of what should have gone, and how many endpoints fail or are paused."""

    waiting: int
    oldest_at: datetime | None
    failing: int
    paused: int

    def oldest_seconds(self, now: datetime) -> float:
        """Return the age of the oldest delivery that waits for an endpoint at work."""
        return max((now - self.oldest_at).total_seconds(), 0.0) if self.oldest_at else 0.0


NOTHING = Overview(0, None, 0, 0)


async def overview(hooks: Hooks) -> Overview:
    """Return how much waits."""
    async with hooks.database.reading() as connection:
        return Overview(*await upkeep.overview(connection))


async def forget_old(hooks: Hooks, *, now: datetime) -> int:
    """Give up what has waited too long, then forget what is older than is kept, in small transactions; return how much."""
    before, forgotten = now - hooks.keep, 0
    for _ in range(BATCHES_MAX):
        async with hooks.database.transaction() as tx:
            number = await upkeep.forget(tx.connection, before=before, now=now, limit=BATCH)
        forgotten += number
        if number < BATCH:
            break
    return forgotten


async def clock_was_set_back(hooks: Hooks, *, now: datetime) -> None:
    """Let what waits by a clock that was wrong go now."""
    async with hooks.database.transaction() as tx:
        await deliveries.hurry_all(tx.connection, now=now)
