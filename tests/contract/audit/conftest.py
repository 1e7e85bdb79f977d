"""A log with a database and a folder of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from shared.persistence import Database, DatabaseSettings
from shared.testing import FakeClock
from tests.contract.audit.closing import NOW, LogHouse


@pytest.fixture
async def house(service_database: Callable[[str], Awaitable[str]], tmp_path: Path) -> AsyncIterator[LogHouse]:
    database = Database(DatabaseSettings(url=await service_database("audit")).sqlalchemy_url(), schema="audit")
    yield LogHouse(database=database, folder=tmp_path / "log", clock=FakeClock(NOW))
    await database.close()
