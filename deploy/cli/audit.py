"""`caunoi audit export` and `caunoi audit compare`: events out of the log as a file, and the log held against every service."""

import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from deploy.cli.client import call, client, pages
from deploy.cli.endings import fail
from deploy.cli.groups import group

AUDITOR = "kiemtoan"
EXPORTS, COMPARISONS = "/audit/api/exports", "/audit/api/comparisons"
PATIENCE_SECONDS = 3600.0
LOOK_SECONDS = 0.5
DIFFERENCES_MAX = 1_000


class QueryFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class CaseFormat(StrEnum):
    PDF = "pdf"
    JSON = "json"
    PROV = "prov"
    PROVN = "provn"


Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="where the file goes; the name that the service gives if not given")
]


def register(root: typer.Typer) -> None:
    """Add `caunoi audit …` and `caunoi petition export`."""
    commands = group(root, "audit", help_text="For auditors: exports, and the log held against the services' own records.")
    commands.command("export")(export)
    commands.command("compare")(compare)
    group(root, "petition").command("export")(export_case)


def export(
    *,
    form: Annotated[QueryFormat, typer.Option("--format", help="of the file")] = QueryFormat.CSV,
    since: Annotated[str | None, typer.Option(help="recorded at or after, as 2026-11-01T00:00:00+07:00")] = None,
    until: Annotated[str | None, typer.Option(help="recorded before")] = None,
    office: Annotated[list[str] | None, typer.Option(help="may be repeated, like every filter below")] = None,
    event_type: Annotated[list[str] | None, typer.Option("--type", help="as petitions.routing.petition.answered.v1")] = None,
    service: Annotated[list[str] | None, typer.Option(help="who said it")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="of the petition, as complaint")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="as person:… or service:…")] = None,
    code: Annotated[list[str] | None, typer.Option(help="tracking codes")] = None,
    sealed: Annotated[bool, typer.Option("--sealed", help="denunciations, too")] = False,
    out: Out = None,
) -> None:
    """Take the events of a query out of the log, with the query and the checkpoint inside the file. The export is an event."""
    query: dict[str, object] = {
        "since": since,
        "until": until,
        "offices": office,
        "types": event_type,
        "services": service,
        "kinds": kind,
        "actors": actor,
        "codes": code,
    }
    given = {name: value for name, value in query.items() if value}
    _export({"format": form.value, "query": {**given, "with_sealed": sealed}}, out)


def export_case(
    code: Annotated[str, typer.Argument(help="tracking code or id of the petition")],
    *,
    form: Annotated[CaseFormat, typer.Option("--format", help="pdf (PDF/A-3 with the JSON attached), json, prov or provn")] = (
        CaseFormat.PDF
    ),
    english: Annotated[bool, typer.Option("--english", help="in English")] = False,
    out: Out = None,
) -> None:
    """Take a petition's whole life out as a file, with a proof for every event. The export is an event of that petition."""
    _export({"format": form.value, "petition": code}, out, language="en" if english else "vi")


def compare() -> None:
    """Hold the log against what every service keeps of what it said. Exit status 1 where something differs."""
    with client(AUDITOR) as http:
        begun = call(http, "POST", COMPARISONS).json()
        run = _until_over(http, f"{COMPARISONS}/{begun['id']}", lambda found: found["finished_at"] is not None)
        found = list(pages(http, f"{COMPARISONS}/{begun['id']}/differences", limit=DIFFERENCES_MAX))
    for item in found:
        fields = f" [{', '.join(item['fields'])}]" if item["fields"] else ""
        who = item["code"] or item["petition_id"]
        print(f"{item['kind']}: {item['service']} v{item['version']} {who} {item['type']}{fields} — {item['means']}")
    print(f"{run['events']} events compared; {run['on_their_way']} on their way; {run['differences']} differences")
    if run["problem"]:
        fail(f"not everything was compared: {run['problem']}", "try again when every service is ready: `caunoi doctor`")
    if run["differences"]:
        raise typer.Exit(1)


def _export(asked: Mapping[str, object], out: Path | None, *, language: str = "vi") -> None:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with client(AUDITOR) as http, Progress(*columns, console=Console(stderr=True)) as progress:
        job = call(http, "POST", EXPORTS, json=asked, headers={"Accept-Language": language}).json()
        path, task = f"{EXPORTS}/{job['id']}", progress.add_task("", total=100)

        def is_over(found: Mapping[str, Any]) -> bool:
            progress.update(task, completed=found["percent"], description=f"{found['rows']} rows")
            return found["state"] not in ("waiting", "running")

        try:
            job = _until_over(http, path, is_over)
        except KeyboardInterrupt:
            call(http, "POST", f"{path}/cancel")
            fail("interrupted: the export was cancelled", "run the same command again")
        if job["state"] != "done":
            fail(f"the export ended as {job['state']}: {job['problem'] or ''}", _remedy(job["problem"]))
        target = out or Path(job["file_name"])
        _fetch(http, f"{path}/file", target)
    print(f"{target}: {job['rows']} events, {job['file_bytes']} bytes, SHA-256 {job['file_sha256']}")


def _fetch(http: httpx.Client, path: str, target: Path) -> None:
    """Write the file beside its place and move it there when it is whole."""
    half = target.with_name(f".{target.name}.part")
    with http.stream("GET", path) as answer, half.open("wb") as file:
        if not answer.is_success:
            answer.read()
            fail(f"{path} answered {answer.status_code}", "run the same command again")
        for data in answer.iter_bytes():
            file.write(data)
    half.replace(target)


def _until_over(http: httpx.Client, path: str, is_over: Any) -> dict[str, Any]:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        answer = http.get(path)
        if answer.is_success and is_over(answer.json()):
            found: dict[str, Any] = answer.json()
            return found
        time.sleep(LOOK_SECONDS)
    return fail(f"{path} is not over yet", f"look later: GET {path}")


def _remedy(problem: str | None) -> str:
    if problem == "export_too_many":
        return "more than 1,000,000 events fit: name a shorter time, an office or a type"
    return "ask again; `caunoi doctor` says which part is down"
