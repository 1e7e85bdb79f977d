"""A notify process as a container runs it, and a look into what it keeps."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from deploy.local.processes import free_port
from shared.persistence import Database, DatabaseSettings
from tests.component.notify.scene import HOST
from tests.system.processes import Logged

SETTLED_SECONDS_MAX = 60.0


@contextmanager
def notify_process(given: dict[str, str], log: Path) -> Iterator[Logged]:
    """Notify as a container runs it; ended at the end of the block if nobody has killed it."""
    running = Logged("serve", "notify", "--host", HOST, "--port", str(free_port()), log=log, environ=given)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


@asynccontextmanager
async def looking_into(url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="notify")
    try:
        yield database
    finally:
        await database.close()
