"""Hearing every stream in its own order: one message after the other, from a place that is remembered with the effect.

Invariants: the place moves in the transaction of the effect, so each message takes effect once, and after all those before it in
its stream; what cannot be handled is parked in its turn, and the place moves past it. A replica that finds the place further on
than it has read skips what another one has taken. Nothing is given back to the server and nothing is waited for: who is started
again goes on behind the last commit. A stream that was lost and rebuilt is taken from its beginning: the handler knows by their
ids the events that it has (docs/adr/0024-the-log.md).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from shared.contracts import Envelope
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed, Trouble
from shared.messaging import cursors, parked
from shared.messaging.consumer import Handler
from shared.messaging.cursors import BEGINNING, Place
from shared.messaging.incoming import Incoming, read
from shared.messaging.outcomes import Done, Failed, Later, Park, attempt, keep_doing, outcome_of
from shared.messaging.pulling import OpenPull
from shared.messaging.spans import spanned
from shared.messaging.topology import STREAMS, Durable
from shared.persistence.database import Database, Transaction

INACTIVE_SECONDS = 30.0
STOP_SECONDS = 1.0
_ID_HEADER = "Nats-Msg-Id"

_log = logging.getLogger(__name__)


class Follower:
    """Follows the streams on behalf of one service. The handler must know what it has by id: an event may come a second time."""

    def __init__(self, *, database: Database, durable: Durable, handler: Handler, clock: Clock, batch_size: int) -> None:
        self._database, self._durable, self._handler, self._clock = database, durable, handler, clock
        self._hears = frozenset(durable.hears)
        self._batch_size = batch_size
        self._at: dict[str, int] = {}
        self._taking = {stream: asyncio.Lock() for stream in STREAMS}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._until = asyncio.Event()

    def start(self, js: JetStreamContext, *, problems: dict[str, str]) -> None:
        """Begin to follow every stream; what keeps it from that is told in `problems`."""
        self._until.clear()
        for stream in STREAMS:
            name = f"hearing {stream}"
            step = partial(self._follow, js, stream, heard=partial(problems.pop, name, None))
            loop = keep_doing(name, step, problems=problems, until=self._until)
            self._tasks[stream] = asyncio.create_task(loop, name=f"{self._durable.name}-{stream}")

    async def stop(self) -> None:
        """Finish the batches in hand, take no other."""
        self._until.set()
        for stream, task in self._tasks.items():
            try:
                async with asyncio.timeout(STOP_SECONDS), self._taking[stream]:
                    task.cancel()
            except TimeoutError:
                task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _follow(self, js: JetStreamContext, stream: str, *, heard: Callable[[], object]) -> None:
        """Take what comes, from the place up to which the stream was taken. Raises Trouble: then begin again."""
        try:
            await self._read_on(js, stream, heard=heard)
        except NotFoundError as error:
            raise Trouble(f"{stream} or the place in it is gone", code="stream_missing") from error
        except (NatsError, OSError, TimeoutError) as error:
            raise Trouble(f"the bus does not answer: {type(error).__name__}", code="bus_unreachable") from error

    async def _read_on(self, js: JetStreamContext, stream: str, *, heard: Callable[[], object]) -> None:
        at = await self._begin(js, stream)
        self._at[stream] = at.seq
        consumer = await js.add_consumer(stream, _config(at))
        subscription = await js.pull_subscribe_bind(consumer=consumer.name, stream=stream)
        pull = OpenPull(js._nc, subscription, self._batch_size)  # noqa: SLF001 - the connection below the context
        heard()
        number = 0
        try:
            while not self._until.is_set():
                messages = await pull.take()
                number += len(messages)
                if messages and messages[-1].metadata.sequence.consumer != number:
                    raise Trouble("messages were lost on the way", code="bus_unreachable")
                if messages:
                    async with self._taking[stream]:
                        await self._take(stream, messages)
                if not pull.is_answered:
                    await js.consumer_info(stream, consumer.name)
        finally:
            await attempt(subscription.unsubscribe)
            await attempt(partial(js.delete_consumer, stream, consumer.name))

    async def replay(self, message: parked.ParkedMessage) -> None:
        """Handle a parked message now, behind everything that was taken since. Raises what its handling raises."""
        envelope = Envelope.from_headers(dict(message.headers), subject=message.subject)
        place = (message.stream, message.stream_seq)
        item = read(envelope, message.body, handled=None, place=place, deliveries=message.deliveries)
        async with self._database.transaction() as transaction:
            await self._effect(transaction, [item])

    async def _begin(self, js: JetStreamContext, stream: str) -> Place:
        """Return up to where the stream was taken; its beginning where what was taken there does not stand there."""
        async with self._database.reading() as connection:
            known = await cursors.place(connection, stream)
        if known.seq == 0 or await _stands(js, stream, known):
            return known
        _log.warning("%s is not the stream that was heard before: it is heard from its beginning", stream)
        async with self._database.transaction() as transaction:
            if await cursors.lock(transaction.connection, stream) == known:
                await cursors.move(transaction.connection, stream, BEGINNING)
        return BEGINNING

    async def _take(self, stream: str, messages: Sequence[Msg]) -> None:
        result = await attempt(partial(self._together, stream, messages))
        match result:
            case Failed(error=Trouble() as trouble):
                raise trouble
            case Failed(error=error):
                _log.warning("%s: batch of %d fails (%s), one by one", self._durable.name, len(messages), type(error).__name__)
                for message in messages:
                    await self._alone(stream, message)
                    self._at[stream] = _seq(message)
        self._at[stream] = _seq(messages[-1])

    async def _together(self, stream: str, messages: Sequence[Msg], *, deliveries: int = 1) -> None:
        async with self._database.transaction() as transaction:
            known = await self._locked(transaction, stream)
            fresh = [message for message in messages if _seq(message) > known.seq]
            if not fresh:
                return
            items = []
            for message in fresh:
                try:
                    item = self._read(stream, message, deliveries)
                except Malformed as error:
                    await self._park(transaction, stream, message, f"{error.code}: {error.detail}", deliveries)
                else:
                    items += [item] if item else []
            if items:
                await self._effect(transaction, items)
            await cursors.move(transaction.connection, stream, _place(fresh[-1]))

    async def _alone(self, stream: str, message: Msg) -> None:
        """Handle one message, several times where it fails; park it at last, and go on behind it. Raises Trouble."""
        deliveries = 1
        while isinstance(result := await attempt(partial(self._together, stream, [message], deliveries=deliveries)), Failed):
            error = result.error
            if isinstance(error, Trouble):
                raise error
            match outcome_of(error, deliveries=deliveries):
                case Later(delay_seconds=delay):
                    _log.error("%s: message %d of %s failed", self._durable.name, _seq(message), stream, exc_info=error)
                    await asyncio.sleep(delay)
                    deliveries += 1
                case Park(reason=reason):
                    await self._pass(stream, message, reason, deliveries)
                    return
                case Done():
                    await self._pass(stream, message, None, deliveries)
                    return

    async def _pass(self, stream: str, message: Msg, reason: str | None, deliveries: int) -> None:
        """Move on behind a message; park it where there is a reason to."""
        async with self._database.transaction() as transaction:
            known = await self._locked(transaction, stream)
            if known.seq < _seq(message):
                if reason is not None:
                    await self._park(transaction, stream, message, reason, deliveries)
                await cursors.move(transaction.connection, stream, _place(message))

    async def _effect(self, transaction: Transaction, items: Sequence[Incoming]) -> None:
        traced, spans = spanned(items, service=self._durable.name)
        try:
            await self._handler(transaction, traced, self._clock.now())
        finally:
            for span in spans:
                span.end()
        await cursors.mention(transaction.connection, items)

    def _read(self, stream: str, message: Msg, deliveries: int) -> Incoming | None:
        if message.subject.split(".", 2)[1] not in self._hears:
            return None
        envelope = Envelope.from_headers(message.headers or {}, subject=message.subject)
        return read(envelope, message.data, handled=None, place=(stream, _seq(message)), deliveries=deliveries)

    async def _locked(self, transaction: Transaction, stream: str) -> Place:
        """Return the place, ours until the transaction ends. Raises Trouble where it was set back behind what was read."""
        known = await cursors.lock(transaction.connection, stream)
        if known.seq < self._at[stream]:
            raise Trouble(f"the place in {stream} was set back", code="place_set_back")
        return known

    async def _park(self, transaction: Transaction, stream: str, message: Msg, reason: str, deliveries: int) -> None:
        headers = message.headers or {}
        kept = parked.ParkedMessage(
            id=parked.ParkedMessage.id_for(self._durable.name, stream, _seq(message)),
            consumer=self._durable.name,
            stream=stream,
            stream_seq=_seq(message),
            subject=message.subject,
            headers=headers,
            body=message.data,
            reason=reason,
            deliveries=deliveries,
            aggregate_id=parked.aggregate_of(headers),
            parked_at=self._clock.now(),
        )
        await parked.park(transaction.connection, kept)
        _log.error("parked", extra={"parked": str(kept.id), "reason": reason, "stream": stream, "seq": kept.stream_seq})


def _config(at: Place) -> ConsumerConfig:
    """Return a consumer of our own for as long as we ask: what it delivers is counted, not acknowledged."""
    return ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=at.seq + 1,
        ack_policy=AckPolicy.NONE,
        mem_storage=True,
        inactive_threshold=INACTIVE_SECONDS,
        num_replicas=1,
    )


def _seq(message: Msg) -> int:
    return message.metadata.sequence.stream


def _place(message: Msg) -> Place:
    return Place(_seq(message), cursors.mark_of(message.subject, (message.headers or {}).get(_ID_HEADER, ""), message.data))


async def _stands(js: JetStreamContext, stream: str, known: Place) -> bool:
    """Whether the message that was taken last still stands where it stood."""
    try:
        found = await js.get_msg(stream, known.seq)
    except NotFoundError:
        return False
    headers = found.headers or {}
    return cursors.mark_of(found.subject or "", headers.get(_ID_HEADER, ""), found.data or b"") == known.mark
