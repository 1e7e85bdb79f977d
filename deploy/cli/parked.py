"""`caunoi parked`: the messages that a service could not handle and a person must look at."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.client import call, client, pages
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.names import SERVICES

LIST_MAX = 1000
Name = Annotated[str, typer.Argument(help=f"service: {', '.join(SERVICES)}")]
Id = Annotated[UUID, typer.Argument(help="id of the message, as `caunoi parked list` shows it")]


def register(root: typer.Typer) -> None:
    commands = group(root, "parked", help_text="Messages that wait for a person: list, show, replay.")
    commands.command("list")(list_parked)
    commands.command("show")(show)
    commands.command("replay")(replay)


def list_parked(
    service: Annotated[str, typer.Argument(help="one service only")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List what waits in every service, oldest first."""
    names = SERVICES if not service else (_checked(service),)
    with client() as http:
        found = [{"service": name} | item for name in names for item in pages(http, _doors(name), limit=LIST_MAX)]
    if as_json:
        Console().print_json(data=found)
    elif not found:
        print("nothing is parked")
    else:
        _print(found)


def show(service: Name, message: Id) -> None:
    """Show a message with its reason, headers and body."""
    with client() as http:
        Console().print_json(data=call(http, "GET", f"{_doors(_checked(service))}/{message}").json())


def replay(service: Name, message: Id) -> None:
    """Handle a message again, and what was parked behind it, once its cause is mended."""
    with client() as http:
        done = call(http, "POST", f"{_doors(_checked(service))}/{message}/replay").json()
    print(f"replayed: {done['replayed']}")


def _print(found: list[dict[str, Any]]) -> None:
    table = Table("service", "id", "parked at", "subject", "deliveries", "reason")
    for item in found:
        table.add_row(
            item["service"], item["id"], str(item["parked_at"])[:19], item["subject"], str(item["deliveries"]), item["reason"]
        )
    Console().print(table)
    print("look at one: caunoi parked show SERVICE ID; when its cause is mended: caunoi parked replay SERVICE ID")


def _doors(service: str) -> str:
    return f"/{service}/api/ops/parked"


def _checked(service: str) -> str:
    if service not in SERVICES:
        fail(f"there is no service {service!r}", f"one of {', '.join(SERVICES)}")
    return service
