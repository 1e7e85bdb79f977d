"""Alembic for one schema: each service migrates its own, under its own role, with its own version table."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import URL, Connection, make_url, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.persistence.ledger_ddl import create_ledger, record_authority

__all__ = ["create_ledger", "record_authority", "run_env", "upgrade"]

_SERVICES = Path(__file__).resolve().parents[2] / "services"


def upgrade(service: str, url: str | URL, revision: str = "head") -> None:
    """Bring the schema of `service` to the newest revision, or to a named one. `url` is its role's address; safe to repeat.

    Runs in a thread of its own, so that it may be called from within an event loop.
    """
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / service / "migrations"))
    config.attributes["url"] = make_url(url).set(drivername="postgresql+asyncpg")
    with ThreadPoolExecutor(max_workers=1) as pool_of_one:
        pool_of_one.submit(command.upgrade, config, revision).result()


def run_env(*, schema: str) -> None:
    """Run the revisions (called by each service's migrations/env.py) in one transaction, one migrator at a time."""
    asyncio.run(_run(context.config.attributes["url"], schema))


async def _run(url: URL, schema: str) -> None:
    settings = {"server_settings": {"search_path": schema}}
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=settings)
    async with engine.connect() as connection:
        await connection.run_sync(_revise, schema)
    await engine.dispose()


def _revise(connection: Connection, schema: str) -> None:
    with connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"migrate-{schema}"})
        context.configure(connection=connection, version_table_schema=schema)
        with context.begin_transaction():
            context.run_migrations()
