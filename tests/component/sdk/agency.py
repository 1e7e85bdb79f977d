"""An office's stream as it is on a nats-server: events of made-up petitions, and what a program of the office makes of them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import nats
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from caunoi_sdk import Event, Events, SQLiteStore
from shared.contracts import Cause, Envelope
from shared.contracts.intake import RetentionReleasedV1
from shared.contracts.routing import PetitionAcceptedV1
from shared.messaging import BusSettings
from shared.testing import wait_until

OFFICE = "hanoi-so-xd"
NOON = datetime(2026, 11, 27, 5, tzinfo=UTC)
ROUTING, INTAKE = "routing", "intake"
PETITIONS = UUID("01a221d6-0000-7000-8000-000000000000")
BODY = PetitionAcceptedV1(office=OFFICE)
EFFECT = "CREATE TABLE IF NOT EXISTS effect (place INTEGER PRIMARY KEY, petition TEXT, source TEXT, version INTEGER)"


def petition(number: int) -> UUID:
    return uuid5(PETITIONS, str(number))


def said(number: int, version: int, *, source: str = ROUTING, cause: Cause | None = None) -> Envelope:
    """Return the envelope of what a service says of the made-up petition `number`."""
    model = PetitionAcceptedV1 if source == ROUTING else RetentionReleasedV1
    at = NOON + timedelta(seconds=version)
    return Envelope(
        id=uuid5(petition(number), f"{source} {version}"),
        type=model.TYPE,
        source=source,
        aggregate_id=petition(number),
        version=version,
        effective_at=at,
        recorded_at=at,
        actor=f"service:{source}",
        correlation_id=petition(number),
        cause=cause,
        office=OFFICE,
        is_sealed=False,
        traceparent=None,
    )


@dataclass
class Agency:
    """The stream of an office, and the addresses of who listens to it."""

    bus: BusSettings
    js: JetStreamContext
    directory: Path

    async def say(self, *envelopes: Envelope, body: bytes | None = None, again: bool = False) -> None:
        """Store events in the stream in this order; `again`: past the server's own window for repeats."""
        for envelope in envelopes:
            headers = envelope.headers()
            if again:
                del headers["Nats-Msg-Id"]
            await self.js.publish(
                envelope.subject, body if body is not None else BODY.model_dump_json().encode(), headers=headers
            )

    async def unsettled(self, durable: str) -> int:
        info = await self.js.consumer_info("AGENCY", durable)
        return (info.num_ack_pending or 0) + (info.num_pending or 0)

    def listening(self, *, together: bool = False, options: Mapping[str, Any] | None = None) -> "Program":
        """Return a program of the office that writes into its own file; it is not running yet."""
        store = SQLiteStore(self.directory / "agency.sqlite3")
        return Program(self, store, together=together, options=dict(options or {}))


@dataclass
class Program:
    """A program of the office in this process: it writes a line for each event, and keeps what it was handed in order."""

    agency: Agency
    store: SQLiteStore
    durable: str = "program"
    options: dict[str, Any] = field(default_factory=dict)
    fails: set[UUID] = field(default_factory=set)
    together: bool = False
    handed: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store.connection.execute(EFFECT)
        self.events = Events(
            self.agency.bus.url,
            durable=self.durable,
            store=self.store,
            user=self.agency.bus.user,
            password=self.agency.bus.password,
            **self.options,
        )

    async def handle(self, event: Event, connection: sqlite3.Connection) -> None:
        self.handed.append(event.id)
        line = (str(event.subject), event.source, event.version)
        connection.execute("INSERT INTO effect (petition, source, version) VALUES (?, ?, ?)", line)
        if event.id in self.fails:
            raise RuntimeError("the office's own system is down")

    async def handle_all(self, events: Sequence[Event], connection: sqlite3.Connection) -> None:
        for event in events:
            await self.handle(event, connection)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Program"]:
        running = asyncio.ensure_future(
            self.events.run_batches(self.handle_all) if self.together else self.events.run(self.handle)
        )
        try:
            yield self
        finally:
            self.events.stop()
            await asyncio.wait_for(running, 10)
            self.store.close()

    def effect(self) -> list[tuple[str, str, int]]:
        """Return what was written, in the order in which it was."""
        return self.store.connection.execute("SELECT petition, source, version FROM effect ORDER BY place").fetchall()

    async def until_done(self, number: int) -> list[tuple[str, str, int]]:
        """Wait until so many lines are written and nothing is left to settle."""

        async def done() -> bool:
            return len(self.effect()) >= number and await self.agency.unsettled(self.durable) == 0

        await wait_until(done, what=f"{number} events took effect")
        return self.effect()


def by_petition(effect: list[tuple[str, str, int]]) -> dict[tuple[str, str], list[int]]:
    """Return the versions of each petition and source in the order in which they took effect."""
    found: dict[tuple[str, str], list[int]] = {}
    for subject, source, version in effect:
        found.setdefault((subject, source), []).append(version)
    return found


@asynccontextmanager
async def office_stream(bus: BusSettings, directory: Path) -> AsyncIterator[Agency]:
    """Give a fresh stream AGENCY on the server of `bus`."""
    connection = await nats.connect(bus.url, user=bus.user, password=bus.password)
    js = connection.jetstream()
    for name in [info.config.name or "" for info in await js.streams_info()]:
        await js.delete_stream(name)
    await js.add_stream(StreamConfig(name="AGENCY", subjects=["petitions.>"], duplicate_window=60))
    yield Agency(bus, js, directory)
    await connection.close()
