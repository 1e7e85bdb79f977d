"""One durable pull consumer: made where it is missing, asked for what is there at once, sought again whatever breaks.

One request stays open on the server and is renewed when it is used up or its time is over: nothing is polled, and on a quiet day
an event is here within a millisecond.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.errors import NotFoundError

PULL_SECONDS = 5.0
PATIENCE_SECONDS = 2.0
STATUS = "Status"
_ENDED = {"404", "408", "409"}  # nothing there; time is up; used up: ask again at once
_NOBODY = "503"
API = "$JS.API.CONSUMER.MSG.NEXT"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class From:
    """From when a new consumer gets events: the stream's beginning, an instant, or now. One that is there goes on."""

    at: datetime | None = None
    is_new: bool = False


BEGINNING = From()
NOW = From(is_new=True)


def since(at: datetime) -> From:
    """Begin with what was stored at an instant (aware)."""
    if at.tzinfo is None:
        raise ValueError("name the time zone of the instant")
    return From(at=at)


@dataclass(frozen=True, slots=True)
class Where:
    """Which consumer: of which stream, called what, from when, filtered by which subjects (all: none)."""

    stream: str
    durable: str
    start: From
    subjects: tuple[str, ...]
    ack_wait_seconds: float
    ack_pending_max: int

    def config(self) -> ConsumerConfig:
        """Return the consumer as it is made. The server never gives up on a message: what is poison we say ourselves."""
        policy = DeliverPolicy.ALL
        if self.start.at is not None:
            policy = DeliverPolicy.BY_START_TIME
        elif self.start.is_new:
            policy = DeliverPolicy.NEW
        return ConsumerConfig(
            durable_name=self.durable,
            deliver_policy=policy,
            opt_start_time=self.start.at,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self.ack_wait_seconds,
            max_deliver=-1,
            max_ack_pending=self.ack_pending_max,
            filter_subjects=list(self.subjects) or None,
        )


@dataclass(frozen=True, slots=True)
class Out:
    """What a consumer has delivered: up to which place, how much of that is not settled, and up to which place all is."""

    until: int
    unsettled: int
    floor: int


class Pull:
    """Takes messages of a consumer over one connection."""

    def __init__(self, connection: Client, where: Where, *, batch: int) -> None:
        self._connection = connection
        self._js: JetStreamContext = connection.jetstream()
        self._where = where
        self._batch = batch
        self._inbox = connection.new_inbox()
        self._subscription: Subscription | None = None
        self._open = 0

    async def begin(self, *, last_at: datetime | None) -> Out:
        """Make sure of the consumer; return what is delivered and not settled. `last_at`: where the consumer was lost while
        we ran, it begins anew from there.
        """
        where = self._where if last_at is None else replace(self._where, start=From(at=last_at))
        try:
            info = await self._js.consumer_info(where.stream, where.durable)
        except NotFoundError:
            info = await self._js.add_consumer(where.stream, where.config())
            _log.info("made the consumer %s of %s", where.durable, where.stream)
        if self._subscription is None:
            self._subscription = await self._connection.subscribe(self._inbox)
        self._open = 0
        return _out(info)

    async def take(self) -> list[Msg]:
        """Wait for something, a few seconds at most; return what is here, which may be nothing. Raises NotFoundError where the
        consumer is gone, TimeoutError where the server owes an answer.
        """
        if self._subscription is None:
            raise RuntimeError("begin first")
        if self._open <= 0:
            self._open = self._batch
            wanted = {"batch": self._batch, "expires": int(PULL_SECONDS * 1e9)}
            subject = f"{API}.{self._where.stream}.{self._where.durable}"
            await self._connection.publish(subject, json.dumps(wanted).encode(), reply=self._inbox)
        first = await self._subscription.next_msg(timeout=PULL_SECONDS + PATIENCE_SECONDS)
        arrived = [first]
        while len(arrived) < self._batch and self._subscription.pending_msgs:
            arrived.append(await self._subscription.next_msg(timeout=PATIENCE_SECONDS))
        messages = [message for message in arrived if not _status(message)]
        self._open -= len(messages)
        for status in (_status(message) for message in arrived):
            if status:
                self._open = 0
                await self._heed(status)
        return messages

    async def out(self) -> Out:
        """Return what is delivered and not settled, as the server counts."""
        return _out(await self._js.consumer_info(self._where.stream, self._where.durable))

    async def give_back(self) -> None:
        """Leave; what has arrived and was not begun is given back at once."""
        if self._subscription is None:
            return
        while self._subscription.pending_msgs:
            message = await self._subscription.next_msg(timeout=PATIENCE_SECONDS)
            if not _status(message):
                await message.nak()
        await self._subscription.unsubscribe()
        self._subscription = None

    async def _heed(self, status: str) -> None:
        if status == _NOBODY:
            await self._js.consumer_info(self._where.stream, self._where.durable)  # NotFoundError: it is gone
            await asyncio.sleep(PATIENCE_SECONDS / 4)
        elif status not in _ENDED:
            await asyncio.sleep(PATIENCE_SECONDS / 4)


def _out(info: ConsumerInfo) -> Out:
    delivered, floor = info.delivered, info.ack_floor
    return Out(
        until=(delivered.stream_seq if delivered else 0) or 0,
        unsettled=info.num_ack_pending or 0,
        floor=(floor.stream_seq if floor else 0) or 0,
    )


def _status(message: Msg) -> str:
    return (message.headers or {}).get(STATUS, "") if not message.data else ""
