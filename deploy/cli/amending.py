"""`caunoi calendar amend FILE` and `caunoi rules amend FILE`: who would move, and moving exactly those."""

import csv
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from deploy.cli.client import call, client
from deploy.cli.endings import fail
from deploy.cli.groups import group

PATH = "/escalation/api/amendments"
PATIENCE_SECONDS = 1800.0
LOOK_SECONDS = 0.5
COLUMNS = ("code", "deadline_id", "rule", "office", "from_due_at", "due_at")
File = Annotated[Path, typer.Argument(help="YAML file of the amendment", exists=True, dir_okay=False)]


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"
    SUMMARY = "summary"


Preview = Annotated[bool, typer.Option("--preview", help="only say who would move")]
Apply = Annotated[bool, typer.Option("--apply", help="let it count, and move them")]
As = Annotated[Form, typer.Option("--format", help="form of the preview")]


def register(root: typer.Typer) -> None:
    """Add `caunoi calendar amend` and `caunoi rules amend`."""
    group(root, "calendar", help_text="Working time, holidays and due dates.").command("amend")(amend_calendar)
    group(root, "calendar").command("show")(show_calendar)
    group(root, "rules", help_text="The rules of law: check, page, amend.").command("amend")(amend_rules)


def amend_calendar(
    file: File,
    *,
    preview: Preview = False,
    apply: Apply = False,
    form: As = Form.SUMMARY,
) -> None:
    """Change days of a calendar: --preview lists who would move from when to when, --apply moves exactly those."""
    _amend("calendar", file, preview=preview, apply=apply, form=form)


def amend_rules(
    file: File,
    *,
    preview: Preview = False,
    apply: Apply = False,
    form: As = Form.SUMMARY,
) -> None:
    """Add a version of a rule: --preview lists who would move from when to when, --apply moves exactly those."""
    _amend("rule", file, preview=preview, apply=apply, form=form)


def show_calendar(
    name: Annotated[str, typer.Argument(help="for example hanoi")],
    known_on: Annotated[str | None, typer.Option(help="as it was known on this day, YYYY-MM-DD")] = None,
) -> None:
    """Print a calendar with its overrides and their sources."""
    with client() as http:
        values = {"known_on": known_on} if known_on else {}
        print(
            json.dumps(call(http, "GET", f"/escalation/api/calendars/{name}", params=values).json(), indent=2, ensure_ascii=False)
        )


def _amend(kind: str, file: Path, *, preview: bool, apply: bool, form: Form) -> None:
    if preview == apply:
        fail("say what is to be done", "--preview lists who would move, --apply moves them")
    body = {"kind": kind, "content": file.read_text(encoding="utf-8")}
    with client() as http:
        if preview:
            _show(_moves(http, body), form)
        else:
            _apply(http, body)


def _moves(http: httpx.Client, body: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    answer = call(http, "POST", f"{PATH}/preview", json=body, timeout=PATIENCE_SECONDS)
    yield from (json.loads(line) for line in answer.text.splitlines() if line)


def _show(moves: Iterator[Mapping[str, Any]], form: Form) -> None:
    match form:
        case Form.JSON:
            for move in moves:
                print(json.dumps(move, ensure_ascii=False))
        case Form.CSV:
            buffer = io.StringIO()
            writer = csv.DictWriter(buffer, COLUMNS, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(moves)
            sys.stdout.write(buffer.getvalue())
        case Form.SUMMARY:
            by = Counter((move["rule"], move["office"]) for move in moves)
            for (rule, office), count in sorted(by.items()):
                print(f"{count:>8}  {rule}  {office}")
            print(f"{by.total():>8}  would move")


def _apply(http: httpx.Client, body: Mapping[str, str]) -> None:
    """Apply and wait until everything was moved. Ended early it goes on by itself; the same command again waits on."""
    started = call(http, "POST", PATH, json=body).json()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = call(http, "GET", f"{PATH}/{started['id']}").json()
        if state["finished_at"]:
            print(f"amendment {state['id']}: {state['moved']} of {state['moves']} moved")
            return
        time.sleep(LOOK_SECONDS)
    fail(f"amendment {started['id']} is still moving deadlines", "it goes on by itself: give the same command again to wait on")
