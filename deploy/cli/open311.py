"""`caunoi open311 key NAME`: a key for a client of Open311, and the line by which intake knows it."""

import re
import secrets
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.local.secrets import BYTES, client_line

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def register(root: typer.Typer) -> None:
    """Add `caunoi open311 key`."""
    commands = group(root, "open311", help_text="Clients that speak Open311 GeoReport v2.")
    commands.callback()(_whole)
    commands.command("key")(key)


def _whole() -> None:
    """Keep the name of the command although it is the only one."""


def key(name: Annotated[str, typer.Argument(help="name of the client: small letters, digits, dot, dash, underscore")]) -> None:
    """Print a new key for NAME, and the line to add to the file that INTAKE_OPEN311_KEYS_FILE names."""
    if not _NAME.fullmatch(name):
        fail(
            f"{name!r} is no name of a client",
            "1 to 40 small letters, digits, dots, dashes, underscores: caunoi open311 key app-1",
        )
    made = secrets.token_urlsafe(BYTES)
    print(f"api_key, chỉ hiện một lần / shown once:\n  {made}")
    print(f"thêm dòng này vào tệp INTAKE_OPEN311_KEYS_FILE / add this line to it:\n  {client_line(name, made).strip()}")
