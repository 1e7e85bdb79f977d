"""The engine of one service and its transactions.

Invariant: what a transaction emits is written with its state or not at all, and listeners are woken only after the commit.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.contracts import NewEvent
from shared.kernel.refusals import Trouble
from shared.persistence import ledger

CONNECT_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_MILLISECONDS = 60_000
POOL_WAIT_SECONDS = 10
RECYCLE_SECONDS = 1800


class Transaction:
    """One unit of work. `emit` buffers; numbering and writing happen in one statement just before the commit."""

    __slots__ = ("_source", "connection", "events")

    def __init__(self, connection: AsyncConnection, source: str) -> None:
        self.connection = connection
        self.events: list[NewEvent] = []
        self._source = source

    def emit(self, events: Iterable[NewEvent]) -> None:
        """Say `events` when this transaction commits, in this order."""
        self.events.extend(events)

    async def flush(self) -> None:
        """Number and write what was emitted. Called once, by Database.transaction."""
        if self.events:
            await ledger.append(self.connection, self.events)


class Database:
    """One service's schema. `schema` is also the source name of the events written here."""

    def __init__(self, url: str | URL, *, schema: str, pool_size: int = 8) -> None:
        self.schema = schema
        self._after_commit: list[Callable[[], None]] = []
        self._engine = _engine(url, schema=schema, pool_size=pool_size)

    def after_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that said something (in process: the relay's wake-up)."""
        self._after_commit.append(listener)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; commit when the block ends, roll back when it raises.

        Raises Trouble where the server cannot be reached or closes the connection.
        """
        async with _translated(), self._engine.connect() as connection, connection.begin():
            transaction = Transaction(connection, self.schema)
            yield transaction
            await transaction.flush()
        if transaction.events:
            for listener in self._after_commit:
                listener()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for queries only: all of them see one moment, however much is written meanwhile.

        Raises Trouble where the server cannot be reached or closes the connection.
        """
        async with _translated(), self._engine.connect() as connection:
            yield await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _engine(url: str | URL, *, schema: str, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        pool_reset_on_return="rollback",
        hide_parameters=True,  # they may be what somebody wrote, and errors are logged
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "server_settings": {
                "search_path": schema,
                "application_name": f"caunoi-{schema}",
                "statement_timeout": str(STATEMENT_TIMEOUT_MILLISECONDS),
                "jit": "off",
            },
        },
    )


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Turn a lost or refused connection into Trouble; leave every other database error as the bug that it is."""
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise Trouble("the database cannot be reached", code="database_unreachable") from error
    except (InterfaceError, OperationalError) as error:
        raise Trouble("the database closed the connection", code="database_unreachable") from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_passing(error):
            raise Trouble("the database is not available just now", code="database_unreachable") from error
        raise


# Classes of SQLSTATE that pass by themselves: connection, transaction rollback (deadlock, serialisation), resources,
# operator intervention (shutdown, crash recovery), system error.
_PASSING_CLASSES = ("08", "40", "53", "57", "58")


def _is_passing(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return isinstance(state, str) and state[:2] in _PASSING_CLASSES
