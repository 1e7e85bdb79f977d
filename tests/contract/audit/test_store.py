"""The log's store on a real database: positions without a gap whoever appends, and what was mentioned is found."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from services.audit.store import log as store
from services.audit.wire.recording import petition_row, row_of
from shared.messaging import Incoming
from shared.messaging.parked import ParkedMessage, park
from shared.persistence import Database, DatabaseSettings
from tests.component.audit.story import Story

NOW = datetime(2026, 11, 18, tzinfo=UTC)
WRITERS, BATCHES, BROKEN = 4, 8, 3


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("audit")).sqlalchemy_url(), schema="audit")
    yield database
    await database.close()


def heard(story: Story) -> list[Incoming]:
    return [Incoming(envelope, None, body, "PETITIONS", seq) for seq, (envelope, body) in enumerate(story.events, start=1)]


class GivingUp(Exception):  # noqa: N818 - it is no error here
    """A batch that ends without a commit."""


async def append(database: Database, items: list[Incoming], *, gives_up: bool = False) -> None:
    async with database.transaction() as transaction:
        await store.append(transaction.connection, [row_of(item, heard_at=NOW) for item in items])
        if gives_up:
            raise GivingUp


async def log(database: Database) -> list[tuple[int, UUID]]:
    async with database.reading() as connection:
        return [(entry.position, entry.id) for entry in await store.entries_after(connection, 0, limit=10_000)]


async def test_positions_have_no_gap_though_many_append_at_once_and_some_give_up(database: Database) -> None:
    stories = [Story(f"HN{number}").whole() for number in range(WRITERS * BATCHES)]

    async def write(own: list[Story]) -> None:
        for number, story in enumerate(own):
            if number % BROKEN == 0:
                with pytest.raises(GivingUp):
                    await append(database, heard(story), gives_up=True)
            await append(database, heard(story))

    await asyncio.gather(*(write(stories[start::WRITERS]) for start in range(WRITERS)))
    found = await log(database)
    assert [position for position, _ in found] == list(range(1, 7 * len(stories) + 1))
    by_id = {event_id: position for position, event_id in found}
    for story in stories:  # each batch stands together, in its order
        places = [by_id[envelope.id] for envelope, _ in story.events]
        assert places == list(range(places[0], places[0] + 7))


async def test_whoever_reads_behind_a_position_misses_nothing_that_comes_later(database: Database) -> None:
    """A position that is visible means that all before it are: an export may go on from any of them."""
    seen: list[int] = []

    async def read() -> None:
        while len(seen) < 7 * BATCHES:
            async with database.reading() as connection:
                seen.extend(e.position for e in await store.entries_after(connection, seen[-1] if seen else 0, limit=5))

    await asyncio.gather(read(), *(append(database, heard(Story(f"HN{n}").whole())) for n in range(BATCHES)))
    assert seen == list(range(1, 7 * BATCHES + 1))


async def test_an_event_cannot_stand_in_the_log_twice(database: Database) -> None:
    items = heard(Story("HN").whole())
    await append(database, items)
    with pytest.raises(IntegrityError):  # the same id under another version
        await append(database, [replace(items[0], envelope=replace(items[0].envelope, version=99))])
    async with database.transaction() as transaction:  # another id under the same version
        other = replace(items[0], envelope=replace(items[0].envelope, id=uuid4()))
        assert await store.append(transaction.connection, [row_of(other, heard_at=NOW)]) == 0
    assert len(await log(database)) == 7


async def test_the_first_code_of_a_petition_stays(database: Database) -> None:
    story = Story("HN8K-2FQ7-XM3P")
    story.lodge()
    row = petition_row(heard(story)[0])
    assert row is not None
    async with database.transaction() as transaction:
        await store.name_petitions(transaction.connection, [row])
        await store.name_petitions(transaction.connection, [{**row, "petition_id": uuid4()}])
    async with database.reading() as connection:
        assert await store.petition(connection, code_key="HN8K2FQ7XM3P") == (story.id, story.code)
        assert await store.code_of(connection, story.id) == story.code
        assert await store.code_of(connection, uuid4()) is None


async def test_a_parked_message_tells_its_own_version_and_that_of_the_cause_it_waits_for(database: Database) -> None:
    story = Story("HN")
    story.set_deadline(story.route(story.lodge()), uuid4())
    deadline, body = story.events[2]
    unreadable = {"ce-source": "routing", "ce-version": "many", "ce-cause": "nonsense"}
    async with database.transaction() as transaction:
        for seq, headers in enumerate([deadline.headers(), unreadable], start=1):
            message = ParkedMessage(
                id=ParkedMessage.id_for("audit", "PETITIONS", seq),
                consumer="audit",
                stream="PETITIONS",
                stream_seq=seq,
                subject="x",
                headers=headers,
                body=body,
                reason="too_early",
                deliveries=60,
                aggregate_id=story.id,
                parked_at=NOW,
            )
            await park(transaction.connection, message)
    async with database.reading() as connection:
        found = {(row.source, row.version, row.is_parked) for row in await store.heard_of(connection, [story.id])}
        assert await store.suspects(connection, after=UUID(int=0), limit=10) == [(story.id, None)]
    assert found == {("escalation", 1, True), ("routing", 1, False), ("routing", 0, True)}
