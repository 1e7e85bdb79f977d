"""A database of this service, a clock that a test sets, and the ledger read back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from services.escalation.handlers.lawbook import Lawbook
from services.escalation.wire.rulebook import read_law
from shared.contracts import Envelope, EventBody, parse
from shared.persistence import Database, DatabaseSettings, ledger

RULES = Path(__file__).resolve().parents[3] / "services" / "escalation" / "rules"


class SetClock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the ledger, read back."""

    envelope: Envelope
    body: EventBody


@pytest.fixture
def lawbook() -> Lawbook:
    return Lawbook(read_law(RULES))


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 16, tzinfo=UTC))


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    url = await service_database("escalation")
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="escalation")
    yield database
    await database.close()


async def always(_now: datetime) -> bool:
    """A sweep that has heard everything."""
    return True


async def told(database: Database, *, everything: bool = False) -> list[Told]:
    """Return what the service has said and not yet published, in order; `everything`: the published too."""
    source = "events" if everything else "outbox JOIN events USING (seq)"
    async with database.reading() as connection:
        rows = await connection.execute(text(f"SELECT {ledger.EVENT_COLUMNS} FROM {source} ORDER BY seq"))
        stored = [ledger.stored_event(row, source="escalation") for row in rows]
    return [Told(item.envelope, parse(item.envelope.type, item.body)) for item in stored]


def in_short(events: list[Told]) -> list[tuple[str, str]]:
    """Return what was said as pairs of verb and effective instant."""
    return [(item.envelope.type.split(".")[-2], item.envelope.effective_at.isoformat()) for item in events]


__all__ = ["RULES", "SetClock", "Told", "always", "clock", "database", "in_short", "lawbook", "told"]
