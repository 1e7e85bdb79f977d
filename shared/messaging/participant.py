"""A service on the bus: its connection, its consumers with their guard, and the relay of its outbox.

Services start in any order: the connection is sought in the background, and readiness says what is still missing.
"""

import asyncio
from collections.abc import Iterable

from faststream.nats import NatsBroker

from shared.contracts import EventBody
from shared.contracts.conversation import Part
from shared.kernel.clock import Clock
from shared.kernel.refusals import Trouble
from shared.messaging import broker as brokers
from shared.messaging.commands import Commands
from shared.messaging.consumer import Consumer, Handler, Prepare
from shared.messaging.following import Follower
from shared.messaging.guard import CHECK_SECONDS, Guard
from shared.messaging.outcomes import Failed, attempt, keep_doing
from shared.messaging.parked import ParkedMessage, ParkedMessages
from shared.messaging.publisher import Publisher
from shared.messaging.relay import Relay
from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS, Durable
from shared.persistence.database import Database

STOP_SECONDS = 2.0
NOT_CONNECTED = "not connected to the bus"


class Participant:
    """One service's part in the conversation. `handled` None means every type, unparsed; `durable` None means it only speaks."""

    def __init__(
        self,
        *,
        database: Database,
        bus: BusSettings,
        durable: Durable | None,
        clock: Clock,
        handled: Iterable[type[EventBody]] | None = (),
        handler: Handler | None = None,
        prepare: Prepare | None = None,
    ) -> None:
        self._bus = bus
        self._durable = durable
        handled = None if handled is None else tuple(handled)
        self.part = _part(database.schema, durable, handled)
        self._name = database.schema
        self._relay = Relay(database, clock)
        self._guard = Guard(database, durable) if durable else None
        self._consumer: Consumer | None = None
        self._follower: Follower | None = None
        if durable and durable.in_order:
            if handler is None:
                raise ValueError("who follows the streams in their order needs a handler")
            size = bus.batch_size
            self._follower = Follower(database=database, durable=durable, handler=handler, clock=clock, batch_size=size)
        elif durable:
            self._consumer = Consumer(
                database=database, durable=durable, handled=handled, handler=handler, prepare=prepare, clock=clock
            )
        self._problems: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._closed = asyncio.Event()
        self.parked = ParkedMessages(database, self._replay)
        self.commands: Commands | None = None
        """What answers offices' own systems, where this service does; to be set before `start`."""

    async def start(self) -> None:
        """Begin to seek the bus; returns at once."""
        self._problems["bus"] = NOT_CONNECTED
        if self._guard:
            self._guard.watch()
        self._relay.watch()
        for name, step in (("bus", self._connection), ("outbox", self._relay.step)):
            loop = keep_doing(name, step, problems=self._problems, until=self._stopping)
            self._tasks.append(asyncio.create_task(loop, name=f"{self._name}-{name}"))

    async def stop(self) -> None:
        """Finish the batch in hand, take no other, leave the bus.

        Asked first and cancelled only then: nats-py and asyncio.wait_for may swallow a cancellation that meets an answer.
        """
        self._stopping.set()
        self._closed.set()
        self._relay.wake()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=STOP_SECONDS)
        self._tasks.clear()

    async def problems(self) -> list[str]:
        """Return what keeps this service from its work, in words; empty when it is ready."""
        return list(self._problems.values())

    def backlog(self) -> dict[str, int]:
        """Return how many events wait to be heard, by stream, as of a few seconds ago; empty before it is known."""
        return dict(self._guard.pending) if self._guard else {}

    async def _connection(self) -> None:
        """Connect, take part until the connection is given up, leave."""
        if not self._stopping.is_set():
            self._closed.clear()
        broker = brokers.new_broker(self._bus, name=self._name, on_closed=self._closed.set)
        try:
            if self._consumer and self._durable:
                for stream in STREAMS:
                    brokers.subscribe(
                        broker,
                        stream=stream,
                        durable=self._durable.name,
                        batch_size=self._bus.batch_size,
                        consume=self._consumer.consume,
                    )
            await self._take_part(broker)
        finally:
            self._relay.use(None)
            if self.commands is not None:
                await self.commands.stop()
            await attempt(broker.stop)
        if not self._stopping.is_set():
            raise Trouble("the connection to the bus was closed", code="bus_unreachable")

    async def _take_part(self, broker: NatsBroker) -> None:
        await broker.start()
        js = brokers.jetstream_of(broker)
        self._relay.use(Publisher(js))
        if self.commands is not None:
            await self.commands.listen(brokers.client_of(broker))
        self._problems.pop("bus", None)
        if self._follower is None:
            await self._watch(broker)
            return
        self._follower.start(js, problems=self._problems)
        try:
            await self._watch(broker)
        finally:
            await self._follower.stop()

    async def _watch(self, broker: NatsBroker) -> None:
        """Look after the consumers until the connection is given up."""
        while not self._closed.is_set():
            if self._guard:
                await self._look(self._guard, broker)
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._closed.wait()
            except TimeoutError:
                continue

    async def _look(self, guard: Guard, broker: NatsBroker) -> None:
        result = await attempt(lambda: guard.check(brokers.jetstream_of(broker)))
        if isinstance(result, Failed):
            self._problems["consumers"] = str(result.error)
        else:
            self._problems.pop("consumers", None)

    async def _replay(self, message: ParkedMessage) -> None:
        listener = self._follower or self._consumer
        if listener is None:
            raise Trouble("this service hears nothing", code="no_consumer")
        await listener.replay(message)


def _part(service: str, durable: Durable | None, handled: Iterable[type[EventBody]] | None) -> Part:
    """Return what a service's documents say of its part in the conversation."""
    return Part(
        service=service,
        hears=durable.hears if durable else (),
        handled=None if handled is None else frozenset(model.TYPE for model in handled),
        consumer=durable.name if durable and not durable.in_order else None,
        streams=STREAMS,
    )
