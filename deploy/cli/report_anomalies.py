"""`caunoi report anomalies`: what an honest clock need not show, by office; and on time with and without extensions."""

import json
from typing import Annotated

import typer

from deploy.cli.client import call, client
from deploy.cli.groups import group
from deploy.cli.report import NOTE

AUDITOR = "kiemtoan"
CODES_SHOWN = 5


def register(root: typer.Typer) -> None:
    """Add `caunoi report anomalies`."""
    group(root, "report", help_text="Reports from what was recorded.").command("anomalies")(anomalies)


def anomalies(
    *,
    office: Annotated[str | None, typer.Option(help="one office only")] = None,
    since: Annotated[str | None, typer.Option(help="from this instant on, for example 2026-07-01T00:00:00+07:00")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Back-dated acts, answers in bulk on the last day, repeated suspensions, bouncing transfers, contested answers."""
    parameters = {name: value for name, value in (("office", office), ("since", since)) if value}
    with client(AUDITOR) as http:
        found = call(http, "GET", "/audit/api/anomalies", params=parameters).json()
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for item in found["anomalies"]:
        named = ", ".join(item["codes"][:CODES_SHOWN]) + (" …" if len(item["codes"]) > CODES_SHOWN else "")
        print(f"{item['count']:>6}  {item['kind']:<26} {item['office']:<16} {named}")
    print(f"{'office':<18}{'ended':>8}{'on time':>10}{'without extension':>20}")
    for item in found["on_time"]:
        print(f"{item['office']:<18}{item['ended']:>8}{item['on_time']:>10}{item['on_time_without_extension']:>20}")
    print(f"\n{NOTE}")
