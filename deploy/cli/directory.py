"""`caunoi directory`: check a directory of offices, load it into a running city."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.client import call, client
from deploy.cli.endings import fail
from deploy.cli.groups import group

DirectoryFile = Annotated[Path, typer.Argument(help="YAML file (docs/directory.md)", exists=True, dir_okay=False)]


def register(root: typer.Typer) -> None:
    """Add `caunoi directory check FILE` and `caunoi directory load FILE`."""
    commands = group(root, "directory", help_text="Offices: check a directory, load it.")
    commands.command("check")(check)
    commands.command("load")(load)


def check(file: DirectoryFile) -> None:
    """Find every mistake in FILE; change nothing. Exit status 1 where there is one."""
    found = _sent(file, is_check_only=True)
    print(f"{found['jurisdiction']} {found['version']}: {found['offices']} offices, no mistakes")


def load(file: DirectoryFile) -> None:
    """Load FILE: offices that are new or changed are stored and told to every service. Safe to repeat."""
    found = _sent(file, is_check_only=False)
    print(f"{found['jurisdiction']} {found['version']}: {found['offices']} offices, {found['changed']} new or changed")


def _sent(file: Path, *, is_check_only: bool) -> dict[str, Any]:
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8", "save it as UTF-8")
    with client() as http:
        answer = call(http, "POST", "routing/api/directory", json={"content": content, "is_check_only": is_check_only})
    found: dict[str, Any] = answer.json()
    return found
