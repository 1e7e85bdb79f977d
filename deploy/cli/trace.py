"""`caunoi petition trace CODE`: a petition's whole life as audit recorded it, each event below its cause."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.cli.client import call, client
from deploy.cli.endings import fail
from deploy.cli.groups import group

AUDITOR = "kiemtoan"
ZONE = "Asia/Ho_Chi_Minh"
LATE_SECONDS = 60.0
"""What was noticed later than this after it became true is shown as late."""
PLAIN_WIDTH = 200
"""Columns of a table that goes into a file or a pipe."""

Event = Mapping[str, Any]


class Language(StrEnum):
    VI = "vi"
    EN = "en"


_HEADS = {
    Language.VI: ("#", "hiệu lực lúc", "ghi trễ", "sự kiện", "ai", "căn cứ", "nguồn", "bởi #"),
    Language.EN: ("#", "effective at", "noted late", "event", "actor", "rule", "source", "caused by"),
}
_COMPLETE = {Language.VI: "đầy đủ: không thiếu phiên bản nào", Language.EN: "complete: no version is missing"}
_GAP = {Language.VI: "THIẾU", Language.EN: "GAP"}
_ODD = {Language.VI: "lưu ý", Language.EN: "odd"}


def register(root: typer.Typer) -> None:
    """Add `caunoi petition trace CODE`."""
    group(root, "petition").command("trace")(trace)


def trace(
    code: Annotated[str, typer.Argument(help="tracking code or id of the petition")],
    *,
    language: Annotated[Language, typer.Option(help="of titles and remarks")] = Language.VI,
    zone: Annotated[str, typer.Option(help="time zone of the times shown")] = ZONE,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, times in UTC")] = False,
) -> None:
    """Show everything that happened to a petition. Exit status 1 where a version is missing."""
    shown_in = _zone(zone)
    with client(AUDITOR) as http:
        path = f"/audit/api/petitions/{code}/trace"
        found = call(http, "GET", path, headers={"Accept-Language": language.value}).json()
    console = Console() if Console().is_terminal else Console(width=PLAIN_WIDTH)
    if as_json:
        console.print_json(data=found)
    else:
        _print(console, found, language, shown_in)
    if not found["is_complete"]:
        raise typer.Exit(1)


def _print(console: Console, found: Mapping[str, Any], language: Language, zone: ZoneInfo) -> None:
    table = Table(*_HEADS[language], title=f"{found['code'] or ''} {found['petition_id']}".strip())
    for event, lead in below_causes(found["events"]):
        table.add_row(*(escape(cell) for cell in _row(event, lead, zone)))
    console.print(table)
    for oddity in found["oddities"]:
        console.print(f"[yellow]{_ODD[language]}[/yellow] #{oddity['position']}: {escape(oddity['text'])}")
    for gap in found["gaps"]:
        console.print(f"[red]{_GAP[language]}[/red] {escape(gap['text'])}")
    if found["is_complete"]:
        console.print(f"[green]{_COMPLETE[language]}[/green]")


def below_causes(events: Sequence[Event]) -> Iterator[tuple[Event, str]]:
    """Yield the events with the branches in front of them: each below its cause, what nothing caused at the top."""
    children: dict[int | None, list[Event]] = {}
    for event in events:
        children.setdefault((event["cause"] or {}).get("position"), []).append(event)
    stack = [(event, "", "") for event in reversed(children.get(None, []))]
    while stack:
        event, lead, below = stack.pop()
        yield event, lead
        caused = children.get(event["position"], [])
        last = len(caused) - 1
        for place in range(last, -1, -1):
            is_last = place == last
            stack.append((caused[place], below + ("└ " if is_last else "├ "), below + ("  " if is_last else "│ ")))


def _row(event: Event, lead: str, zone: ZoneInfo) -> tuple[str, ...]:
    effective_at = datetime.fromisoformat(event["effective_at"]).astimezone(zone)
    cause = event["cause"]
    caused_by = "" if cause is None else str(cause["position"] or f"? {cause['source']} v{cause['version']}")
    return (
        str(event["position"]),
        f"{effective_at:%Y-%m-%d %H:%M:%S}",
        _late(event["lateness_seconds"]),
        f"{lead}{event['title']}" + (f" → {event['office']}" if event["office"] else ""),
        event["actor"],
        _rule(event["rule"] or {}),
        f"{event['source']} v{event['version']}",
        caused_by,
    )


def _late(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds))) if abs(seconds) >= LATE_SECONDS else ""


def _rule(rule: Mapping[str, Any]) -> str:
    """Return what it was decided by in a few words."""
    name = rule.get("rule") or rule.get("ground") or rule.get("basis") or ""
    version = rule.get("rule_version") or rule.get("table_version")
    return f"{name}@{version}" if name and version else str(name)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        fail(f"there is no time zone {name!r}", "a name like Asia/Ho_Chi_Minh, America/New_York or UTC")
