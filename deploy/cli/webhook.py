"""`caunoi webhook`: where offices want events of their petitions, what was sent there, and sending it again."""

from datetime import UTC, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from deploy.cli.client import call, client, pages
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.cli.webhook_tables import delivery_details, delivery_table, webhook_details, webhook_table
from shared.kernel.clock import SystemClock

DOORS = "/notify/api/webhooks"
PAGE = 200
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Id = Annotated[UUID, typer.Argument(help="id of the webhook, as `caunoi webhook list` shows it")]
Json = Annotated[bool, typer.Option("--json", help="as JSON")]
Types = Annotated[list[str] | None, typer.Option("--type", help="an event it gets; again for more; left out: all")]
Since = Annotated[str, typer.Option(help="an instant like 2026-07-01T08:00:00+07:00, or 90m, 6h, 3d ago")]


def register(root: typer.Typer) -> None:
    commands = group(root, "webhook", help_text="Webhooks of offices: add, test, look what was sent, send again.")
    for made in (add, change, show, rotate, pause, resume, remove, deliveries, redeliver):
        commands.command(made.__name__)(made)
    commands.command("list")(list_webhooks)
    commands.command("test")(send_test)


def add(
    url: Annotated[str, typer.Argument(help="https://… that events are sent to")],
    *,
    office: Annotated[str, typer.Option(help="the office; left out: one's own")] = "",
    description: Annotated[str, typer.Option(help="what it is for")] = "",
    types: Types = None,
    as_json: Json = False,
) -> None:
    """Subscribe an address to events of an office's petitions. Its secret is shown this once."""
    wanted = {"url": url, "description": description, "event_types": types or None} | ({"office": office} if office else {})
    with client() as http:
        _show(call(http, "POST", DOORS, json=wanted).json(), as_json=as_json)


def change(
    webhook: Id,
    *,
    url: Annotated[str | None, typer.Option(help="another address")] = None,
    description: Annotated[str | None, typer.Option(help="another description")] = None,
    types: Types = None,
    all_types: Annotated[bool, typer.Option("--all-types", help="every event from now on")] = False,
    as_json: Json = False,
) -> None:
    """Change address, description or list of events."""
    given = {"url": url, "description": description, "event_types": [] if all_types else types or None}
    wanted = {name: value for name, value in given.items() if value is not None}
    if not wanted:
        fail("nothing is to be changed", "name it: --url, --description, --type, --all-types")
    with client() as http:
        _show(call(http, "PATCH", f"{DOORS}/{webhook}", json=wanted).json(), as_json=as_json)


def list_webhooks(
    *,
    office: Annotated[str, typer.Option(help="of one office only")] = "",
    state: Annotated[str, typer.Option(help="active or paused")] = "",
    as_json: Json = False,
) -> None:
    """List webhooks, oldest first."""
    wanted = {name: value for name, value in (("office", office), ("state", state)) if value}
    with client() as http:
        found = list(pages(http, DOORS, wanted, limit=PAGE))
    if as_json:
        Console().print_json(data=found)
    elif not found:
        print("there is no webhook; add one: caunoi webhook add URL --office OFFICE")
    else:
        Console().print(webhook_table(found))


def show(
    webhook: Id, delivery: Annotated[UUID | None, typer.Argument(help="one delivery")] = None, *, as_json: Json = False
) -> None:
    """Show a webhook and how its endpoint does, or one delivery: what was sent and what was answered, each time."""
    with client() as http:
        path = f"{DOORS}/{webhook}" + (f"/deliveries/{delivery}" if delivery else "")
        found = call(http, "GET", path).json()
    if as_json:
        Console().print_json(data=found)
    else:
        print("\n".join(delivery_details(found) if delivery else webhook_details(found)))


def send_test(webhook: Id, *, as_json: Json = False) -> None:
    """Send a test that means nothing, now; show what was answered. Exit status 1 where it was not taken."""
    with client() as http:
        found = call(http, "POST", f"{DOORS}/{webhook}/test").json()
    if as_json:
        Console().print_json(data=found)
    else:
        print("\n".join(delivery_details(found)))
    if found["state"] != "delivered":
        fail(f"the endpoint did not take it: {found['log'][-1]['outcome']}", "docs/webhooks.md says what each word means")


