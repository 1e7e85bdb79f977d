"""The log against a real bus and database: once, in order, sealed ones too, never changed."""

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.audit.domain.entry import Entry
from services.audit.store import log as store
from shared.persistence import Database
from shared.testing import wait_until
from shared.web import Service
from tests.component.audit.story import Story, publish

pytestmark = pytest.mark.usefixtures("service")
CODE = "HN8K-2FQ7-XM3P"


async def logged(database: Database, number: int) -> list[Entry]:
    """Wait until the log has `number` entries and return it."""

    async def enough() -> list[Entry]:
        async with database.reading() as connection:
            found = await store.entries_after(connection, 0, limit=10_000)
        return found if len(found) >= number else []

    return await wait_until(enough, what=f"{number} entries in the log")


async def test_every_event_is_stored_once_in_stream_order(js: JetStreamContext, database: Database) -> None:
    stories = [Story(CODE).whole(), Story("HN00-0000-0000").whole()]
    events = [event for story in stories for event in story.events]
    await publish(js, events)
    await publish(js, events, again=True)
    await publish(js, Story("HN11-1111-1111").whole().events)
    entries = await logged(database, len(events) + 7)
    assert [entry.id for entry in entries[: len(events)]] == [envelope.id for envelope, _ in events]
    assert [entry.position for entry in entries] == list(range(1, len(events) + 8))
    assert [entry.stream_seq for entry in entries] == sorted(entry.stream_seq for entry in entries)


async def test_an_entry_holds_the_envelope_and_the_body_as_they_came(js: JetStreamContext, database: Database) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    entries = await logged(database, len(story.events))
    for entry, (envelope, body) in zip(entries, story.events, strict=True):
        assert entry.body == body
        for name in ("id", "source", "version", "type", "effective_at", "recorded_at", "actor", "office", "traceparent"):
            assert getattr(entry, name) == getattr(envelope, name)
        assert (entry.cause and entry.cause.event_id) == (envelope.cause and envelope.cause.event_id)


async def test_denunciations_are_stored_too(js: JetStreamContext, database: Database) -> None:
    story = Story(CODE, is_sealed=True).whole()
    await publish(js, story.events)
    entries = await logged(database, len(story.events))
    assert all(entry.is_sealed and entry.stream == "SEALED" for entry in entries)


async def test_a_body_that_is_not_json_is_kept_as_it_is(js: JetStreamContext, database: Database) -> None:
    story = Story(CODE)
    lodged = story.lodge()
    await publish(js, [(lodged, b"\x00\xff not json")])
    entries = await logged(database, 1)
    assert (entries[0].body, entries[0].facts) == (b"\x00\xff not json", {})


async def test_what_stands_in_the_log_cannot_be_changed_or_deleted(js: JetStreamContext, database: Database) -> None:
    await publish(js, Story(CODE).whole().events)
    await logged(database, 7)
    for statement in ("UPDATE log SET actor = 'somebody'", "DELETE FROM log", "TRUNCATE log"):
        with pytest.raises(IntegrityError):
            async with database.transaction() as transaction:
                await transaction.connection.execute(text(statement))


async def test_the_service_is_ready_once_it_hears(service: Service, database: Database) -> None:
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://audit") as http:

        async def is_ready() -> bool:
            return (await http.get("/ready")).status_code == 200

        await wait_until(is_ready)
