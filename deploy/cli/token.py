"""`caunoi token ACCOUNT`: an access token of the demo issuer, for curl and for the other commands (CAUNOI_TOKEN)."""

from typing import Annotated

import typer

from deploy.cli.client import fetch_token
from deploy.cli.endings import fail
from deploy.local.accounts import ACCOUNTS, DEMO_PASSWORD


def register(root: typer.Typer) -> None:
    root.command("token")(token)


def token(
    account: Annotated[str, typer.Argument(help="a demo account, for example vanhanh")] = "",
    password: Annotated[str, typer.Option(help="its password")] = DEMO_PASSWORD,
    *,
    list_accounts: Annotated[bool, typer.Option("--list", help="show the demo accounts")] = False,
) -> None:
    """Print an access token of the demo issuer."""
    if list_accounts:
        for known in ACCOUNTS:
            print(f"{known.name:<18} {known.title} ({known.title_en}): {', '.join(known.roles)} @ {known.office or '-'}")
    elif not account:
        fail("which account?", "`caunoi token vanhanh`; `caunoi token --list` shows all")
    else:
        print(fetch_token(account, password))
