"""`caunoi calendar`: check the calendar engine against a file of deadline vectors."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.cli.groups import group
from services.escalation.app import check_calendar
from shared.kernel.refusals import Malformed


def register(root: typer.Typer) -> None:
    """Add `caunoi calendar check FILE`."""
    group(root, "calendar", help_text="Working time, holidays and due dates.").command("check")(check)


def check(file: Annotated[Path, typer.Argument(help="JSON file of deadline vectors", exists=True, dir_okay=False)]) -> None:
    """Count every vector of FILE; print passed and failed, and each difference. Exit status 1 where one does not hold."""
    try:
        checked = check_calendar(file)
    except Malformed as error:
        fail(error.detail, "give a JSON list of vectors: kind, start, expected, and a calendar or days")
    for difference in checked.differences:
        print(f"{difference.id} {difference.name}: expected {difference.expected}, counted {difference.actual}")
    print(f"passed {checked.passed}, failed {len(checked.differences)}")
    if checked.differences:
        raise typer.Exit(1)
