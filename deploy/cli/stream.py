"""`caunoi stream rebuild`: fill the streams from the ledgers after the JetStream store was lost or damaged."""

import asyncio
import os
from collections.abc import Mapping

import typer
from rich.progress import Progress
from sqlalchemy.exc import SQLAlchemyError

from deploy.bus import jetstream, rebuild_streams
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.cli.whereabouts import surroundings
from deploy.house import durables
from deploy.rebuild import Ledgers, Rebuilt
from deploy.settings import bus_settings, database_urls
from shared.kernel.refusals import CauNoiError


def register(root: typer.Typer) -> None:
    commands = group(root, "stream", help_text="The event streams.")
    commands.callback()(_whole)
    commands.command("rebuild")(rebuild)


def _whole() -> None:
    """Keep `rebuild` a word of its own while it is the only one."""


def rebuild() -> None:
    """Publish from the five ledgers every event that the streams lack; consumers drop what they have had.

    May run while the services run, may be interrupted, may be repeated.
    """
    try:
        done = asyncio.run(_rebuild(surroundings()))
    except (CauNoiError, OSError, SQLAlchemyError) as error:
        fail(str(error), "both PostgreSQL and nats-server must be up: `caunoi doctor` looks at them; then run it again")
    print(f"in the ledgers: {done.in_ledgers}; were in the streams: {done.already_there}; published: {done.published}")


async def _rebuild(environ: Mapping[str, str]) -> Rebuilt:
    ledgers, bus = Ledgers(database_urls(environ)), bus_settings(environ)
    try:
        async with jetstream(bus) as js:
            with Progress(disable="NO_PROGRESS" in os.environ) as shown:
                task = shown.add_task("rebuilding", total=await ledgers.count())
                return await rebuild_streams(
                    js, durables(), ledgers, replicas=bus.replicas, progress=lambda count: shown.advance(task, count)
                )
    finally:
        await ledgers.close()
