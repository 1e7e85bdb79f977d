"""`caunoi`: the command line. Every module below exposes ``register(root)`` and is imported only when its command is called.

A module that is not installed is left out: a container for one purpose need not carry the others.
"""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

VAR = "--var"
# The first word of a command, and the modules that provide it.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "up": ("up",),
    "serve": ("serve",),
    "provision": ("provision",),
    "doctor": ("doctor",),
    "token": ("token",),
    "parked": ("parked",),
    "stream": ("stream",),
    "petition": ("petition", "trace", "audit"),
    "audit": ("audit",),
    "voters": ("voters",),
    "directory": ("directory",),
    "calendar": ("calendar", "amending"),
    "rules": ("rules", "amending"),
    "procedures": ("procedures",),
    "rights": ("rights",),
    "routing": ("routing",),
    "topics": ("topics",),
    "notice": ("notice",),
    "events": ("events",),
    "open311": ("open311",),
    "webhook": ("webhook",),
    "deadline": ("deadline", "deadline_reconcile"),
    "proof": ("proof", "proof_grown"),
    "log": ("log",),
    "report": ("report", "report_anomalies"),
    "demo": ("demo",),
    "agency": ("agency",),
    "accounts": ("accounts",),
}


def build(words: list[str]) -> typer.Typer:
    """Return the command line for `words`: only what the first one needs, everything where help is wanted."""
    root = typer.Typer(
        name="caunoi",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Cầu Nối: đưa kiến nghị của người dân tới nơi giải quyết (every petition answered in time).",
    )
    root.callback()(_whole)
    wanted = PROVIDERS.get(_first_word(words)) or tuple(module for modules in PROVIDERS.values() for module in modules)
    for name in wanted:
        path = f"deploy.cli.{name}"
        if find_spec(path) is not None:
            import_module(path).register(root)
    return root


def _first_word(words: list[str]) -> str:
    """Return the command of the line: what is neither an option of all commands nor its value."""
    rest = words[2:] if words[:1] == [VAR] else words[1:] if words and words[0].startswith(f"{VAR}=") else words
    return rest[0] if rest else ""


def _whole(
    var: Annotated[
        Path | None, typer.Option(VAR, help="directory of a city on this machine, as CAUNOI_VAR", show_default=False)
    ] = None,
) -> None:
    """Say once for all commands which city is meant. Subcommands are kept even where only one is registered."""
    if var is not None:
        os.environ["CAUNOI_VAR"] = str(var.resolve())


def main() -> None:
    build(sys.argv[1:])()


if __name__ == "__main__":
    main()
