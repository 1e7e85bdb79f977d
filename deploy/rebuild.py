"""Publishing from the ledgers what the streams do not hold: the five schemas' events, merged as they were recorded.

Invariant: each schema's own order is kept, ids stay the same, and what a stream holds already is not published again; so it may
be interrupted and repeated at any moment, and the consumers' version vectors drop what they have had.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nats.js import JetStreamContext
from sqlalchemy import URL, TextClause, text

from shared.messaging.publisher import Publisher
from shared.messaging.reading import ids_of
from shared.messaging.topology import STREAMS
from shared.persistence import Database, ledger
from shared.persistence.ledger import StoredEvent

READ_AT_ONCE = 2000
PUBLISH_AT_ONCE = 1000
_AFTER = text(f"SELECT {ledger.EVENT_COLUMNS} FROM events WHERE seq > :seq ORDER BY seq LIMIT :limit")
_COUNT = text("SELECT count(*) FROM events")
_COUNT_SENT = text("SELECT (SELECT count(*) FROM events) - (SELECT count(*) FROM outbox)")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found and did, in events."""

    in_ledgers: int
    already_there: int
    published: int


class Ledgers:
    """The events of several schemas, read under each one's own role."""

    def __init__(self, urls: Mapping[str, URL]) -> None:
        self._databases = {service: Database(url, schema=service, pool_size=1) for service, url in urls.items()}

    async def close(self) -> None:
        for database in self._databases.values():
            await database.close()

    async def count(self) -> int:
        """Return how many events all schemas hold."""
        return await self._sum(_COUNT)

    async def count_sent(self) -> int:
        """Return how many of them have been handed to the bus."""
        return await self._sum(_COUNT_SENT)

    async def _sum(self, query: TextClause) -> int:
        total = 0
        for database in self._databases.values():
            async with database.reading() as connection:
                total += int((await connection.execute(query)).scalar_one())
        return total

    async def merged(self) -> AsyncGenerator[StoredEvent, None]:
        """Yield every event: the schemas side by side by the time of recording, each in its own order."""
        async with AsyncExitStack() as stack:
            readers = {
                service: await stack.enter_async_context(aclosing(_read(database)))
                for service, database in self._databases.items()
            }
            heads: dict[str, StoredEvent] = {}
            for service, reader in readers.items():
                await _advance(heads, service, reader)
            while heads:
                first = min(heads, key=lambda service: _place(heads[service]))
                yield heads[first]
                await _advance(heads, first, readers[first])


def _place(event: StoredEvent) -> tuple[datetime, int]:
    return event.envelope.recorded_at, event.seq


async def _advance(heads: dict[str, StoredEvent], service: str, reader: AsyncIterator[StoredEvent]) -> None:
    """Put the next event of `service` at the head, or take the service out when there is none."""
    event = await anext(reader, None)
    if event is None:
        heads.pop(service, None)
    else:
        heads[service] = event


async def _read(database: Database) -> AsyncGenerator[StoredEvent, None]:
    """Yield the events of one schema in their order, a page at a time."""
    seq = 0
    while True:
        async with database.reading() as connection:
            rows = (await connection.execute(_AFTER, {"seq": seq, "limit": READ_AT_ONCE})).all()
        for row in rows:
            yield ledger.stored_event(row, source=database.schema)
        if len(rows) < READ_AT_ONCE:
            return
        seq = rows[-1].seq


async def rebuild(ledgers: Ledgers, js: JetStreamContext, *, progress: Progress) -> Rebuilt:
    """Publish every event that the streams lack. `progress` is called with the number of events looked at since the last call."""
    known = await present_ids(js)
    publisher = Publisher(js)
    seen = published = 0
    batch: list[StoredEvent] = []
    async with aclosing(ledgers.merged()) as events:
        async for event in events:
            seen += 1
            if event.envelope.id not in known:
                batch.append(event)
            if len(batch) == PUBLISH_AT_ONCE:
                await publisher.publish(batch)
                published += len(batch)
                batch = []
            if seen % PUBLISH_AT_ONCE == 0:
                progress(PUBLISH_AT_ONCE)
    await publisher.publish(batch)
    progress(seen % PUBLISH_AT_ONCE)
    return Rebuilt(in_ledgers=seen, already_there=seen - published - len(batch), published=published + len(batch))


async def present_ids(js: JetStreamContext) -> set[UUID]:
    """Return the ids of the events that the streams hold (headers are fetched, bodies are not)."""
    found: set[UUID] = set()
    for stream in STREAMS:
        if (await js.stream_info(stream)).state.messages:
            found |= {event_id async for _, event_id in ids_of(js, stream)}
    return found
