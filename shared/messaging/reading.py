"""Which events a stream holds: headers are fetched, bodies are not."""

from collections.abc import AsyncIterator
from uuid import UUID

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

FETCH_AT_ONCE = 1000
FETCH_SECONDS = 5.0
INACTIVE_SECONDS = 60.0
_ID_HEADER = "Nats-Msg-Id"


async def ids_of(js: JetStreamContext, stream: str, *, subject: str | None = None) -> AsyncIterator[tuple[int, UUID]]:
    """Yield place and id of every event that the stream holds now, in order. Raises nats' errors, TimeoutError."""
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.NONE,
        headers_only=True,
        inactive_threshold=INACTIVE_SECONDS,
        filter_subject=subject,
    )
    consumer = await js.add_consumer(stream, config)
    subscription = await js.pull_subscribe_bind(consumer=consumer.name, stream=stream)
    left = consumer.num_pending or 0
    try:
        while left > 0:
            messages = await subscription.fetch(batch=min(FETCH_AT_ONCE, left), timeout=FETCH_SECONDS)
            left -= len(messages)
            for message in messages:
                yield message.metadata.sequence.stream, UUID((message.headers or {})[_ID_HEADER])
    finally:
        await subscription.unsubscribe()
        await js.delete_consumer(stream, consumer.name)
