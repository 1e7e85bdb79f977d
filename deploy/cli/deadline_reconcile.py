"""`caunoi deadline reconcile [CODE]`: count every clock again from the events alone, and list what differs."""

import json
import time
from collections.abc import Mapping
from typing import Annotated, Any

import httpx
import typer

from deploy.cli.client import call, client, pages
from deploy.cli.endings import fail
from deploy.cli.groups import group

AUDITOR = "kiemtoan"
PATH = "/audit/api/reconciliations"
PATIENCE_SECONDS = 3600.0
LOOK_SECONDS = 0.5
DIFFERENCES_MAX = 1_000


def register(root: typer.Typer) -> None:
    """Add `caunoi deadline reconcile`."""
    group(root, "deadline", help_text="Deadlines: why this date, checking it offline, reconciliation.").command("reconcile")(
        reconcile
    )


def reconcile(
    code: Annotated[str | None, typer.Argument(help="tracking code or id of one petition; without it all of them")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Count every clock again. Exit status 1 where something differs."""
    with client(AUDITOR) as http:
        parameters = {"petition": code} if code else {}
        run = call(http, "POST", PATH, params=parameters, timeout=PATIENCE_SECONDS).json()
        run = _finished(http, run["id"])
        found = list(pages(http, f"{PATH}/{run['id']}/differences", limit=DIFFERENCES_MAX))
    if as_json:
        print(json.dumps({"run": run, "differences": found}, ensure_ascii=False, indent=2))
    else:
        for item in found:
            print(_line(item))
        print(
            f"{run['petitions']} petitions, {run['deadlines']} deadlines, {run['steps']} steps counted again; "
            f"{run['too_fresh']} too fresh; {run['differences']} differences"
        )
    if run["problem"]:
        fail(f"the run ended early: {run['problem']}", "try again when every service is ready: `caunoi doctor`")
    if found:
        raise typer.Exit(1)


def _finished(http: httpx.Client, run_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = http.get(f"{PATH}/{run_id}")
        if answer.is_success and answer.json()["finished_at"]:
            found: dict[str, Any] = answer.json()
            return found
        time.sleep(LOOK_SECONDS)
    return fail(f"run {run_id} is still counting", f"look later: GET {PATH}/{run_id}")


def _line(item: Mapping[str, Any]) -> str:
    who = item["code"] or item["petition_id"]
    return f"{item['kind']}: {who} {item['rule'] or ''} — {item['means']}; expected [{item['expected']}], found [{item['found']}]"
