"""`caunoi rights docs`: the matrix of roles and doors, fields and acts, from the services themselves."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.local.rights import rights_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rights.md"


def register(root: typer.Typer) -> None:
    """Add `caunoi rights docs`."""
    group(root, "rights", help_text="Which role opens which door.").command("docs")(docs)


def docs(
    *,
    is_check: Annotated[bool, typer.Option("--check", help="only say whether the page is what the doors give")] = False,
) -> None:
    """Write docs/rights.md from the doors."""
    text = rights_page()
    if not is_check:
        PAGE.write_text(text, encoding="utf-8")
        return
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        fail("docs/rights.md is not what the doors give", "caunoi rights docs")
