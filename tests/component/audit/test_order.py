"""Every event once and in the order of its stream: replicas, restarts, repeats, lost streams, messages that cannot be read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from services.audit.app import DURABLE
from services.audit.bus import participant
from services.audit.domain.entry import Entry
from services.audit.store import log as store
from shared.contracts import Envelope
from shared.messaging import BusSettings, Participant
from shared.messaging.topology import STREAMS, provision
from shared.persistence import Database
from shared.testing import FakeClock, wait_until
from tests.component.audit.conftest import NOW
from tests.component.audit.story import Story, publish

STORIES = 60
RESTARTS = 6
Events = Sequence[tuple[Envelope, bytes]]
Replicas = Callable[[], Awaitable[Participant]]


@asynccontextmanager
async def listening(database: Database, bus: BusSettings) -> AsyncIterator[Participant]:
    """A replica that hears as long as the block lasts."""
    part = participant(database=database, bus=bus, clock=FakeClock(NOW))
    await part.start()
    try:
        yield part
    finally:
        await part.stop()


async def entries(database: Database) -> list[Entry]:
    async with database.reading() as connection:
        return await store.entries_after(connection, 0, limit=10_000)


async def logged(database: Database, number: int) -> list[Entry]:
    async def enough() -> list[Entry]:
        found = await entries(database)
        return found if len(found) >= number else []

    return await wait_until(enough, what=f"{number} entries in the log")


def check(found: Sequence[Entry], number: int) -> None:
    """Every event once, the positions without a gap, each stream in its own order."""
    assert len({entry.id for entry in found}) == len(found) == number
    assert [entry.position for entry in found] == list(range(1, number + 1))
    for stream in STREAMS:
        places = [entry.stream_seq for entry in found if entry.stream == stream]
        assert places == sorted(places)


def stories(number: int = STORIES) -> list[tuple[Envelope, bytes]]:
    made = [Story(f"HN{n}", is_sealed=n % 3 == 0).whole().events for n in range(number)]
    return [event for turn in zip(*made, strict=True) for event in turn]


async def test_two_replicas_write_one_order(js: JetStreamContext, database: Database, bus: BusSettings) -> None:
    events = stories()
    async with listening(database, bus), listening(database, bus):
        for start in range(0, len(events), 40):
            await publish(js, events[start : start + 40])
        found = await logged(database, len(events))
    check(found, len(events))


async def test_who_is_stopped_in_the_middle_goes_on_behind_the_last_commit(
    js: JetStreamContext, database: Database, bus: BusSettings
) -> None:
    events = stories()
    parts = [events[n :: RESTARTS + 1] for n in range(RESTARTS + 1)]
    for part in parts:
        await publish(js, part)
        async with listening(database, bus):
            await logged(database, len(await entries(database)) + 1)
    async with listening(database, bus):
        found = await logged(database, len(events))
    check(found, len(events))


async def test_a_repeat_and_a_place_that_is_set_back_add_nothing(
    js: JetStreamContext, database: Database, bus: BusSettings
) -> None:
    events = stories(6)
    await publish(js, events)
    async with listening(database, bus):
        await logged(database, len(events))
        await publish(js, events, again=True)
        async with database.transaction() as transaction:
            await transaction.connection.execute(text("UPDATE stream_cursors SET seq = 0, mark = ''"))
        more = Story("HN-more").whole().events
        await publish(js, more)
        found = await logged(database, len(events) + len(more))
    check(found, len(events) + len(more))


async def test_a_stream_that_was_lost_and_rebuilt_is_heard_from_its_beginning(
    js: JetStreamContext, database: Database, bus: BusSettings
) -> None:
    events = stories(6)
    await publish(js, events)
    async with listening(database, bus):
        await logged(database, len(events))
        for stream in STREAMS:
            await js.delete_stream(stream)
        await provision(js, [DURABLE])
        more = Story("HN-more").whole().events
        await publish(js, [*more[:3], *events, *more[3:]])
        found = await logged(database, len(events) + len(more))
    assert len({entry.id for entry in found}) == len(found) == len(events) + len(more)
    assert [entry.id for entry in found[len(events) :]] == [envelope.id for envelope, _ in more]


async def test_what_comes_before_its_cause_or_an_earlier_version_is_taken_in_its_place(
    js: JetStreamContext, database: Database, bus: BusSettings
) -> None:
    events = Story("HN").whole().events
    disordered = [*events[3:], *events[:3]]
    await publish(js, disordered)
    async with listening(database, bus):
        found = await logged(database, len(events))
    assert [entry.id for entry in found] == [envelope.id for envelope, _ in disordered]
    check(found, len(events))


async def test_what_cannot_be_read_is_parked_in_its_turn_and_holds_nothing_up(
    js: JetStreamContext, database: Database, bus: BusSettings
) -> None:
    first, second = Story("HN1").whole().events, Story("HN2").whole().events
    await publish(js, first)
    await js.publish("petitions.intake.petition.lodged.v1._.x", b"{}", headers={"ce-id": "none"})
    forged = replace(first[0][0], id=uuid4(), actor="person:nobody")
    await publish(js, [(forged, first[0][1]), *second])
    async with listening(database, bus) as part:
        found = await logged(database, len(first) + len(second))
        waiting = await part.parked.list(10)
    check(found, len(first) + len(second))
    assert sorted(message.reason.partition(":")[0] for message in waiting) == ["bad_envelope", "version_said_twice"]


async def test_what_nobody_of_ours_said_is_passed_over(js: JetStreamContext, database: Database, bus: BusSettings) -> None:
    await js.publish("petitions.stranger.petition.lodged.v1._.x", b"{}")
    await publish(js, Story("HN").whole().events)
    async with listening(database, bus) as part:
        found = await logged(database, 7)
        assert await part.parked.list(10) == []
    check(found, 7)


@pytest.mark.parametrize("stream", sorted(STREAMS))
async def test_a_missing_stream_is_named_and_heard_once_it_is_there(
    js: JetStreamContext, database: Database, bus: BusSettings, stream: str
) -> None:
    await js.delete_stream(stream)
    async with listening(database, bus) as part:

        async def is_told() -> bool:
            return any(stream in problem for problem in await part.problems())

        await wait_until(is_told, what="the missing stream among the problems")
        await provision(js, [DURABLE])
        events = stories(3)
        await publish(js, events)
        check(await logged(database, len(events)), len(events))

        async def is_well() -> bool:
            return not await part.problems()

        await asyncio.wait_for(wait_until(is_well), timeout=20)
