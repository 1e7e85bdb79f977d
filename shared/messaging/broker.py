"""The FastStream broker and its one kind of subscriber: durable, pull, explicit acknowledgement, batches without waiting.

What FastStream and nats-py do by default and this file overrules (docs/adr/0005-faststream-defaults.md): acknowledgements by
exception, creating and keeping drifted consumers, waiting for a full batch, spinning on a closed connection, giving up after
sixty reconnects.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.security import NatsCredentials
from faststream.nats.subscriber.usecases.stream_pull_subscriber import BatchPullStreamSubscriber
from faststream.security import BaseSecurity, SASLPlaintext
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from shared.messaging.pulling import PULL_SECONDS, RETRY_SECONDS, OpenPull, waiting
from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS

Consume = Callable[[Sequence[Msg]], Awaitable[None]]

RECONNECT_SECONDS = 0.5
PING_SECONDS = 2
PINGS_OUTSTANDING_MAX = 3
GRACEFUL_SECONDS = 8.0
FOREVER = -1

_log = logging.getLogger(__name__)


class PromptBatchSubscriber(BatchPullStreamSubscriber):
    """Takes what is there, at once, up to a batch; binds to the provisioned consumer and never makes one.

    What arrives while a batch is handled is the next batch (shared/messaging/pulling.py).
    """

    __slots__ = ()  # FastStream makes the object and we change its class, so it must look the same

    _pull: OpenPull

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        durable = self.extra_options["durable"]
        self.subscription = await self.jetstream.pull_subscribe_bind(consumer=durable, stream=self.stream.name)
        self._pull = OpenPull(self.connection, self.subscription, self.pull_sub.batch_size)
        self.add_task(self._consume_pull)

    async def _consume_pull(self) -> None:
        while self.running and self.subscription is not None:
            try:
                messages = await self._pull.take()
            except TimeoutError:  # the server owes an answer by now
                self._pull.forget()
            except NatsError as error:
                _log.debug("pull: %s", error)
                self._pull.forget()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if messages:
                    await self.consume(messages)

    async def stop(self) -> None:
        """Give back what was not begun, so that it need not wait for its time to run out."""
        if self.subscription is not None:
            for message in waiting(self.subscription, self.pull_sub.batch_size):
                if not JetStreamContext.is_status_msg(message):
                    await message.nak()
        await super().stop()


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


def client_of(broker: NatsBroker) -> Client:
    """Return the connection of a connected broker."""
    client: Client = broker.config.connection_state.connection
    return client
