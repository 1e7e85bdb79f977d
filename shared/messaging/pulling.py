"""One pull request that stays open: what is there is taken at once, up to a batch, and nothing waits on a quiet day.

FastStream waits until a batch is full or the time is up (half a second of latency on a quiet day) and asks again without a pause
when the connection is closed or the consumer is gone (a core at 100 %); nats-py's own `fetch` may wait out its whole time after
the first message.
"""

import asyncio
import json

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

PULL_SECONDS = 2.0
BUSY_MIN = 4
GATHER_SECONDS = 0.02  # under load a moment's patience makes one transaction of several; on a quiet day nothing waits
RETRY_SECONDS = 0.5
_CONFLICT, _NOBODY = "409", "503"
_ENDED = {"404", "408", _CONFLICT}  # nothing there; time is up; used up: ask again at once


class OpenPull:
    """Takes messages of a pull consumer. The request is renewed when it is used up or has expired."""

    def __init__(self, connection: Client, subscription: JetStreamContext.PullSubscription, batch_size: int) -> None:
        connection._parse_header_lines = parse_headers  # type: ignore[method-assign]  # noqa: SLF001 - see parse_headers
        self._connection, self._subscription, self._batch_size = connection, subscription, batch_size
        self._open = 0
        self._is_busy = False
        self.is_answered = True
        """Whether the server still speaks for the consumer; where not, it may be gone."""

    def forget(self) -> None:
        """Ask anew: the server was restarted, or the line was cut, and owes no answer any more."""
        self._open = 0

    async def take(self) -> list[Msg]:
        """Wait for something; return the messages that are here, which may be none. Raises NatsError, TimeoutError."""
        subscription = self._subscription
        if self._open <= 0:
            self._open = self._batch_size
            wanted = {"batch": self._open, "expires": int(PULL_SECONDS * 1_000_000_000)}
            await self._connection.publish(subscription._nms, json.dumps(wanted).encode(), subscription._deliver)  # noqa: SLF001 - nats-py has no open pull
        first = await subscription._sub.next_msg(timeout=PULL_SECONDS + RETRY_SECONDS)  # noqa: SLF001
        if self._is_busy:
            await asyncio.sleep(GATHER_SECONDS)
        arrived = [first, *waiting(subscription, self._batch_size - 1)]
        messages = [message for message in arrived if not JetStreamContext.is_status_msg(message)]
        self._open -= len(messages)
        self._is_busy = BUSY_MIN <= len(messages) < self._batch_size
        if len(messages) < len(arrived):
            self._open = 0
            told = {JetStreamContext.is_status_msg(message) for message in arrived if message not in messages}
            self.is_answered = not told & {_CONFLICT, _NOBODY}
            if told - _ENDED:
                await asyncio.sleep(RETRY_SECONDS)
        return messages


def waiting(subscription: JetStreamContext.PullSubscription, most: int) -> list[Msg]:
    """Return the messages that have arrived and were not taken yet."""
    inner = subscription._sub  # noqa: SLF001 - what nats-py's fetch does
    found: list[Msg] = []
    while len(found) < most and not inner._pending_queue.empty():  # noqa: SLF001
        message = inner._pending_queue.get_nowait()  # noqa: SLF001
        inner._pending_size -= len(message.data)  # noqa: SLF001
        found.append(message)
    return found


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
