"""`caunoi agency`: which offices' own systems take part over NATS, and their credentials.

The secret half of a client's key is made here, written into the `.creds` file and nowhere else: the city never has it.
"""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.agency_test import tried
from deploy.cli.client import call, client, running_city
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.local.secrets import write_private
from shared.messaging.accounts.claims import credentials
from shared.messaging.accounts.keys import Key, Kind

OVERLAP_HOURS = 24
Office = Annotated[str, typer.Argument(help="code of the office in the directory, for example hanoi-so-xd")]
Out = Annotated[Path | None, typer.Option("--out", help="where to write the credentials; default: OFFICE.creds here")]
Label = Annotated[str | None, typer.Option(help="what they are for: letters, digits, spaces, dots, dashes")]


def register(root: typer.Typer) -> None:
    commands = group(root, "agency", help_text="Streams of events for offices' own systems: docs/agencies.md.")
    commands.command("add")(add)
    commands.command("list")(list_agencies)
    commands.command("show")(show)
    commands.command("rotate")(rotate)
    commands.command("revoke")(revoke)
    commands.command("test")(try_out)


def add(office: Office, out: Out = None, label: Label = None) -> None:
    """Let an office's own system take part, and write credentials for it. Repeated: one more set of credentials."""
    path = _free(out or Path(f"{office}.creds"))
    with client() as http:
        call(http, "POST", "/notify/api/agencies", json={"office": office})
        _issue(http, office, path, {"label": label})


def rotate(
    office: Office,
    out: Out = None,
    label: Label = None,
    overlap: Annotated[
        int, typer.Option(min=0, max=720, help="hours for which the old ones stay good; 0: they end at once")
    ] = OVERLAP_HOURS,
) -> None:
    """Write new credentials and have all others of the office end."""
    path = _free(out or Path(f"{office}.creds"))
    with client() as http:
        _issue(http, office, path, {"label": label, "others_end_in_hours": overlap})
    print(f"chứng thư cũ hết hiệu lực sau {overlap} giờ / the others end in {overlap} h")


def list_agencies(*, as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """List agencies: how much is in their streams, who is connected, when each was last seen."""
    with client() as http:
        found = call(http, "GET", "/notify/api/agencies").json()["items"]
    if as_json:
        Console().print_json(data=found)
        return
    if not found:
        print("chưa có cơ quan nào / no agency yet: caunoi agency add OFFICE")
        return
    table = Table("office", "name", "events", "behind", "consumers", "credentials", "connected", "last seen", "in force")
    for item in found:
        stream, good = item["stream"] or {}, [one for one in item["credentials"] if not one["revoked_at"]]
        seen = max((one["last_seen_at"] for one in item["credentials"] if one["last_seen_at"]), default="–")
        counts = [str(stream.get(name, "–")) for name in ("messages", "behind", "consumers")]
        connected = str(sum(one["is_connected"] for one in good))
        in_force = "yes" if item["is_in_force"] else "NOT YET"
        table.add_row(item["office"], item["name_vi"] or "", *counts, str(len(good)), connected, seen[:19], in_force)
    Console().print(table)


def show(office: Office, *, as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Show an agency with all its credentials, revoked ones too."""
    with client() as http:
        found = call(http, "GET", f"/notify/api/agencies/{office}").json()
    if as_json:
        Console().print_json(data=found)
        return
    print(f"{found['office']} {found['name_vi'] or ''}: account {found['account']}")
    print("  in force: " + ("yes" if found["is_in_force"] else "NOT YET (nats-server does not answer)"))
    if found["stream"]:
        stream = found["stream"]
        print(
            f"  stream {stream['name']}: {stream['messages']} events, {stream['behind']} behind, {stream['consumers']} consumers"
        )
    for one in found["credentials"]:
        when = f"issued {one['issued_at'][:19]}  last seen {str(one['last_seen_at'])[:19]}"
        print(f"  {one['id']}  {_state(one)}  {when}  {one['label'] or ''}".rstrip())


def revoke(
    office: Office,
    credentials_id: Annotated[str | None, typer.Argument(help="id, as `caunoi agency show` tells it")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="all credentials of the office")] = False,
) -> None:
    """End credentials at once: who is connected with them is cut off, and nobody gets in."""
    if every is (credentials_id is not None):
        fail("say which credentials end", f"an id from `caunoi agency show {office}`, or --all")
    path = (
        f"/notify/api/agencies/{office}/revoke" if every else f"/notify/api/agencies/{office}/credentials/{credentials_id}/revoke"
    )
    with client() as http:
        done = call(http, "POST", path).json()
    print(f"đã thu hồi / revoked: {len(done['revoked'])}")
    if not done["is_in_force"]:
        fail("nats-server does not answer: it will be told within seconds of its return", "`caunoi agency list` says when it was")


def try_out(
    office: Office,
    file: Annotated[Path, typer.Option("--credentials", help="the .creds file")],
    server: Annotated[
        str | None, typer.Option("--server", help="address of nats-server; default: the city on this machine")
    ] = None,
) -> None:
    """Try credentials as the agency would: read the stream, and be refused what is not the agency's."""
    city = running_city()
    address = server or os.environ.get("CAUNOI_BUS__URL") or (city.nats_url if city else None)
    if address is None:
        fail("where is nats-server?", "--server nats://host:4222")
    if not file.is_file():
        fail(f"there is no file {file}", "`caunoi agency add OFFICE` writes one")
    is_well = True
    for line, is_right in asyncio.run(tried(address, file, office)):
        print(("ok    " if is_right else "WRONG ") + line)
        is_well = is_well and is_right
    if not is_well:
        raise typer.Exit(1)


def _issue(http: httpx.Client, office: str, path: Path, asked: dict[str, Any]) -> None:
    key = Key.new(Kind.USER)
    path_doors = f"/notify/api/agencies/{office}/credentials"
    issued = call(http, "POST", path_doors, json={"public_key": key.public, **asked}).json()
    write_private(path, credentials(issued["token"], key.seed).encode())
    print(f"đã ghi / written: {path} (chỉ có ở đây, hãy giữ kín / the only copy, keep it secret)")
    print(f"  id {issued['id']}")
    if not issued["is_in_force"]:
        print("  nats-server does not answer yet; it is told within seconds of its return")


def _free(path: Path) -> Path:
    if path.exists():
        fail(f"{path} is there already", "name another file with --out, or move it away")
    return path


def _state(one: dict[str, Any]) -> str:
    if one["revoked_at"]:
        return f"revoked {one['revoked_at'][:19]}"
    if one["ends_at"]:
        return f"ends {one['ends_at'][:19]}"
    return "connected" if one["is_connected"] else "good"
