"""`caunoi routing`: why this office, what another competence table would change, and applying it."""

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.client import call, client
from deploy.cli.groups import group

ACCOUNT = "kiemtoan"
FIELDS = ("code", "kind", "topic", "commune", "from_office", "from_rule", "to_office", "to_rule")


class Language(StrEnum):
    VI = "vi"
    EN = "en"


class Form(StrEnum):
    TEXT = "text"
    CSV = "csv"
    JSON = "json"


def register(root: typer.Typer) -> None:
    """Add `caunoi routing explain`, `preview` and `apply`."""
    commands = group(root, "routing", help_text="Competence: why this office, what another table would change.")
    commands.command("explain")(explain)
    commands.command("preview")(preview)
    commands.command("apply")(apply)


def explain(
    code: Annotated[str, typer.Argument(help="the tracking code")],
    lang: Annotated[Language, typer.Option(help="vi or en")] = Language.VI,
) -> None:
    """Say which rule decided about CODE, and why each of the others did not."""
    with client(ACCOUNT) as http:
        path = f"/routing/api/petitions/{code}/explain"
        found = call(http, "GET", path, headers={"Accept-Language": lang.value}).json()
    print(f"{found['code']}: {found['office']} ({found['basis_text']}), {found['on']}")
    if found["routed_by_text"]:
        print(f" → {found['routed_by']}: {found['routed_by_text']}")
    for item in found["rules"]:
        mark = "→" if item["why"] == "decided" else " "
        print(f" {mark} {item['rule']:<8} {item['office']:<22} {item['text']}")


def preview(
    file: Annotated[Path, typer.Argument(help="a competence table (YAML)", exists=True, dir_okay=False)],
    last: Annotated[int, typer.Option(help="how many of the last petitions to try it on", min=1)] = 1_000,
    form: Annotated[Form, typer.Option("--format", help="text, csv or json")] = Form.TEXT,
) -> None:
    """Say which of the last petitions FILE would give to another office; nothing is changed."""
    content = file.read_text(encoding="utf-8")
    with client() as http:
        found = call(http, "POST", "/routing/api/competence/preview", json={"content": content, "last": last}).json()
    changes: list[dict[str, Any]] = found["changes"]
    match form:
        case Form.JSON:
            print(json.dumps(found, ensure_ascii=False, indent=2))
        case Form.CSV:
            writer = csv.DictWriter(sys.stdout, FIELDS)
            writer.writeheader()
            writer.writerows(changes)
        case Form.TEXT:
            print(f"{found['version']}: {len(changes)} of the last {found['petitions']} petitions would go elsewhere")
            for item in changes:
                before, after = (f"{item[f'{end}_office']} ({item[f'{end}_rule'] or '-'})" for end in ("from", "to"))
                print(f"  {item['code'] or '-':<16} {before} → {after}")
            if found["denunciations"] is not None:
                print(f"  and {found['denunciations']} denunciations, which are not listed")


def apply(
    file: Annotated[Path, typer.Argument(help="a competence table (YAML), as it was previewed", exists=True, dir_okay=False)],
) -> None:
    """Apply FILE from its first day on; it must have been previewed, to the letter, within seven days."""
    content = file.read_text(encoding="utf-8")
    with client() as http:
        done = call(http, "POST", "/routing/api/competence/tables", json={"content": content}).json()
    print(f"{done['version']} applies in {done['jurisdiction']} from {done['valid_from']} on")
    print(f"when it was tried, {done['changes']} of the last {done['petitions']} petitions would have gone elsewhere")
