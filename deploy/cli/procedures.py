"""`caunoi procedures check` and `caunoi procedures docs`: mistakes in the procedures, and the page made from them."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.cli.groups import group
from services.routing.app import check_procedures, procedures_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "procedures.md"


def register(root: typer.Typer) -> None:
    """Add `caunoi procedures check` and `docs`."""
    commands = group(root, "procedures", help_text="The procedures of each kind of petition: check, page.")
    commands.command("check")(check)
    commands.command("docs")(docs)


def check() -> None:
    """Find every mistake: schema, dead ends, states that nothing reaches, lists of grounds that are not there. Exit status 1."""
    number = check_procedures()
    print(f"{number} procedures, 0 mistakes")


def docs(
    *,
    is_check: Annotated[bool, typer.Option("--check", help="only say whether the page is what the procedures give")] = False,
) -> None:
    """Write docs/procedures.md from the procedures."""
    text = procedures_page()
    if not is_check:
        PAGE.write_text(text, encoding="utf-8")
        return
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        fail("docs/procedures.md is not what the procedures give", "caunoi procedures docs")
