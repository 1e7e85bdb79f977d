"""Door: the clock. Takes events to agencies' endpoints as they become due, many at once, none at the cost of another.

Fairness: each endpoint has its own few slots, and earns them: it begins with one, gets one more with each good answer, and is
back at one as soon as it is slow or fails. Endpoints that were slow share a quarter of all slots, and a delivery that takes long
gives its slot to others while it waits; so however many hang, those that answer have the rest. What an endpoint does not take
waits in its own queue.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from services.notify.domain.webhook_rules import SLOW
from services.notify.gateways.webhook_settings import WebhookSettings
from services.notify.handlers import webhook_keeping as keeping
from services.notify.handlers import webhook_sending as sending
from services.notify.handlers.webhook_post import Hooks
from services.notify.handlers.webhook_sending import Parcel, Tried
from services.notify.store.webhook_deliveries import Due
from shared.kernel.clock import Clock
from shared.messaging.outcomes import keep_doing
from shared.telemetry import Gauge

PACE_SECONDS = 0.01
"""Gather for so long: what is claimed, and what is recorded, shares transactions."""
SLEEP_SECONDS_MAX = 1.0
"""Longest sleep, so that what another replica heard, or gave up, is noticed."""
AFTER_NEWS_SECONDS, LOOKS_AFTER_NEWS = 0.03, 4
LOOK_SECONDS = 5.0
KEEP_SECONDS = 3600.0
STOP_SECONDS_MAX = 2.0
SLOW_PART = 4
SET_BACK_SECONDS_MIN = 5.0

WAITING = Gauge("caunoi.webhooks.waiting", unit="1", description="Deliveries to agencies that wait")
OLDEST_AGE = Gauge(
    "caunoi.webhooks.oldest.age", unit="s", description="Age of the oldest delivery that waits for an endpoint at work"
)
FAILING = Gauge("caunoi.webhooks.failing", unit="1", description="Endpoints of agencies by state: failing, paused")


@dataclass(slots=True)
class Courier:
    """Takes deliveries to endpoints."""

    hooks: Hooks
    clock: Clock
    settings: WebhookSettings
    overview: keeping.Overview = keeping.NOTHING
    _grown: dict[UUID, int] = field(default_factory=dict)
    _busy: Counter[UUID] = field(default_factory=Counter)
    _slow: set[UUID] = field(default_factory=set)
    _under_way: dict[asyncio.Task[None], float] = field(default_factory=dict)
    _ended: list[Tried] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _looks: int = 0
    _read: tuple[datetime, float] | None = None

    async def start(self) -> None:
        """Begin, and export how much waits."""
        WAITING.watch("notify", lambda: [(self.overview.waiting, {})])
        OLDEST_AGE.watch("notify", lambda: [(self.overview.oldest_seconds(self.clock.now()), {})])
        FAILING.watch(
            "notify", lambda: [(self.overview.failing, {"state": "failing"}), (self.overview.paused, {"state": "paused"})]
        )
        self._stopping.clear()
        for name, step in (("webhooks", self.step), ("webhooks-overview", self._look), ("webhooks-keeping", self._keep)):
            loop = keep_doing(name, step, problems={}, until=self._stopping)
            self._tasks.append(asyncio.create_task(loop, name=f"notify-{name}"))

    async def stop(self) -> None:
        """End what is under way where it ends soon, and record it; the rest is broken off, and has no end in the log."""
        self._stopping.set()
        self.wake()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_SECONDS_MAX)
        for task in (*self._under_way, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._under_way, *self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._ended:
            await self._record()
        await self.hooks.endpoints.close()
        for gauge in (WAITING, OLDEST_AGE, FAILING):
            gauge.unwatch("notify")

    def wake(self) -> None:
        """Say that there may be something to send, or will be as soon as who says so has committed it."""
        self._looks = LOOKS_AFTER_NEWS
        self._news.set()

    async def step(self) -> None:
        """Record what has ended, send what is due and has a slot, then sleep until either may be so again. Raises Trouble."""
        self._news.clear()
        if self._ended:
            await self._record()
        await self._mind_the_clock()
        found = await sending.due(self.hooks)
        slots = self._slots(found)
        parcels = await sending.claim(self.hooks, slots, now=self.clock.now()) if slots else []
        for parcel in parcels:
            self._send(parcel)
        if not self._ended:
            await self._sleep(self._until_next(found, is_idle=not parcels))

    def _slots(self, found: list[Due]) -> dict[UUID, int]:
        """Return how many deliveries each endpoint may get now, those that are quick before those that are slow."""
        now = self.clock.now()
        ready = [item for item in found if item.next_at <= now and (item.health.held_until or now) <= now]
        free = self._free()
        slow_free = max(self.settings.connections // SLOW_PART, 1) - sum(self._busy[key] for key in self._slow)
        slots: dict[UUID, int] = {}
        for item in sorted(ready, key=lambda item: (item.health.is_slow, self._busy[item.webhook_id], item.next_at)):
            self._note(item)
            most = free if not item.health.is_slow else min(free, slow_free)
            given = min(item.health.slots(self._grown.get(item.webhook_id, 1)) - self._busy[item.webhook_id], most)
            if given > 0:
                slots[item.webhook_id] = given
                free -= given
                slow_free -= given if item.health.is_slow else 0
        return slots

    def _free(self) -> int:
        """Return how many slots are free: what has been under way for long holds none, but there is an end to that too."""
        moment = monotonic()
        long = sum(moment - begun > SLOW.total_seconds() for begun in self._under_way.values())
        return self.settings.connections - (len(self._under_way) - long) - max(0, long - self.settings.connections)

    def _note(self, item: Due) -> None:
        if item.health.is_slow:
            self._slow.add(item.webhook_id)
        else:
            self._slow.discard(item.webhook_id)

    def _send(self, parcel: Parcel) -> None:
        self._busy[parcel.delivery.webhook_id] += 1
        task = asyncio.create_task(self._deliver(parcel))
        self._under_way[task] = monotonic()
        task.add_done_callback(self._under_way.pop)

    async def _deliver(self, parcel: Parcel) -> None:
        """Send it. Its slot is free again when the end is recorded: what it says of the endpoint counts for the next one."""
        key, tried = parcel.delivery.webhook_id, None
        try:
            tried = await sending.attempt(self.hooks, parcel, clock=self.clock)
            self._ended.append(tried)
            self._grow(key, tried)
        finally:
            if tried is None:
                self._leave(key)
            self._news.set()

    def _leave(self, key: UUID) -> None:
        self._busy[key] -= 1
        if not self._busy[key]:
            del self._busy[key]

    def _grow(self, key: UUID, tried: Tried) -> None:
        answer = tried.said.answer if tried.said else None
        is_well = answer is not None and answer.is_good and not answer.is_slow
        self._grown[key] = min(self._grown.get(key, 1) + 1, self.settings.per_endpoint) if is_well else 1
        if answer is not None and answer.is_slow:
            self._slow.add(key)

    async def _record(self) -> None:
        """Record what has ended; where that cannot be done it is kept, and tried again."""
        ended, self._ended = self._ended, []
        try:
            await sending.record(self.hooks, ended, now=self.clock.now())
        except BaseException:
            self._ended = ended + self._ended
            raise
        for tried in ended:
            self._leave(tried.delivery.webhook_id)

    def _until_next(self, found: list[Due], *, is_idle: bool) -> float:
        """Return the seconds until something may be due that is not yet: what is due waits for a slot, not for the clock."""
        if is_idle and self._looks:
            self._looks -= 1
            return AFTER_NEWS_SECONDS
        now = self.clock.now()
        opens = [max(item.next_at, item.health.held_until or item.next_at) for item in found]
        return min([SLEEP_SECONDS_MAX, *((at - now).total_seconds() for at in opens if at > now)])

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        await asyncio.sleep(PACE_SECONDS)

    async def _mind_the_clock(self) -> None:
        """Where the clock was set back, what waits by the other clock goes now."""
        now, moment = self.clock.now(), monotonic()
        if self._read is not None:
            before, since = self._read
            expected = before + timedelta(seconds=moment - since)
            if (expected - now).total_seconds() > SET_BACK_SECONDS_MIN:
                await keeping.clock_was_set_back(self.hooks, now=now)
        self._read = now, moment

    async def _look(self) -> None:
        self.overview = await keeping.overview(self.hooks)
        await self._rest(LOOK_SECONDS)

    async def _keep(self) -> None:
        await keeping.forget_old(self.hooks, now=self.clock.now())
        await self._rest(KEEP_SECONDS)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
