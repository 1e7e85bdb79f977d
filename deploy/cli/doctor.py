"""`caunoi doctor`: looks at every part of a city and says what to do. Exit status 1 where something fails."""

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from deploy.cli.client import city_url, var_directory
from deploy.cli.whereabouts import surroundings
from deploy.doctor import Finding, Level, agencies, databases, machine, services, streams
from deploy.doctor.finding import fail
from deploy.house import durables
from deploy.rebuild import Ledgers
from deploy.settings import bus_settings, database_urls
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import CauNoiError
from shared.messaging import cursors
from shared.messaging.topology import STREAMS
from shared.persistence import Database

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def register(root: typer.Typer) -> None:
    root.command("doctor")(doctor)


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    is_brief: Annotated[bool, typer.Option("--brief", help="only what is not OK")] = False,
) -> None:
    """Check machine, databases, bus and services; each line OK, WARN or FAIL, and what to do."""
    environ = surroundings()
    found = asyncio.run(_all(environ, SystemClock().now()))
    console = Console()
    if as_json:
        console.print_json(data=[{"level": f.level, "part": f.part, "text": f.text, "remedy": f.remedy} for f in found])
    else:
        for finding in found:
            if not (is_brief and finding.level is Level.OK):
                _print(console, finding)
        print(", ".join(f"{sum(finding.level is level for finding in found)} {level}" for level in Level))
    if any(finding.level is Level.FAIL for finding in found):
        raise typer.Exit(1)


async def _all(environ: Mapping[str, str], now: datetime) -> list[Finding]:
    found = list(machine.look(environ, var_directory()))
    try:
        urls, bus = database_urls(environ), bus_settings(environ)
    except CauNoiError as error:
        return [*found, fail("settings", str(error), "every variable is described in .env.example")]
    for service, url in urls.items():
        found += [finding async for finding in databases.look(service, url, now=now)]
    found += [finding async for finding in streams.look(bus, durables(), sent=await _sent(urls), taken=await _taken(urls))]
    found += [finding async for finding in agencies.look(bus, urls["notify"])]
    if "CAUNOI_URL" in os.environ or "INTAKE_DATABASE__URL" not in os.environ:
        found += services.look(city_url())
    return found


async def _sent(urls: Mapping[str, URL]) -> int | None:
    """Return how many events the ledgers have handed to the bus, None where a ledger cannot be read."""
    ledgers = Ledgers(urls)
    try:
        return await ledgers.count_sent()
    except (CauNoiError, SQLAlchemyError):
        return None  # the look at the databases says why
    finally:
        await ledgers.close()


async def _taken(urls: Mapping[str, URL]) -> Mapping[str, int] | None:
    """Return up to where audit has taken each stream, None where that cannot be read."""
    database = Database(urls["audit"], schema="audit", pool_size=1)
    try:
        async with database.reading() as connection:
            return {stream: (await cursors.place(connection, stream)).seq for stream in STREAMS}
    except (CauNoiError, SQLAlchemyError):
        return None  # the look at the databases says why
    finally:
        await database.close()


def _print(console: Console, finding: Finding) -> None:
    console.print(Text(f"{finding.level:<5}", style=_COLOURS[finding.level]), f"{finding.part}: {finding.text}", soft_wrap=True)
    if finding.remedy:
        console.print(f"      → {finding.remedy}", soft_wrap=True)
