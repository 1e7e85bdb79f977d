"""How a command ends when it cannot do its work: one sentence what is wrong, one what to do, exit status 1."""

import sys
from typing import NoReturn

import typer


def fail(problem: str, remedy: str = "") -> NoReturn:
    """End the command with `problem` and `remedy` on stderr."""
    print(f"error: {problem}", file=sys.stderr)
    if remedy:
        print(f"  fix: {remedy}", file=sys.stderr)
    raise typer.Exit(1)
