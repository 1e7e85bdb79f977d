"""From messages to effects: in order, each once, and each message with its fate.

| what happens | fate |
|---|---|
| the effect is committed | acknowledged |
| it was handled before | acknowledged |
| it cannot be read, or was tried too often | your dead letter takes it, then it ends; without one it comes again |
| the handler raises | again after a growing delay; later events of its petition wait behind it |
| an earlier event of its petition may still be out | again in a moment |
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol
from uuid import UUID

from nats.aio.msg import Msg

from caunoi_sdk.event import Event, Unreadable
from caunoi_sdk.pulling import Out
from caunoi_sdk.stores import Connection, Store

DELAY_FIRST_SECONDS = 0.5
DELAY_SECONDS_MAX = 60.0
EARLY_SECONDS = 0.25
KEEP_ALIVE_SHARE = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Poison:
    """A message that cannot be handled, as it was received, and why. `event` is None where it cannot even be read."""

    subject: str
    headers: dict[str, str]
    body: bytes
    position: int
    deliveries: int
    reason: str
    event: Event | None


DeadLetter = Callable[[Poison], Awaitable[None]]
"""Keeps a message for a person. Where it raises, the message comes again."""


class Counting(Protocol):
    """Knows what the server has delivered and not seen settled."""

    async def out(self) -> Out: ...


@dataclass(frozen=True, slots=True)
class _Item:
    message: Msg
    event: Event

    @property
    def deliveries(self) -> int:
        return self.message.metadata.num_delivered


class Settling(Generic[Connection]):
    """Decides the fate of every message of one consumer."""

    def __init__(
        self,
        store: Store[Connection],
        handler: Callable[[Sequence[Event], Connection], Awaitable[None]],
        *,
        together: int,
        ack_wait_seconds: float,
        dead_letter: DeadLetter | None,
        deliveries_max: int | None,
    ) -> None:
        self._store = store
        self._handler = handler
        self._together = together
        self._alive_seconds = ack_wait_seconds / KEEP_ALIVE_SHARE
        self._dead_letter = dead_letter
        self._deliveries_max = deliveries_max
        self._waiting: dict[int, UUID] = {}
        """Messages that we let come again, by their places in the stream, with what they are about."""
        self._until = 0
        self._unsettled = 0
        self._met: set[int] = set()

    def begin(self, out: Out) -> None:
        """A line to the server, the first or another one: what is `out` and was never met here comes later than what is new."""
        self._until, self._unsettled = out.until, out.unsettled
        self._waiting = {place: subject for place, subject in self._waiting.items() if place > out.floor}
        self._met = set(self._waiting)

    async def settle(self, messages: Sequence[Msg], counting: Counting) -> datetime | None:
        """Handle messages in the order of the stream; return when the last one was recorded."""
        async with self._kept_alive(messages):
            items: list[_Item] = []
            self._met.update(place for place in map(_place, messages) if place <= self._until)
            for message in sorted(messages, key=_place):
                item = await self._read(message)
                if item is not None:
                    items.append(item)
            for start in range(0, len(items), self._together):
                await self._part(items[start : start + self._together], counting)
        return max((item.event.time for item in items), default=None)

    async def _read(self, message: Msg) -> _Item | None:
        try:
            event = Event.from_message(
                subject=message.subject, headers=message.headers or {}, body=message.data, position=_place(message)
            )
        except Unreadable as error:
            await self._poison(message, None, f"unreadable: {error}")
            return None
        return _Item(message, event)

    async def _part(self, items: Sequence[_Item], counting: Counting) -> None:
        ready = await self._ready(items, counting)
        if not ready:
            return
        if len(ready) > 1 and await self._committed(ready, is_alone=False):
            for item in ready:
                await self._done(item)
            return
        for item in ready:
            if self._is_behind(item):
                await self._again(item, EARLY_SECONDS)
            elif await self._committed([item], is_alone=True):
                await self._done(item)

    async def _ready(self, items: Sequence[_Item], counting: Counting) -> list[_Item]:
        """Tell apart what is new, what was handled before (done with), and what has to wait for an earlier event."""
        ready: list[_Item] = []
        known: dict[UUID, dict[str, int]] = {}
        taken: set[UUID] = set()
        async with self._store.transaction() as connection:
            for item in items:
                event = item.event
                if event.subject not in known:
                    known[event.subject] = dict(await self._store.versions(connection, event.subject))
                versions = known[event.subject]
                if event.id in taken or await self._store.seen(connection, event.id):
                    await self._done(item)
                elif self._is_behind(item) or (_follows_a_gap(event, versions) and not await self._has_met_all(counting)):
                    await self._again(item, EARLY_SECONDS)
                else:
                    taken.add(event.id)
                    versions[event.source] = max(event.version, versions.get(event.source, 0))
                    ready.append(item)
        return ready

    async def _has_met_all(self, counting: Counting) -> bool:
        """Whether nothing is out that we never met: then what is missing before an event was never an event of this office."""
        if len(self._met) < self._unsettled and (await counting.out()).floor >= self._until:
            self._unsettled = 0
        return len(self._met) >= self._unsettled

    async def _committed(self, items: Sequence[_Item], *, is_alone: bool) -> bool:
        """Commit the effect of events together; where a single one fails, it comes again or is poison."""
        try:
            async with self._store.transaction() as connection:
                for item in items:
                    await self._store.record(connection, item.event)
                await self._handler([item.event for item in items], connection)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its event gets its fate here
            if is_alone:
                await self._failed(items[0], error)
            else:
                _log.warning("a batch of %d fails (%s): one by one", len(items), type(error).__name__)
            return False
        return True

    async def _failed(self, item: _Item, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if self._deliveries_max is not None and item.deliveries >= self._deliveries_max:
            await self._poison(item.message, item.event, reason)
            return
        delay = min(DELAY_FIRST_SECONDS * 2 ** min(item.deliveries - 1, 20), DELAY_SECONDS_MAX)
        _log.warning("%s %s fails (%s); again in %g s", item.event.type, item.event.id, reason, delay)
        await self._again(item, delay)

    async def _poison(self, message: Msg, event: Event | None, reason: str) -> None:
        place, deliveries = _place(message), message.metadata.num_delivered
        delay = min(DELAY_FIRST_SECONDS * 2 ** min(deliveries - 1, 20), DELAY_SECONDS_MAX)
        if self._dead_letter is None:
            _log.error("message %d cannot be handled and there is no dead letter: %s", place, reason)
            await message.nak(delay=delay)
            return
        poison = Poison(message.subject, dict(message.headers or {}), message.data, place, deliveries, reason, event)
        try:
            await self._dead_letter(poison)
        except Exception as error:  # noqa: BLE001 - what nobody took is not ended
            _log.exception("the dead letter did not take message %d", place, exc_info=error)
            await message.nak(delay=delay)
            return
        self._waiting.pop(place, None)
        await message.term()

    async def _done(self, item: _Item) -> None:
        self._waiting.pop(_place(item.message), None)
        await item.message.ack()

    async def _again(self, item: _Item, delay: float) -> None:
        self._waiting[_place(item.message)] = item.event.subject
        await item.message.nak(delay=delay)

    def _is_behind(self, item: _Item) -> bool:
        """Whether an earlier event about the same subject comes again."""
        place = _place(item.message)
        return any(other < place and subject == item.event.subject for other, subject in self._waiting.items())

    @asynccontextmanager
    async def _kept_alive(self, messages: Sequence[Msg]) -> AsyncIterator[None]:
        """Tell the server that work on these goes on, so that it does not give them to another one."""

        async def tell() -> None:
            while True:
                await asyncio.sleep(self._alive_seconds)
                for message in messages:
                    if not message._ackd:  # noqa: SLF001 - nats-py refuses to say it of a settled one
                        await message.in_progress()

        telling = asyncio.ensure_future(tell())
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.wait({telling})


def _follows_a_gap(event: Event, versions: dict[str, int]) -> bool:
    """Whether something that comes before it is not known here: it may be out, or it was never an event of this office."""
    if event.version > versions.get(event.source, 0) + 1:
        return True
    cause = event.cause
    return cause is not None and cause.version > versions.get(cause.source, 0)


def _place(message: Msg) -> int:
    return message.metadata.sequence.stream
