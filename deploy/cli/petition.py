"""`caunoi petition import` and `caunoi petition show`."""

import re
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli.client import TIMEOUT_SECONDS, call, city_url, client
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.cli.importing.formats import FORMATS
from deploy.cli.importing.lines import BadFile, Source
from deploy.cli.importing.sending import RejectFile, Tally, send

INTERRUPTED = 130
_SOURCE = re.compile(r"[a-z][a-z0-9-]{0,39}")


def register(root: typer.Typer) -> None:
    commands = group(root, "petition", help_text="Petitions: import, show, trace.")
    commands.command("import")(import_file)
    commands.command("show")(show)


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="plain or gzipped")],
    form: Annotated[str, typer.Option("--format", help=" or ".join(FORMATS))],
    source: Annotated[str, typer.Option(help="name of the system it comes from; the format's name if not given")] = "",
    reject: Annotated[Path | None, typer.Option(help="where rejected rows are listed; FILE.rejects.jsonl if not given")] = None,
) -> None:
    """Import petitions of another system. May be interrupted and run again: no row is taken twice.

    jsonl: one JSON object per line with reference and opened_at (with time zone); and, where known, kind, jurisdiction, text,
    topic, commune, latitude, longitude, place, language, petitioner {name, email, phone}, office, due_at, closed_at, label.
    boston311: service requests of the City of Boston as CSV. Exit status 1 where rows were rejected.
    """
    if form not in FORMATS:
        fail(f"there is no format {form!r}", f"one of {', '.join(FORMATS)}")
    name = source or form
    if not _SOURCE.fullmatch(name):
        fail(f"{name!r} cannot be the name of a source", "small letters, digits and dashes, at most 40")
    rejects = reject or file.with_name(f"{file.name}.rejects.jsonl")
    tally = _import(file, form, name, rejects)
    print(_said(tally))
    if tally.rejected:
        print(f"rejected rows: {rejects}")
        raise typer.Exit(1)


def _import(file: Path, form: str, name: str, reject: Path) -> Tally:
    """Send the file with a progress bar. An interruption loses nothing: each batch is committed by itself."""
    tally, lines = Tally(), Source(file)
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn())
    try:
        with client() as http, RejectFile(reject) as rejects, Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(file.name, total=lines.size_bytes)

            def told(now: Tally) -> None:
                nonlocal tally
                tally = now
                progress.update(task, completed=lines.read_bytes, description=f"{now.rows} rows")

            tally = send(http, name, FORMATS[form](lines), rejects=rejects, told=told)
            progress.update(task, completed=lines.size_bytes)
    except BadFile as error:
        fail(f"{file}: {error}", "what came before it is imported; mend the file and run the same command again")
    except KeyboardInterrupt:
        print(f"{_said(tally)}\ninterrupted: run the same command again, it goes on where it was")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        lines.close()
    return tally


def _said(tally: Tally) -> str:
    return f"{tally.rows} rows: {tally.imported} imported, {tally.known} known already, {tally.rejected} rejected"


def show(
    code: Annotated[str, typer.Argument(help="the tracking code, as HN8K-2FQ7-XM3P")],
    *,
    english: Annotated[bool, typer.Option("--english", help="in English")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Show how far a petition has come: what its petitioner sees."""
    headers = {"Accept-Language": "en" if english else "vi"}
    with httpx.Client(base_url=city_url(), timeout=TIMEOUT_SECONDS) as http:
        found = call(http, "GET", f"/intake/api/petitions/{code}", headers=headers).json()
    if as_json:
        Console().print_json(data=found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    office = f", {found['office']['name']}" if found["office"] else ""
    print(f"{found['code']}  {found['state_text']}{office}")
    if found["due_at"]:
        print(f"due {found['due_at']} ({found['due_rule']})")
    table = Table("at", "step", "office")
    for step in found["steps"]:
        table.add_row(str(step["at"])[:19], step["text"], step["office"]["name"] if step["office"] else "")
    Console().print(table)
