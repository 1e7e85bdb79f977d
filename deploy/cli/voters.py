"""`caunoi voters import`: petitions of voters' meetings from a spreadsheet."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from deploy.cli.client import call, client
from deploy.cli.endings import fail
from deploy.cli.groups import group

INTERRUPTED = 130
_BOM = "\ufeff"


def register(root: typer.Typer) -> None:
    group(root, "voters", help_text="Voters' petitions: import.").command("import")(import_file)


@dataclass(slots=True)
class Tally:
    """What became of the lines so far."""

    lodged: int = 0
    known: int = 0
    rejected: int = 0
    repeated: list[dict[str, Any]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return self.lodged + self.known + self.rejected

    def add(self, done: dict[str, Any]) -> None:
        self.lodged += done["lodged"]
        self.known += done["known"]
        self.rejected += done["rejected"]
        self.repeated += done["repeated"]


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="XLSX, or CSV in UTF-8")],
    reject: Annotated[Path | None, typer.Option(help="where rejected lines go; FILE.rejects.csv if not given")] = None,
) -> None:
    """Import voters' petitions, one a line. May be interrupted and run again: no line is lodged twice.

    Columns: session, date, commune, text, number, and office where one is addressed (docs/counter.md has their Vietnamese names).
    Exit status 1 where lines were rejected: mend the reject file and import that.
    """
    rejects = reject or file.with_name(f"{file.name}.rejects.csv")
    if rejects.resolve() == file.resolve():
        fail("the reject file would overwrite the file itself", "name another one: --reject OTHER.csv")
    tally = _send(file, rejects)
    for item in tally.repeated:
        print(f"line {item['line']}: {item['code']} repeats {item['repeats']} (likeness {item['likeness']:.2f})")
    print(_said(tally))
    if tally.rejected:
        print(f"rejected lines: {rejects}")
        raise typer.Exit(1)


def _send(file: Path, rejects: Path) -> Tally:
    """Send the file part by part; each part is committed by itself, the reject file grows with it."""
    tally, after, data = Tally(), 0, file.read_bytes()
    rejects.unlink(missing_ok=True)
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with client() as http, Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(file.name, total=None)
            while True:
                headers = {"Content-Type": "application/octet-stream", "Accept-Language": "vi"}
                done = call(http, "POST", f"/intake/api/voters/files?after={after}", content=data, headers=headers).json()
                tally.add(done)
                _keep(rejects, done["reject_file"])
                progress.update(task, total=done["lines"], completed=tally.lines, description=f"{tally.lines} lines")
                if done["next"] is None:
                    return tally
                after = done["next"]
    except KeyboardInterrupt:
        print(f"{_said(tally)}\ninterrupted: run the same command again, no line is lodged twice")
        raise typer.Exit(INTERRUPTED) from None


def _keep(path: Path, part: str | None) -> None:
    """Add a part's rejected lines, with the head only once. The mark at its beginning tells Excel that it is UTF-8."""
    if part is None:
        return
    is_first = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as written:
        written.write(_BOM + part if is_first else part.split("\r\n", 1)[1])


def _said(tally: Tally) -> str:
    said = f"{tally.lines} lines: {tally.lodged} lodged, {tally.known} known already, {tally.rejected} rejected"
    return f"{said}, {len(tally.repeated)} repeat an earlier meeting"
