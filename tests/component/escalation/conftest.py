"""A database of this service, a clock that a test sets, and the ledger read back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.escalation.domain.rules import Rulebook
from services.escalation.wire.rulebook import load_rulebook
from shared.contracts import EventBody, parse
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

    envelope: ledger.Envelope
    body: EventBody


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 16, tzinfo=UTC))


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    url = await service_database("escalation")
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="escalation")
    yield database
    await database.close()


async def told(database: Database) -> list[Told]:
    """Return everything the service has said, in order."""
    async with database.reading() as connection:
        stored = await ledger.unsent(connection, source="escalation", limit=100_000)
    return [Told(item.envelope, parse(item.envelope.type, item.body)) for item in stored]


def in_short(events: list[Told]) -> list[tuple[str, str]]:
    """Return what was said as pairs of verb and effective instant."""
    return [(item.envelope.type.split(".")[-2], item.envelope.effective_at.isoformat()) for item in events]
