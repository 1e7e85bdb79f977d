"""Streams rebuilt from the ledgers, against real servers: everything once, in order, however often it is begun."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from nats.js import JetStreamContext

from deploy.bus import ensure_streams, jetstream, rebuild_streams
from deploy.local.servers import Nats
from deploy.rebuild import PUBLISH_AT_ONCE, Ledgers, rebuild
from shared.messaging import BusSettings
from shared.messaging.publisher import Publisher
from shared.messaging.topology import STREAMS
from shared.persistence import ledger
from shared.persistence.database import Database
from tests.contract.messaging.conftest import js, ledgers
from tests.contract.messaging.listening import AT, LISTENER, failed

__all__ = ["js", "ledgers"]

Make = Callable[[str], Awaitable[Database]]
HOUR = timedelta(hours=1)


@pytest.fixture
async def databases(ledgers: Make) -> Mapping[str, Database]:
    return {name: await ledgers(name) for name in ("notify", "routing")}


@pytest.fixture
async def books(databases: Mapping[str, Database]) -> AsyncIterator[Ledgers]:
    opened = Ledgers({name: database._engine.url for name, database in databases.items()})
    yield opened
    await opened.close()


async def _say(database: Database, count: int, *, hour: int, is_sealed: bool = False) -> list[UUID]:
    events = [replace(failed(uuid4(), is_sealed=is_sealed), recorded_at=AT + hour * HOUR) for _ in range(count)]
    async with database.transaction() as transaction:
        transaction.emit(events)
    return [event.id for event in events]


async def _ids(js: JetStreamContext, stream: str) -> list[UUID]:
    """The ids in a stream, in its order."""
    count = (await js.stream_info(stream)).state.messages
    messages = [await js.get_msg(stream, seq) for seq in range(1, count + 1)]
    return [UUID((message.headers or {})["Nats-Msg-Id"]) for message in messages]


async def _lose_streams(js: JetStreamContext) -> None:
    for stream in STREAMS:
        await js.delete_stream(stream)


def _quiet(_count: int) -> None:
    """No progress bar."""


async def test_the_schemas_are_merged_by_the_time_of_recording(
    js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    first = await _say(databases["notify"], 2, hour=0)
    third = await _say(databases["notify"], 2, hour=2)
    second = await _say(databases["routing"], 2, hour=1)
    sealed = await _say(databases["routing"], 1, hour=3, is_sealed=True)
    done = await rebuild(books, js, progress=_quiet)
    assert (done.in_ledgers, done.already_there, done.published) == (7, 0, 7)
    assert await _ids(js, "PETITIONS") == first + second + third
    assert await _ids(js, "SEALED") == sealed


async def test_a_schemas_own_order_holds_where_its_clock_went_backwards(
    js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    late = await _say(databases["notify"], 1, hour=5)
    early = await _say(databases["notify"], 1, hour=1)
    await rebuild(books, js, progress=_quiet)
    assert await _ids(js, "PETITIONS") == late + early


async def test_what_the_streams_hold_is_not_published_again(
    js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    said = await _say(databases["notify"], 10, hour=0)
    async with databases["notify"].reading() as connection:
        stored = await ledger.unsent(connection, source="notify", limit=100)
    await Publisher(js).publish(stored[::2])
    done = await rebuild(books, js, progress=_quiet)
    assert (done.already_there, done.published) == (5, 5)
    assert sorted(await _ids(js, "PETITIONS")) == sorted(said)
    again = await rebuild(books, js, progress=_quiet)
    assert (again.already_there, again.published) == (10, 0)


async def test_more_than_one_page_arrives_whole_and_is_counted(
    js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    count = 2 * PUBLISH_AT_ONCE + 7
    said = await _say(databases["notify"], count, hour=0)
    seen: list[int] = []
    await rebuild(books, js, progress=seen.append)
    assert sum(seen) == count
    assert await books.count() == count
    assert (await js.stream_info("PETITIONS")).state.messages == len(said)


async def test_a_lost_stream_is_rebuilt_before_anybody_listens(
    js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    said = await _say(databases["notify"], 3, hour=0)
    await _lose_streams(js)
    done = await ensure_streams(js, [LISTENER], books)
    assert done is not None
    assert done.published == 3
    assert await _ids(js, "PETITIONS") == said
    assert (await js.consumer_info("PETITIONS", LISTENER.name)).num_pending == 3


async def test_an_interrupted_rebuild_is_gone_on_with(
    js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    said = await _say(databases["notify"], 2 * PUBLISH_AT_ONCE, hour=0)
    await _lose_streams(js)

    def interrupt(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rebuild_streams(js, [LISTENER], books, progress=interrupt)
    assert (await js.stream_info("PETITIONS")).state.messages == PUBLISH_AT_ONCE
    done = await ensure_streams(js, [LISTENER], books)
    assert done is not None
    assert done.already_there == PUBLISH_AT_ONCE
    assert (await js.stream_info("PETITIONS")).state.messages == len(said)
    assert await ensure_streams(js, [LISTENER], books) is None


async def test_nothing_is_rebuilt_where_nothing_was_said(js: JetStreamContext, books: Ledgers) -> None:
    await _lose_streams(js)
    assert await ensure_streams(js, [LISTENER], books) is None
    assert (await js.consumer_info("PETITIONS", LISTENER.name)).num_pending == 0


async def test_a_wiped_store_is_filled_again(
    nats_server: Nats, bus: BusSettings, js: JetStreamContext, databases: Mapping[str, Database], books: Ledgers
) -> None:
    said = await _say(databases["routing"], 20, hour=0)
    await rebuild(books, js, progress=_quiet)
    nats_server.kill()
    nats_server.wipe()
    nats_server.start()
    async with jetstream(bus) as fresh:
        await ensure_streams(fresh, [LISTENER], books)
        assert await _ids(fresh, "PETITIONS") == said
