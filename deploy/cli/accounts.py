"""`caunoi accounts`: the files that nats-server and our services are given, made from the two secrets before they start."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.nats_files import write_accounts
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import CauNoiError


def register(root: typer.Typer) -> None:
    commands = group(root, "accounts", help_text="Accounts of nats-server: docs/operations.md.")
    commands.callback()(_whole)
    commands.command("write")(write)


def _whole() -> None:
    """Keep the name of the command although it is the only one."""


def write(
    identity: Annotated[Path, typer.Option(help="file of the identity secret")],
    signing: Annotated[Path, typer.Option(help="file of the signing secret")],
    server: Annotated[Path, typer.Option(envvar="CAUNOI_ACCOUNTS_SERVER", help="directory for nats-server: accounts.conf, core")],
    services: Annotated[Path, typer.Option(envvar="CAUNOI_ACCOUNTS_SERVICES", help="directory for our services: services.creds")],
    kept_in: Annotated[str, typer.Option(help="directory of nats-server where it keeps agencies' accounts")] = "/data/accounts",
) -> None:
    """Write accounts.conf (public) and services.creds (secret). The same secrets give the same accounts: safe to repeat."""
    try:
        core = write_accounts(
            identity=identity, signing=signing, server=server, services=services, kept_in=kept_in, now=SystemClock().now()
        )
    except (CauNoiError, OSError) as error:
        fail(str(error), "deploy/secrets.sh makes the two secrets")
    print(f"accounts: CORE is {core}")
