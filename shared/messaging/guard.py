"""The guard of a service's consumers: missing or drifted ones are made right and said aloud; lag and parked ones are counted."""

import logging
from dataclasses import dataclass, field

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.kernel.refusals import Trouble
from shared.messaging import cursors, parked
from shared.messaging.topology import STREAMS, Durable, consumer_config, drift
from shared.persistence.database import Database
from shared.telemetry import CONSUMER_PENDING, PARKED

CHECK_SECONDS = 3.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Guard:
    """Watches the consumers of one service on every stream."""

    database: Database
    durable: Durable
    pending: dict[str, int] = field(default_factory=dict)
    parked: int = 0

    def watch(self) -> None:
        """Export what is measured."""
        service = self.durable.name
        CONSUMER_PENDING.watch(service, lambda: [(n, {"stream": stream}) for stream, n in self.pending.items()])
        PARKED.watch(service, lambda: [(self.parked, {})])

    async def check(self, js: JetStreamContext) -> None:
        """Look once. Raises Trouble where a stream is missing: only an operator can say whether it was lost or moved."""
        try:
            for stream in STREAMS:
                await self._check(js, stream)
        except (NatsError, OSError, TimeoutError) as error:
            raise Trouble(f"the bus does not answer: {type(error).__name__}", code="bus_unreachable") from error
        async with self.database.reading() as connection:
            self.parked = await parked.count_waiting(connection)

    async def _check(self, js: JetStreamContext, stream: str) -> None:
        if self.durable.in_order:
            await self._look(js, stream)
            return
        try:
            wrong = await drift(js, self.durable, stream)
        except NotFoundError:
            await self._need_stream(js, stream)
            wrong = "it is missing"
        if wrong:
            _log.error("consumer %s on %s: %s; made right", self.durable.name, stream, wrong)
            await js.add_consumer(stream, consumer_config(self.durable, stream))
        info = await js.consumer_info(stream, self.durable.name)
        self.pending[stream] = (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def _look(self, js: JetStreamContext, stream: str) -> None:
        """Count what a stream has behind the place up to which it was taken."""
        await self._need_stream(js, stream)
        last = (await js.stream_info(stream)).state.last_seq
        async with self.database.reading() as connection:
            taken = (await cursors.place(connection, stream)).seq
        self.pending[stream] = max(last - taken, 0)

    async def _need_stream(self, js: JetStreamContext, stream: str) -> None:
        try:
            await js.stream_info(stream)
        except NotFoundError:
            remedy = "`caunoi provision` before the first start, `caunoi stream rebuild` after a loss"
            raise Trouble(f"stream {stream} is missing: run {remedy}", code="stream_missing") from None
