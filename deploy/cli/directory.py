"""`caunoi directory`: check a directory of offices, load it into a running city."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.client import call, client
from deploy.cli.endings import fail
from deploy.cli.groups import group
from services.routing.app import LoadedDirectory, check_directory
from shared.kernel.refusals import Malformed

DirectoryFile = Annotated[Path, typer.Argument(help="YAML file (docs/directory.md)", exists=True, dir_okay=False)]


def register(root: typer.Typer) -> None:
    """Add `caunoi directory check FILE` and `caunoi directory load FILE`."""
    commands = group(root, "directory", help_text="Offices: check a directory, load it.")
    commands.command("check")(check)
    commands.command("load")(load)


def check(file: DirectoryFile) -> None:
    """Find every mistake in FILE; change nothing, ask nobody. Exit status 1 where there is one."""
    found = _checked(file)
    print(f"{found.jurisdiction} {found.version}: {len(found.offices)} offices, no mistakes")


def load(file: DirectoryFile) -> None:
    """Load FILE: offices that are new or changed are stored and told to every service. Safe to repeat."""
    _checked(file)
    with client() as http:
        found = call(http, "POST", "routing/api/directory", json={"content": _text(file)}).json()
    print(f"{found['jurisdiction']} {found['version']}: {found['offices']} offices, {found['changed']} new or changed")


def _checked(file: Path) -> LoadedDirectory:
    try:
        return check_directory(_text(file))
    except Malformed as error:
        mistakes: list[dict[str, str]] = error.facts["errors"]  # type: ignore[assignment]  # facts are typed as objects
        for item in mistakes:
            print(f"{file}:{item['line']}: {item['field']}: {item['code']}: {item['reason']}; {item['remedy']}", file=sys.stderr)
        fail(f"{len(mistakes)} mistakes in {file}; nothing was loaded", "docs/directory.md shows what a directory looks like")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8", "save it as UTF-8")
