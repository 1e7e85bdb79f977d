"""The FastStream broker and its one kind of subscriber: durable, pull, explicit acknowledgement, batches without waiting.

What FastStream and nats-py do by default and this file overrules (docs/adr/0005-faststream-defaults.md): acknowledgements by
exception, creating and keeping drifted consumers, waiting for a full batch, spinning on a closed connection, giving up after
sixty reconnects.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.security import NatsCredentials
from faststream.nats.subscriber.usecases.stream_pull_subscriber import BatchPullStreamSubscriber
from faststream.security import BaseSecurity, SASLPlaintext
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS

Consume = Callable[[Sequence[Msg]], Awaitable[None]]

RECONNECT_SECONDS = 0.5
PING_SECONDS = 2
PINGS_OUTSTANDING_MAX = 3
PULL_SECONDS = 2.0
BUSY_MIN = 4
GATHER_SECONDS = 0.02  # under load a moment's patience makes one transaction of several; on a quiet day nothing waits
RETRY_SECONDS = 0.5
GRACEFUL_SECONDS = 8.0
_ENDED = {"404", "408", "409"}  # nothing there; time is up; used up: ask again at once
FOREVER = -1

_log = logging.getLogger(__name__)


class PromptBatchSubscriber(BatchPullStreamSubscriber):
    """Takes what is there, at once, up to a batch; binds to the provisioned consumer and never makes one.

    One pull request stays open on the server and is renewed when it is used up or has expired; what arrives while a batch is
    handled is the next batch. FastStream waits until a batch is full or the time is up (half a second of latency on a quiet
    day) and asks again without a pause when the connection is closed or the consumer is gone (a core at 100 %); nats-py's own
    `fetch` may wait out its whole time after the first message.
    """

    __slots__ = ()  # FastStream makes the object and we change its class, so it must look the same

    _open: int
    _is_busy: bool

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        self.connection._parse_header_lines = parse_headers  # type: ignore[method-assign]  # noqa: SLF001 - see parse_headers
        durable = self.extra_options["durable"]
        self.subscription = await self.jetstream.pull_subscribe_bind(consumer=durable, stream=self.stream.name)
        self._open = 0
        self._is_busy = False
        self.add_task(self._consume_pull)

    async def _consume_pull(self) -> None:
        while self.running and self.subscription is not None:
            try:
                messages = await self._take(self.subscription)
            except TimeoutError:  # the server owes an answer by now: it was restarted, or the line was cut
                self._open = 0
            except NatsError as error:
                _log.debug("pull: %s", error)
                self._open = 0
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if messages:
                    await self.consume(messages)

    async def _take(self, subscription: JetStreamContext.PullSubscription) -> list[Msg]:
        """Wait for something; return the messages that are here, which may be none. Raises NatsError, TimeoutError."""
        if self._open <= 0:
            self._open = self.pull_sub.batch_size
            wanted = {"batch": self._open, "expires": int(PULL_SECONDS * 1_000_000_000)}
            await self.connection.publish(subscription._nms, json.dumps(wanted).encode(), subscription._deliver)  # noqa: SLF001 - nats-py has no open pull
        first = await subscription._sub.next_msg(timeout=PULL_SECONDS + RETRY_SECONDS)  # noqa: SLF001
        if self._is_busy:
            await asyncio.sleep(GATHER_SECONDS)
        arrived = [first, *_waiting(subscription, self.pull_sub.batch_size - 1)]
        messages = [message for message in arrived if not JetStreamContext.is_status_msg(message)]
        self._open -= len(messages)
        self._is_busy = BUSY_MIN <= len(messages) < self.pull_sub.batch_size
        if len(messages) < len(arrived):
            self._open = 0
            if any(JetStreamContext.is_status_msg(message) not in _ENDED for message in arrived if message not in messages):
                await asyncio.sleep(RETRY_SECONDS)
        return messages

    async def stop(self) -> None:
        """Give back what was not begun, so that it need not wait for its time to run out."""
        if self.subscription is not None:
            for message in _waiting(self.subscription, self.pull_sub.batch_size):
                if not JetStreamContext.is_status_msg(message):
                    await message.nak()
        await super().stop()


def parse_headers(raw: bytes) -> dict[str, str]:
    """Return the headers of a message: what nats-py's own parser returns for headers as we write them, at a third of the cost.

    Reading headers is the largest single cost of hearing an event: nats-py looks at every character of every name.
    """
    headers: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name] = value.strip()
    return headers


def _waiting(subscription: JetStreamContext.PullSubscription, most: int) -> list[Msg]:
    """Return the messages that have arrived and were not taken yet."""
    inner = subscription._sub  # noqa: SLF001 - what nats-py's fetch does
    found: list[Msg] = []
    while len(found) < most and not inner._pending_queue.empty():  # noqa: SLF001
        message = inner._pending_queue.get_nowait()  # noqa: SLF001
        inner._pending_size -= len(message.data)  # noqa: SLF001
        found.append(message)
    return found


async def _raw(message: Any) -> Any:
    """Decode nothing: one unreadable message must not spoil its batch."""
    return message.raw_message


def new_broker(settings: BusSettings, *, name: str, on_closed: Callable[[], None]) -> NatsBroker:
    """Return an unconnected broker that reconnects for ever; `on_closed` is called when it gives up all the same."""

    async def closed() -> None:
        on_closed()

    async def failed(error: Exception) -> None:
        _log.warning("bus: %s", str(error) or type(error).__name__)

    return NatsBroker(
        settings.servers(),
        security=_security(settings),
        name=f"caunoi-{name}",
        max_reconnect_attempts=FOREVER,
        reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type]  # nats-py sleeps any number of seconds
        ping_interval=PING_SECONDS,
        max_outstanding_pings=PINGS_OUTSTANDING_MAX,
        graceful_timeout=GRACEFUL_SECONDS,
        apply_types=False,
        logger=None,
        closed_cb=closed,
        error_cb=failed,
    )


def _security(settings: BusSettings) -> BaseSecurity | None:
    found = settings.signing_in()
    if "user_credentials" in found:
        return NatsCredentials(found["user_credentials"])
    if "password" in found:
        return SASLPlaintext(username=found["user"], password=found["password"])
    return None


def subscribe(broker: NatsBroker, *, stream: str, durable: str, batch_size: int, consume: Consume) -> None:
    """Have `consume` called with every fetched batch of `durable` on `stream`. It acknowledges by itself and never raises."""
    subscriber = broker.subscriber(
        f"{STREAMS[stream]}.>",
        stream=JStream(stream, declare=False),
        durable=durable,
        pull_sub=PullSub(batch_size=batch_size, timeout=PULL_SECONDS, batch=True),
        ack_policy=AckPolicy.MANUAL,
        decoder=_raw,
    )
    subscriber.__class__ = PromptBatchSubscriber
    subscriber(consume)


def jetstream_of(broker: NatsBroker) -> JetStreamContext:
    """Return the JetStream context of a connected broker."""
    context: JetStreamContext = broker.config.connection_state.stream
    return context
