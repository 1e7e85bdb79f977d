"""A program of an office, as its developers would write one: python -m tests.fault.sdk.program URL USER PASSWORD FILE together|alone.

Each event writes one line; ``PAUSE`` slows it down so that a kill meets a batch in the middle. Poison goes into a table of its own.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence

from caunoi_sdk import Event, Events, Poison, SQLiteStore

PAUSE_SECONDS = float(os.environ.get("PAUSE", "0"))
TABLES = """
CREATE TABLE IF NOT EXISTS effect (place INTEGER PRIMARY KEY, petition TEXT, source TEXT, version INTEGER);
CREATE TABLE IF NOT EXISTS poison (place INTEGER PRIMARY KEY, reason TEXT);
"""


async def main(url: str, user: str, password: str, file: str, how: str) -> None:
    store = SQLiteStore(file)
    store.connection.executescript(TABLES)

    async def keep(poison: Poison) -> None:
        row = (poison.position, poison.reason.split(":")[0])
        store.connection.execute("INSERT OR REPLACE INTO poison VALUES (?, ?)", row)

    async def handle(event: Event, connection: sqlite3.Connection) -> None:
        line = (str(event.subject), event.source, event.version)
        connection.execute("INSERT INTO effect (petition, source, version) VALUES (?, ?, ?)", line)
        await asyncio.sleep(PAUSE_SECONDS)

    async def handle_all(events: Sequence[Event], connection: sqlite3.Connection) -> None:
        for event in events:
            await handle(event, connection)

    events = Events(
        url, durable="program", store=store, user=user, password=password, batch=40, ack_wait_seconds=1.5, dead_letter=keep
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, events.stop)
    await (events.run_batches(handle_all) if how == "together" else events.run(handle))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:6]))
