"""One batch from the stream to its effect: read, sort, one transaction, acknowledge; one by one where the batch fails.

Invariant: the version vector moves in the transaction of the effect, before the handler runs, so a repeat never takes effect and
another replica's batch is waited for instead of being done again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.contracts import Envelope, EventBody
from shared.kernel.clock import Clock
from shared.kernel.refusals import CauNoiError, Malformed, Refused, Trouble
from shared.messaging import inbox, parked
from shared.messaging.incoming import Incoming, read
from shared.messaging.outcomes import Done, Failed, Later, Outcome, Park, attempt, outcome_of, outcome_of_early
from shared.messaging.spans import spanned
from shared.messaging.topology import Durable
from shared.persistence.database import Database, Transaction

Handler = Callable[[Transaction, Sequence[Incoming], datetime], Awaitable[None]]
"""``(transaction, new events in order, now)``: the effect of a batch."""
Prepare = Callable[[Sequence[Incoming]], Awaitable[Handler]]
"""What must be fetched before the transaction opens; returns the handler that knows it."""

PAUSE_SECONDS = 0.5
ACK_TOKENS = 9
_DONE = Done()

_log = logging.getLogger(__name__)


class Consumer:
    """Handles the batches of one durable consumer on behalf of one service. Exactly one of `handler` and `prepare` is given."""

    def __init__(
        self,
        *,
        database: Database,
        durable: Durable,
        handled: Iterable[type[EventBody]] | None,
        handler: Handler | None,
        prepare: Prepare | None,
        clock: Clock,
    ) -> None:
        self._database = database
        self._durable = durable
        self._hears = frozenset(durable.hears)
        self._handled = None if handled is None else {model.TYPE: model for model in handled}
        self._handler = handler
        self._prepare = prepare
        self._clock = clock

    async def consume(self, messages: Sequence[Msg]) -> None:
        """Handle one fetched batch and settle every message of it. Never raises."""
        result = await attempt(partial(self._consume, messages))
        if isinstance(result, Failed):  # not even parking worked: the server delivers again
            _log.warning("%s: batch left unsettled: %s", self._durable.name, result.error)
            await asyncio.sleep(PAUSE_SECONDS)

    async def replay(self, message: parked.ParkedMessage) -> None:
        """Handle a parked message. Raises what its handling raises, Refused where an earlier event is still missing."""
        envelope = Envelope.from_headers(dict(message.headers), subject=message.subject)
        item = read(
            envelope,
            message.body,
            handled=self._handled,
            place=(message.stream, message.stream_seq),
            deliveries=message.deliveries,
        )
        result = await self._handle([item])
        if result.early:
            raise Refused(_waits_for(item, result), code="parked_too_early")

    async def _consume(self, messages: Sequence[Msg]) -> None:
        delivered: dict[tuple[str, int], Msg] = {}
        items: list[Incoming] = []
        for message in messages:
            if message.subject.split(".", 2)[1] not in self._hears:
                await self._settle(message, None, _DONE)
                continue
            try:
                item = _read(message, self._handled)
            except Malformed as error:
                await self._settle(message, None, outcome_of(error, deliveries=1))
            else:
                delivered[item.stream, item.stream_seq] = message
                items.append(item)
        if items:
            await self._together(items, delivered)

    async def _together(self, items: list[Incoming], delivered: dict[tuple[str, int], Msg]) -> None:
        result = await attempt(partial(self._handle, items))
        match result:
            case Failed(error=Trouble() as trouble):
                for item in items:
                    await self._settle(delivered[item.place], item, outcome_of(trouble, deliveries=item.deliveries))
                await asyncio.sleep(PAUSE_SECONDS)
            case Failed(error=error):
                _log.warning("%s: batch of %d fails (%s), one by one", self._durable.name, len(items), type(error).__name__)
                for item in sorted(items, key=lambda item: item.place):
                    await self._alone(item, delivered[item.place])
            case inbox.Sorted():
                await self._settle_all(result, delivered)

    async def _alone(self, item: Incoming, message: Msg) -> None:
        result = await attempt(partial(self._handle, [item]))
        if isinstance(result, inbox.Sorted):
            await self._settle_all(result, {item.place: message})
            return
        outcome = outcome_of(result.error, deliveries=item.deliveries)
        if not isinstance(result.error, CauNoiError):
            _log.error("%s: %s %s failed", self._durable.name, item.envelope.type, item.envelope.id, exc_info=result.error)
        if isinstance(outcome, Done):
            await self._skip(item)
        await self._settle(message, item, outcome)

    async def _handle(self, items: Sequence[Incoming]) -> inbox.Sorted:
        handler = self._handler
        if self._prepare is not None:
            handler = await self._prepare([item for item in items if self._is_handled(item)])
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            result = await self._sorted(transaction, items)
            mine = [item for item in result.ready if self._is_handled(item)]
            if mine and handler is not None:
                mine, spans = spanned(mine, service=self._durable.name)
                try:
                    await handler(transaction, mine, now)
                finally:
                    for span in spans:
                        span.end()
        return result

    async def _skip(self, item: Incoming) -> None:
        """Move the version vector past a refused event, so that later ones of its aggregate are not early for ever."""
        async with self._database.transaction() as transaction:
            await self._sorted(transaction, [item])

    async def _sorted(self, transaction: Transaction, items: Sequence[Incoming]) -> inbox.Sorted:
        vector = await inbox.known(transaction.connection, {item.envelope.aggregate_id for item in items})
        result = inbox.sort(items, vector, hears=self._hears)
        await inbox.advance(transaction.connection, result)
        return result

    def _is_handled(self, item: Incoming) -> bool:
        return self._durable.takes_others or self._handled is None or item.envelope.type in self._handled

    async def _settle_all(self, result: inbox.Sorted, delivered: dict[tuple[str, int], Msg]) -> None:
        for item in (*result.ready, *result.repeats):
            await self._settle(delivered[item.place], item, _DONE)
        for item in result.early:
            outcome = outcome_of_early(deliveries=item.deliveries, waits_for=_waits_for(item, result))
            await self._settle(delivered[item.place], item, outcome)

    async def _settle(self, message: Msg, item: Incoming | None, outcome: Outcome) -> None:
        """Acknowledge, delay or park. A settlement that does not reach the server means a redelivery, which is harmless."""
        try:
            match outcome:
                case Done(refused_as=code):
                    if code is not None and item is not None:
                        _log.info("refused", extra={"code": code, "event": str(item.envelope.id), "type": item.envelope.type})
                    await message.ack()
                case Later(delay_seconds=delay):
                    await message.nak(delay=delay)
                case Park(reason=reason):
                    await self._park(message, item, reason)
                    await message.term()
        except (NatsError, OSError) as error:
            _log.debug("settlement lost: %s", error)

    async def _park(self, message: Msg, item: Incoming | None, reason: str) -> None:
        place = message.metadata
        kept = parked.ParkedMessage(
            id=parked.ParkedMessage.id_for(self._durable.name, place.stream, place.sequence.stream),
            consumer=self._durable.name,
            stream=place.stream,
            stream_seq=place.sequence.stream,
            subject=message.subject,
            headers=message.headers or {},
            body=message.data,
            reason=reason,
            deliveries=place.num_delivered,
            aggregate_id=item.envelope.aggregate_id if item else parked.aggregate_of(message.headers or {}),
            parked_at=self._clock.now(),
        )
        async with self._database.transaction() as transaction:
            await parked.park(transaction.connection, kept)
        _log.error("parked", extra={"parked": str(kept.id), "reason": reason, "stream": kept.stream, "seq": kept.stream_seq})


def _read(message: Msg, handled: dict[str, type[EventBody]] | None) -> Incoming:
    stream, seq, deliveries = _place(message)
    envelope = Envelope.from_headers(message.headers or {}, subject=message.subject)
    return read(envelope, message.data, handled=handled, place=(stream, seq), deliveries=deliveries)


def _place(message: Msg) -> tuple[str, int, int]:
    """Return stream, sequence number and deliveries from the ack subject (``$JS.ACK.<stream>.<consumer>.<deliveries>.<seq>…``).

    A third of the cost of nats-py's `metadata`, which reads everything else too; that one is asked for the newer, longer form.
    """
    tokens = message.reply.split(".")
    if len(tokens) == ACK_TOKENS:
        return tokens[2], int(tokens[5]), int(tokens[4])
    place = message.metadata
    return place.stream, place.sequence.stream, place.num_delivered


def _waits_for(item: Incoming, result: inbox.Sorted) -> str:
    envelope = item.envelope
    known = result.after.get((envelope.aggregate_id, envelope.source), 0)
    if envelope.version > known + 1:
        return f"waits for version {known + 1} of {envelope.source} for {envelope.aggregate_id}"
    cause = envelope.cause
    return f"waits for its cause, version {cause.version} of {cause.source}" if cause else "waits for an earlier event"
