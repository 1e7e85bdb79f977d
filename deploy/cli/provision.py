"""`caunoi provision`: roles, schemas, migrations, streams and consumers from the environment. Safe to repeat."""

import asyncio
import os

import asyncpg
import typer
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from deploy.bus import ensure_streams, jetstream
from deploy.cli.endings import fail
from deploy.house import durables
from deploy.local import provision as databases
from deploy.local.provision import Server
from deploy.rebuild import Ledgers
from deploy.settings import bus_settings, database_urls, superuser
from shared.kernel.refusals import CauNoiError

POSTGRES_PORT = 5432


def register(root: typer.Typer) -> None:
    root.command("provision")(provision)


def provision() -> None:
    """Make or correct roles, schemas, tables, streams and consumers; rebuild streams that were lost."""
    try:
        asyncio.run(_provision())
    except (CauNoiError, OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
        fail(str(error), "every variable is described in .env.example; are PostgreSQL and nats-server up?")


async def _provision() -> None:
    urls = database_urls(os.environ)
    name = _one_database(urls)
    passwords = {service: url.password or "" for service, url in urls.items()}
    await databases.provision(_server(superuser(os.environ)), passwords, database=name)
    print(f"provision: schemas of {', '.join(urls)} in {name}: newest revision")
    ledgers = Ledgers(urls)
    bus = bus_settings(os.environ)
    try:
        async with jetstream(bus) as js:
            done = await ensure_streams(js, durables(), ledgers, replicas=bus.replicas)
    finally:
        await ledgers.close()
    print("provision: streams and consumers: as they must be")
    if done is not None:
        print(f"provision: streams were missing and were rebuilt from the ledgers: {done.published} events")


def _one_database(urls: dict[str, URL]) -> str:
    """Return the database that all schemas are in."""
    names = {url.database or "" for url in urls.values()}
    if len(names) != 1:
        fail(f"the services' addresses name different databases: {sorted(names)}", "all five *_DATABASE__URL name the same one")
    return names.pop()


def _server(url: URL) -> Server:
    return Server(
        host=url.host or "", port=url.port or POSTGRES_PORT, user=url.username or "postgres", password=url.password or ""
    )
