"""The one stream of an agency's account: made, and made right again, by a user of ours who lives a minute.

Invariant: no event is left out. Where PETITIONS was made anew the source begins with the first event that the agency lacks.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ExternalStream, StorageType, StoreCompression, StreamConfig, StreamInfo, StreamSource
from nats.js.errors import NotFoundError, ServerError, ServiceUnavailableError

from shared.kernel.refusals import Trouble
from shared.messaging.accounts.keys import Key, Kind
from shared.messaging.accounts.layout import (
    AGENCY_STREAM,
    DELIVERY,
    GENERATION,
    SOURCE_STREAM,
    STREAM_MESSAGES_MAX,
    Agency,
    events_of,
    source_api,
)
from shared.messaging.accounts.system import as_user, connect
from shared.messaging.reading import ids_of
from shared.messaging.settings import BusSettings
from shared.messaging.topology import DUPLICATE_WINDOW_SECONDS

USER_LIVES = timedelta(minutes=10)
NOT_YET_TRIES_MAX, NOT_YET_PAUSE_SECONDS = 20, 0.1  # a new account has its JetStream a moment later
_WATCHED = ("max_msgs", "deny_delete", "deny_purge", "duplicate_window")


def generation_of(info: StreamInfo) -> str:
    """Return the name of this life of PETITIONS."""
    if info.created is None:
        raise Trouble("nats-server does not say since when PETITIONS is there", code="bus_unreachable")
    return f"g{int(info.created.timestamp() * 1000):x}"


async def present_generation(core: JetStreamContext) -> str:
    """Return which life of PETITIONS there is. Raises Trouble where there is none."""
    try:
        return generation_of(await core.stream_info(SOURCE_STREAM))
    except (NatsError, OSError, TimeoutError) as error:
        raise Trouble(f"the stream {SOURCE_STREAM} cannot be had: {type(error).__name__}", code="bus_unreachable") from error


async def ensure_stream(bus: BusSettings, agency: Agency, core: JetStreamContext, *, by: Key, now: datetime) -> bool:
    """Make or mend the stream of an agency whose account is in force; return whether there was anything to do. Raises Trouble."""
    try:
        async with _within(bus, agency, by=by, now=now) as js:
            return await _ensure(js, agency, core)
    except (NatsError, OSError, TimeoutError) as error:
        raise Trouble(
            f"the stream of {agency.office} cannot be made: {type(error).__name__} {error}", code="bus_unreachable"
        ) from error


def stream_config(agency: Agency, *, replicas: int, starts_at: int | None = None) -> StreamConfig:
    """Return what the stream must be."""
    source = StreamSource(
        name=SOURCE_STREAM,
        filter_subject=events_of(agency.office),
        opt_start_seq=starts_at,
        external=ExternalStream(api=source_api(agency.generation), deliver=f"{DELIVERY}.{agency.office}"),
    )
    return StreamConfig(
        name=AGENCY_STREAM,
        sources=[source],
        storage=StorageType.FILE,
        max_msgs=STREAM_MESSAGES_MAX,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        deny_delete=True,
        deny_purge=True,
        compression=StoreCompression.S2,
        num_replicas=replicas,
        metadata={GENERATION: agency.generation},
    )


@asynccontextmanager
async def _within(bus: BusSettings, agency: Agency, *, by: Key, now: datetime) -> AsyncIterator[JetStreamContext]:
    how = as_user(agency.account, Key.new(Kind.USER), by, name="caunoi", now=now, ends_at=now + USER_LIVES)
    client = await connect(bus, how, name=f"agency-{agency.office}")
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def _ensure(js: JetStreamContext, agency: Agency, core: JetStreamContext) -> bool:
    replicas = (await core.stream_info(SOURCE_STREAM)).config.num_replicas or 1
    wanted = stream_config(agency, replicas=replicas)
    info = await _info(js)
    if info is None:
        await js.add_stream(wanted)
        return True
    if (info.config.metadata or {}).get(GENERATION) != agency.generation:
        starts_at = await first_lacking(js, core, agency)
        await js.update_stream(stream_config(agency, replicas=replicas, starts_at=starts_at))
        return True
    if all(getattr(info.config, name) == getattr(wanted, name) for name in _WATCHED):
        return False
    await js.update_stream(replace(wanted, sources=info.config.sources))
    return True


async def _info(js: JetStreamContext) -> StreamInfo | None:
    """Return the stream, None where there is none. Waits a moment for an account that is new."""
    for _ in range(NOT_YET_TRIES_MAX - 1):
        try:
            return await js.stream_info(AGENCY_STREAM)
        except NotFoundError:
            return None
        except (ServerError, ServiceUnavailableError):
            await asyncio.sleep(NOT_YET_PAUSE_SECONDS)
    try:
        return await js.stream_info(AGENCY_STREAM)
    except NotFoundError:
        return None


async def first_lacking(js: JetStreamContext, core: JetStreamContext, agency: Agency) -> int | None:
    """Return the place in PETITIONS of the first event of an office that its agency lacks; None: before everything.

    After it some may come a second time: where PETITIONS was made anew, its order is that of the ledgers.
    """
    known = {event_id async for _, event_id in ids_of(js, AGENCY_STREAM)}
    last = 0
    async for place, event_id in ids_of(core, SOURCE_STREAM, subject=events_of(agency.office)):
        if event_id not in known:
            return place
        last = place
    return last + 1 if last else None
