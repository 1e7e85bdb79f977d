"""What the SDK costs beside a bare nats-py client that fetches, parses nothing, commits nothing and acknowledges.

Both read the same stream of the same server, one after the other, in turns; the best of each is compared.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import nats
from nats.js.api import ConsumerConfig

from caunoi_sdk import Event, Events, SQLiteStore
from deploy.local.servers import Nats
from shared.messaging import BusSettings
from tests.component.sdk.agency import EFFECT, Agency, office_stream, said

EVENTS = 3_000
TURNS = 3
LIMIT_TOGETHER = 0.2
"""Everything once, typed and committed, in batches: at least a fifth of what nothing at all costs."""


async def bare(agency: Agency) -> float:
    """Return how many messages a second are fetched and acknowledged."""
    connection = await nats.connect(agency.bus.url, user=agency.bus.user, password=agency.bus.password)
    js = connection.jetstream()
    durable = f"bare-{uuid4().hex[:8]}"
    await js.add_consumer("AGENCY", ConsumerConfig(durable_name=durable, ack_policy="explicit"))  # type: ignore[arg-type]
    subscription = await js.pull_subscribe_bind(durable, "AGENCY")
    began, left = time.perf_counter(), EVENTS
    while left > 0:
        for message in await subscription.fetch(min(100, left), timeout=5):
            await message.ack()
            left -= 1
    took = time.perf_counter() - began
    await connection.close()
    return EVENTS / took


async def through_sdk(agency: Agency, *, together: bool) -> float:
    """Return how many events a second take effect in an SQLite file that is synced at each commit."""
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "bench.sqlite3")
        store.connection.execute(EFFECT)
        durable = f"sdk-{uuid4().hex[:8]}"
        events = Events(agency.bus.url, durable=durable, store=store, user=agency.bus.user, password=agency.bus.password)
        left = EVENTS

        async def handle(event: Event, connection: sqlite3.Connection) -> None:
            nonlocal left
            line = (str(event.subject), event.source, event.version)
            connection.execute("INSERT INTO effect (petition, source, version) VALUES (?, ?, ?)", line)
            left -= 1
            if left == 0:
                events.stop()

        async def handle_all(given: Sequence[Event], connection: sqlite3.Connection) -> None:
            for event in given:
                await handle(event, connection)

        began = time.perf_counter()
        await (events.run_batches(handle_all) if together else events.run(handle))
        took = time.perf_counter() - began
        store.close()
    return EVENTS / took


@contextmanager
def server(folder: Path) -> Iterator[Nats]:
    made = Nats(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as made:
        bus = BusSettings(url=made.url, user=made.user, password=made.password)
        async with office_stream(bus, Path(folder)) as agency:
            for start in range(0, EVENTS, 500):
                await asyncio.gather(*(agency.say(said(number, 1)) for number in range(start, start + 500)))
            best = {"bare nats-py": 0.0, "SDK, together": 0.0, "SDK, one by one": 0.0}
            for _ in range(TURNS):
                best["bare nats-py"] = max(best["bare nats-py"], await bare(agency))
                best["SDK, together"] = max(best["SDK, together"], await through_sdk(agency, together=True))
                best["SDK, one by one"] = max(best["SDK, one by one"], await through_sdk(agency, together=False))
    for name, rate in best.items():
        print(f"{name:<18} {rate:8,.0f} events/s  {rate / best['bare nats-py']:5.2f} of bare")
    share = best["SDK, together"] / best["bare nats-py"]
    print(f"limit: together at least {LIMIT_TOGETHER} of bare: {'kept' if share >= LIMIT_TOGETHER else 'MISSED'}")
    return 0 if share >= LIMIT_TOGETHER else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
