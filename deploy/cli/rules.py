"""`caunoi rules check` and `caunoi rules docs`: mistakes in the rule files, and the page made from them."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.cli.groups import group
from services.escalation.app import RULES, check_rules, rules_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
Directory = Annotated[Path, typer.Argument(help="folder of rule files", exists=True, file_okay=False)]


def register(root: typer.Typer) -> None:
    """Add `caunoi rules check` and `docs`."""
    commands = group(root, "rules", help_text="The rules of law: check, page, amend.")
    commands.command("check")(check)
    commands.command("docs")(docs)


def check(directory: Directory = RULES) -> None:
    """Find every mistake: schema, overlaps and gaps of versions, facts without event, limits without source. Exit status 1."""
    found = check_rules(directory)
    for finding in found.findings:
        print(finding)
    print(f"{found.rules} rules, {found.grounds} grounds, {found.not_kept} rows not kept, {len(found.findings)} mistakes")
    if found.findings:
        raise typer.Exit(1)


def docs(
    *,
    is_check: Annotated[bool, typer.Option("--check", help="only say whether the page is what the rules give")] = False,
) -> None:
    """Write docs/rules.md from the rules."""
    text = rules_page(RULES)
    if not is_check:
        PAGE.write_text(text, encoding="utf-8")
        return
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        fail("docs/rules.md is not what the rules give", "caunoi rules docs")
