"""Doing each event once: what was done is written down in the transaction of the effect.

Invariant: an event's effect and the record of it are committed together, so that whatever is repeated, killed or cut, the effect
is there exactly once; and of one petition no event takes effect after a later one of the same source.
"""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from caunoi_sdk.event import Event

Connection = TypeVar("Connection")


class Store(Protocol[Connection]):
    """Where an agency keeps what it made of events. `Connection` is what a handler writes its effect with.

    Write one for your own database: three short methods and a transaction.
    """

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Begin; commit at the end of the block, roll back where it raises."""
        ...

    async def seen(self, connection: Connection, event_id: UUID) -> bool:
        """Whether the event was recorded before."""
        ...

    async def versions(self, connection: Connection, subject: UUID) -> Mapping[str, int]:
        """Return the last version recorded of each source about a subject."""
        ...

    async def record(self, connection: Connection, event: Event) -> None:
        """Write down that the event takes effect in this transaction: its id, and its version where it is a later one."""
        ...


_TABLES = """
CREATE TABLE IF NOT EXISTS caunoi_events (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS caunoi_versions (
    subject TEXT NOT NULL, source TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (subject, source)
) WITHOUT ROWID;
"""
_LATER = """
INSERT INTO caunoi_versions (subject, source, version) VALUES (?, ?, ?)
ON CONFLICT (subject, source) DO UPDATE SET version = max(version, excluded.version)
"""


class SQLiteStore:
    """A store in an SQLite file: durable at each commit. One process, one store; the handler uses the connection it is given."""

    def __init__(self, path: Path | str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(_TABLES)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[sqlite3.Connection]:
        """Begin; commit at the end of the block, roll back where it raises or is cancelled."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    async def seen(self, connection: sqlite3.Connection, event_id: UUID) -> bool:
        """Whether the event was recorded before."""
        return connection.execute("SELECT 1 FROM caunoi_events WHERE id = ?", (str(event_id),)).fetchone() is not None

    async def versions(self, connection: sqlite3.Connection, subject: UUID) -> Mapping[str, int]:
        """Return the last version recorded of each source about a subject."""
        rows = connection.execute("SELECT source, version FROM caunoi_versions WHERE subject = ?", (str(subject),))
        return dict(rows.fetchall())

    async def record(self, connection: sqlite3.Connection, event: Event) -> None:
        """Write down that the event takes effect in this transaction."""
        connection.execute("INSERT INTO caunoi_events (id) VALUES (?)", (str(event.id),))
        connection.execute(_LATER, (str(event.subject), event.source, event.version))

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
