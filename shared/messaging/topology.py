"""Streams and consumers as they must be, and the one idempotent step that makes them so.

Services bind to what is provisioned and never create or change it themselves: FastStream would silently keep a drifted consumer
and silently update a stream. Figures: docs/adr/0004-jetstream-settings.md.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import NotFoundError, ServerError

from shared.contracts.envelope import SEALED_ROOT, SUBJECT_ROOT

STREAMS = {"PETITIONS": SUBJECT_ROOT, "SEALED": SEALED_ROOT}
ACK_WAIT_SECONDS = 15.0  # after a kill what was in hand comes again this late; a batch takes well under a second
DUPLICATE_WINDOW_SECONDS = 2 * 3600.0
MAX_ACK_PENDING = 2000
ADDING_TRIES_MAX, ADDING_PAUSE_SECONDS = 10, 0.2
_NO_STORE = 10049  # "error creating store for stream"
MAX_MESSAGE_BYTES = 64 * 1024
MAX_STREAM_BYTES = 8 * 1024**3
UNLIMITED = -1  # our own outcome table counts deliveries and parks; the server must never drop a message by itself


@dataclass(frozen=True, slots=True)
class Durable:
    """A consumer: the service that owns it and the services that it hears.

    `in_order`: it takes every stream in its own order, by a place that it remembers itself (shared/messaging/following.py); then
    the server keeps no consumer for it. `takes_others`: beside the types that it handles, which are parsed, it is given the
    others of these services too, unparsed.
    """

    name: str
    hears: tuple[str, ...]
    in_order: bool = False
    takes_others: bool = False

    def filters(self, root: str) -> list[str]:
        """Return the one subject that the server filters by: the one service that is heard, else everything.

        With several filters nats-server compares every subject of the stream, and each petition has its own: 0.15 to 0.46 ms of
        its CPU per message against 0.02. What is not heard is acknowledged unread instead (docs/adr/0004-jetstream-settings.md).
        """
        return [f"{root}.{self.hears[0]}.>" if len(self.hears) == 1 else f"{root}.>"]


def stream_config(name: str, *, replicas: int = 1) -> StreamConfig:
    """Return the configuration of a stream. Deleting and purging are denied: what was said stays said.

    `replicas` is on how many nats-servers it is kept: 1, or 3 in a cluster of three.
    """
    return StreamConfig(
        name=name,
        subjects=[f"{STREAMS[name]}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=MAX_STREAM_BYTES,
        max_msg_size=MAX_MESSAGE_BYTES,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,
        compression=StoreCompression.S2,
        num_replicas=replicas,
    )


def consumer_config(durable: Durable, stream: str) -> ConsumerConfig:
    """Return the configuration of a durable pull consumer with explicit acknowledgement."""
    return ConsumerConfig(
        durable_name=durable.name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=UNLIMITED,
        max_ack_pending=MAX_ACK_PENDING,
        filter_subjects=durable.filters(STREAMS[stream]),
    )


async def provision(
    js: JetStreamContext, durables: Iterable[Durable], *, streams: Sequence[str] = tuple(STREAMS), replicas: int = 1
) -> None:
    """Create or correct every stream and consumer. Safe to repeat; run before the services start."""
    wanted = list(durables)
    for stream in streams:
        await _ensure_stream(js, stream_config(stream, replicas=replicas))
        for durable in wanted:
            if durable.in_order:
                await _forget(js, stream, durable)
            else:
                await js.add_consumer(stream, consumer_config(durable, stream))


async def _forget(js: JetStreamContext, stream: str, durable: Durable) -> None:
    """Remove the consumer that a version before had."""
    try:
        await js.delete_consumer(stream, durable.name)
    except NotFoundError:
        return


async def _ensure_stream(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.stream_info(config.name or "")
    except NotFoundError:
        await _add_stream(js, config)
    else:
        await js.update_stream(config)


async def _add_stream(js: JetStreamContext, config: StreamConfig) -> None:
    """Create a stream. Right after one of this name was deleted the server may still be clearing its folder away: try again."""
    for _ in range(ADDING_TRIES_MAX - 1):
        try:
            await js.add_stream(config)
        except ServerError as error:
            if error.err_code != _NO_STORE:
                raise
            await asyncio.sleep(ADDING_PAUSE_SECONDS)
        else:
            return
    await js.add_stream(config)


async def drift(js: JetStreamContext, durable: Durable, stream: str) -> str | None:
    """Return what is wrong with a consumer on the server, or None. Raises NotFoundError where it is missing."""
    actual = (await js.consumer_info(stream, durable.name)).config
    wanted = consumer_config(durable, stream)
    for field in ("ack_policy", "ack_wait", "max_deliver", "max_ack_pending"):
        if getattr(actual, field) != getattr(wanted, field):
            return f"{field} is {getattr(actual, field)}, must be {getattr(wanted, field)}"
    heard = actual.filter_subjects or ([actual.filter_subject] if actual.filter_subject else [])
    if sorted(heard) != sorted(wanted.filter_subjects or []):
        return f"it hears {heard}, must hear {wanted.filter_subjects}"
    return None
