"""The streams as an operator makes them: provisioned, and rebuilt from the ledgers after a loss.

Invariant: a stream is never left half rebuilt unnoticed. It carries a mark while a rebuild is under way, and whoever provisions
next goes on with it; consumers are made afterwards.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from deploy.rebuild import Ledgers, Progress, Rebuilt, rebuild
from shared.kernel.refusals import Trouble
from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS, Durable, provision, stream_config

CONNECT_SECONDS_MAX = 5
CONNECT_ATTEMPTS = 3
RETRY_SECONDS = 0.5
_MARK = {"caunoi-rebuild": "unfinished"}


@asynccontextmanager
async def jetstream(bus: BusSettings) -> AsyncIterator[JetStreamContext]:
    """Connect for the length of the block. Raises Trouble where nats-server does not answer."""

    async def quiet(_error: Exception) -> None:
        """Errors of this short connection come back from the calls themselves."""

    try:
        connection = await nats.connect(
            bus.servers(),
            **bus.signing_in(),
            name="caunoi-operator",
            connect_timeout=CONNECT_SECONDS_MAX,
            max_reconnect_attempts=CONNECT_ATTEMPTS,
            reconnect_time_wait=RETRY_SECONDS,
            error_cb=quiet,
        )
    except (NatsError, OSError, TimeoutError) as error:
        raise Trouble(
            f"nats-server at {bus.url} does not answer: {error or type(error).__name__}", code="bus_unreachable"
        ) from error
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


async def ensure_streams(
    js: JetStreamContext,
    durables: Iterable[Durable],
    ledgers: Ledgers,
    *,
    replicas: int = 1,
    progress: Progress = lambda _count: None,
) -> Rebuilt | None:
    """Make streams and consumers as they must be; fill streams that were lost (or half rebuilt) from the ledgers first.

    Returns what was rebuilt, None where nothing was missing.
    """
    lost = [stream for stream in STREAMS if await _is_lost(js, stream)]
    done = None
    if lost and await ledgers.count():
        done = await rebuild_streams(js, durables, ledgers, replicas=replicas, progress=progress)
    await provision(js, durables, replicas=replicas)
    return done


async def rebuild_streams(
    js: JetStreamContext, durables: Iterable[Durable], ledgers: Ledgers, *, progress: Progress, replicas: int = 1
) -> Rebuilt:
    """Publish what the streams lack, then provision them."""
    for stream in STREAMS:
        await _mark(js, stream_config(stream, replicas=replicas))
    done = await rebuild(ledgers, js, progress=progress)
    await provision(js, durables, replicas=replicas)  # takes the marks away: its configuration has none
    return done


async def _is_lost(js: JetStreamContext, stream: str) -> bool:
    try:
        info = await js.stream_info(stream)
    except NotFoundError:
        return True
    return _MARK.items() <= (info.config.metadata or {}).items()


async def _mark(js: JetStreamContext, wanted: StreamConfig) -> None:
    """Create the stream if it is not there, with the mark of an unfinished rebuild."""
    config = replace(wanted, metadata=dict(_MARK))
    try:
        await js.stream_info(wanted.name or "")
    except NotFoundError:
        await js.add_stream(config)
    else:
        await js.update_stream(config)
