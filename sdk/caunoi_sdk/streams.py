"""An office's stream, event by event: typed, in order for each petition, acknowledged only after your handler is done.

Invariant: nothing is lost and nothing is skipped silently. A message leaves the stream when its effect is committed, when it was
handled before, or when your dead letter took it; whatever else happens, it comes again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Generic, Self

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from caunoi_sdk.event import Event
from caunoi_sdk.pulling import BEGINNING, From, Pull, Where
from caunoi_sdk.settling import DeadLetter, Settling
from caunoi_sdk.stores import Connection, Store

STREAM = "AGENCY"
BATCH = 100
ACK_WAIT_SECONDS = 30.0
ACK_PENDING_MAX = 1000
RETRY_SECONDS = 1.0
RECONNECT_SECONDS = 0.5
PING_SECONDS, PINGS_OUTSTANDING_MAX = 5, 3
FOREVER = -1

Handler = Callable[[Event, Connection], Awaitable[None]]
BatchHandler = Callable[[Sequence[Event], Connection], Awaitable[None]]

_log = logging.getLogger(__name__)


class Events(Generic[Connection]):
    """A durable consumer of an office's stream.

    `url` and `credentials` (the .creds file) are what `caunoi agency add` gave you; the file is read again at each connection, so
    it may be replaced while you run. `durable` is your consumer's name; run one program under it at a time, or the events of a
    petition may be handled out of order. `store` is where you keep what you made of events; `dead_letter` gets what cannot be
    handled (without one it comes again for ever).
    """

    def __init__(
        self,
        url: str,
        *,
        durable: str,
        store: Store[Connection],
        credentials: Path | str | None = None,
        start: From = BEGINNING,
        subjects: Sequence[str] = (),
        stream: str = STREAM,
        batch: int = BATCH,
        ack_wait_seconds: float = ACK_WAIT_SECONDS,
        dead_letter: DeadLetter | None = None,
        deliveries_max: int | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        self._url = url
        self._sign_in = {"user_credentials": str(credentials)} if credentials else {"user": user, "password": password}
        self._where = Where(stream, durable, start, tuple(subjects), ack_wait_seconds, ACK_PENDING_MAX)
        self._batch = batch
        self._store = store
        self._dead_letter = dead_letter
        self._deliveries_max = deliveries_max
        self._stopping = asyncio.Event()
        self._last_at: datetime | None = None
        self.problem: str | None = "not connected yet"
        """What keeps it from hearing events, in words; None while it hears them. For your own readiness check."""

    def stop(self) -> None:
        """Ask for an orderly end: what is in hand is finished, what has not begun is given back. Safe in a signal handler."""
        self._stopping.set()

    async def run(self, handler: Handler[Connection]) -> None:
        """Hand over one event at a time, each in a transaction of its own, until `stop`. Never gives up by itself."""

        async def one_by_one(events: Sequence[Event], connection: Connection) -> None:
            for event in events:
                await handler(event, connection)

        await self._run(one_by_one, together=1)

    async def run_batches(self, handler: BatchHandler[Connection]) -> None:
        """Hand over what is there together, in one transaction: much faster. Where it fails, the events come one by one."""
        await self._run(handler, together=self._batch)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _run(self, handler: BatchHandler[Connection], *, together: int) -> None:
        settling = Settling(
            self._store,
            handler,
            together=together,
            ack_wait_seconds=self._where.ack_wait_seconds,
            dead_letter=self._dead_letter,
            deliveries_max=self._deliveries_max,
        )
        while not self._stopping.is_set():
            try:
                await self._hear(settling)
            except (NatsError, OSError, TimeoutError) as error:
                self._tell(f"the bus: {str(error) or type(error).__name__}")
                await self._pause(RETRY_SECONDS)

    async def _hear(self, settling: Settling[Connection]) -> None:
        """Connect, hear until the connection is given up or we are asked to stop, leave."""
        closed, again = asyncio.Event(), asyncio.Event()
        connection = await self._connected(closed, again)
        pull = Pull(connection, self._where, batch=self._batch)
        again.set()
        try:
            while not (self._stopping.is_set() or closed.is_set()):
                if again.is_set():  # what was on the way when the line broke comes again later than what is new
                    again.clear()
                    settling.begin(await pull.begin(last_at=self._last_at))
                    self._tell(None)
                await self._one_take(pull, settling, again)
        finally:
            await self._leave(connection, pull)

    async def _one_take(self, pull: Pull, settling: Settling[Connection], again: asyncio.Event) -> None:
        taking = asyncio.ensure_future(pull.take())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({taking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not taking.done():
            taking.cancel()
            await asyncio.wait({taking})
            return
        try:
            messages = taking.result()
        except NotFoundError:
            self._tell(f"the consumer {self._where.durable} is gone; it is made anew")
            again.set()
            return
        except TimeoutError:  # the server owes an answer by now: it was restarted, or the line was cut
            again.set()
            return
        if messages:
            self._last_at = await settling.settle(messages, pull) or self._last_at

    async def _connected(self, closed: asyncio.Event, again: asyncio.Event) -> Client:
        async def told(error: Exception) -> None:
            _log.warning("bus: %s", str(error) or type(error).__name__)

        async def over() -> None:
            closed.set()

        async def back() -> None:
            again.set()

        return await nats.connect(
            self._url,
            name=f"caunoi-sdk {self._where.durable}",
            allow_reconnect=True,
            max_reconnect_attempts=FOREVER,
            reconnect_time_wait=RECONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=PINGS_OUTSTANDING_MAX,
            error_cb=told,
            closed_cb=over,
            reconnected_cb=back,
            **self._sign_in,
        )

    async def _leave(self, connection: Client, pull: Pull) -> None:
        try:
            if connection.is_connected:
                await pull.give_back()
                await connection.flush()
        except (NatsError, OSError, TimeoutError) as error:
            _log.debug("leaving: %s", error)
        finally:
            await connection.close()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _tell(self, problem: str | None) -> None:
        if problem != self.problem:
            _log.info("hearing events" if problem is None else problem)
        self.problem = problem