def rotate(
    webhook: Id,
    *,
    overlap_hours: Annotated[float, typer.Option(help="so long the secret before signs too; 0: it ends at once")] = 24.0,
    as_json: Json = False,
) -> None:
    """Make a new secret, shown this once."""
    with client() as http:
        answer = call(http, "POST", f"{DOORS}/{webhook}/rotate", json={"overlap_hours": overlap_hours}).json()
    _show(answer, as_json=as_json)


def pause(webhook: Id, *, as_json: Json = False) -> None:
    """Send nothing until it is resumed; what happens meanwhile waits."""
    with client() as http:
        _show(call(http, "POST", f"{DOORS}/{webhook}/pause").json(), as_json=as_json)


def resume(
    webhook: Id,
    *,
    skip: Annotated[bool, typer.Option("--skip", help="do not send what waited")] = False,
    as_json: Json = False,
) -> None:
    """Go on, with what waited or (--skip) without it."""
    with client() as http:
        answer = call(http, "POST", f"{DOORS}/{webhook}/resume", json={"skip": skip}).json()
    _show(answer, as_json=as_json)
    if not as_json:
        print(f"goes now: {answer['waiting']}, skipped: {answer['skipped']}")


def remove(webhook: Id, *, as_json: Json = False) -> None:
    """End a webhook: its secret is destroyed, what waits is not sent."""
    with client() as http:
        answer = call(http, "DELETE", f"{DOORS}/{webhook}").json()
    if as_json:
        Console().print_json(data=answer)
    else:
        print(f"removed; deliveries that waited and are not sent: {answer['skipped']}")


def deliveries(
    webhook: Id,
    *,
    state: Annotated[str, typer.Option(help="waiting, delivered, parked or skipped")] = "",
    event_type: Annotated[str, typer.Option("--type", help="of one event only")] = "",
    petition: Annotated[str, typer.Option(help="code of a petition")] = "",
    since: Since = "",
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help="so many, the latest")] = 50,
    as_json: Json = False,
) -> None:
    """List what was sent, the latest first."""
    given = {"state": state, "type": event_type, "petition": petition, "since": _instant(since) if since else ""}
    wanted = {name: value for name, value in given.items() if value} | {"limit": str(limit)}
    with client() as http:
        found = call(http, "GET", f"{DOORS}/{webhook}/deliveries", params=wanted).json()["items"]
    if as_json:
        Console().print_json(data=found)
    elif not found:
        print("nothing was sent that fits")
    else:
        Console().print(delivery_table(found))
        print(f"look at one: caunoi webhook show {webhook} DELIVERY; send it again: caunoi webhook redeliver {webhook} DELIVERY")


def redeliver(
    webhook: Id,
    delivery: Annotated[UUID | None, typer.Argument(help="one delivery")] = None,
    *,
    since: Since = "",
    until: Annotated[str, typer.Option(help="as --since; left out: now")] = "",
    which: Annotated[
        str, typer.Option(help="failed; missed: also what was never queued; all: also what was delivered")
    ] = "failed",
) -> None:
    """Send one delivery again, or those of a span of time (--since), each under its webhook-id."""
    if (delivery is None) == (not since):
        fail("name one delivery, or a span of time", f"caunoi webhook redeliver {webhook} --since 6h --which failed")
    with client() as http:
        if delivery is not None:
            answer = call(http, "POST", f"{DOORS}/{webhook}/deliveries/{delivery}/redeliver").json()
        else:
            span = {"since": _instant(since), "which": which} | ({"until": _instant(until)} if until else {})
            answer = call(http, "POST", f"{DOORS}/{webhook}/redeliver", json=span).json()
    print(f"queued: {answer['queued']}" + (" (there are more: repeat it)" if answer.get("more") else ""))


def _instant(written: str) -> str:
    """Return an instant as the doors read it: as it is written, or so long ago."""
    number, unit = written[:-1], _UNITS.get(written[-1:])
    if unit is None or not number.isdigit():
        return written
    return (SystemClock().now() - timedelta(**{unit: int(number)})).astimezone(UTC).isoformat()


def _show(webhook: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        Console().print_json(data=webhook)
    else:
        print("\n".join(webhook_details(webhook)))
