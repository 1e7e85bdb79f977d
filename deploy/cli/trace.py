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
PLAIN_WIDTH = 280
"""Columns of a table that goes into a file or a pipe."""

Event = Mapping[str, Any]


class Language(StrEnum):
    VI = "vi"
    EN = "en"


_HEADS = {
    Language.VI: ("#", "hiệu lực lúc", "ghi trễ", "sự kiện", "ai, quyền", "căn cứ", "thời hạn", "nguồn", "bởi #"),
    Language.EN: ("#", "effective at", "noted late", "event", "actor, right", "rule", "clocks", "source", "caused by"),
}
_GAP = {Language.VI: "THIẾU", Language.EN: "GAP"}
_ODD = {Language.VI: "lưu ý", Language.EN: "odd"}
_DIFFERS = {Language.VI: "KHÁC", Language.EN: "DIFFERS"}
_READ = {Language.VI: "đã xem", Language.EN: "read"}
_CLOCK = {Language.VI: "thời hạn", Language.EN: "clock"}
_COLOURS = {"complete": "green", "unverified": "yellow", "incomplete": "red"}


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
    """Show everything that happened to a petition: what calls for a word first. Exit status 1 where something is missing."""
    shown_in = _zone(zone)
    with client(AUDITOR) as http:
        path = f"/audit/api/petitions/{code}/trace"
        found = call(http, "GET", path, headers={"Accept-Language": language.value}).json()
    console = Console() if Console().is_terminal else Console(width=PLAIN_WIDTH)
    if as_json:
        console.print_json(data=found)
    else:
        _print(console, found, language, shown_in)
    if not found["is_complete"] or found["verdict"] == "incomplete":
        raise typer.Exit(1)


def _print(console: Console, found: Mapping[str, Any], language: Language, zone: ZoneInfo) -> None:
    title = f"{found['code'] or ''} {found['petition_id']}".strip()
    console.print(f"[bold]{escape(title)}[/bold]  {found['kind'] or ''} {found['office'] or ''}")
    console.print(f"[{_COLOURS[found['verdict']]}]{escape(found['verdict_text'])}[/]")
    for gap in found["gaps"]:
        console.print(f"[red]{_GAP[language]}[/red] {escape(gap['text'])}")
    for line in _differences(found["records"] or (), language):
        console.print(line)
    for oddity in found["oddities"]:
        console.print(
            f"[yellow]{_ODD[language]}[/yellow] #{oddity['position']}: {escape(oddity['text'])}. {escape(oddity['why'])}"
        )
    for item in found["readings"]:
        who = escape(f"{item['actor']} {item['authority'] or ''}".strip())
        what = escape(f"{item['title']}: {', '.join(item['fields'])} ({item['purpose'] or '–'})")
        console.print(f"[cyan]{_READ[language]}[/cyan] #{item['position']} {_moment(item['at'], zone)} {who}: {what}")
    for clock in found["clocks"]:
        console.print(f"{_CLOCK[language]} {escape(clock['rule'])} {escape(clock['step'])}: {_stand(clock['stand'], zone)}")
    table = Table(*_HEADS[language])
    for event, lead in below_causes(found["events"]):
        table.add_row(*(escape(cell) for cell in _row(event, lead, zone)))
    console.print(table)


def _differences(records: Sequence[Mapping[str, Any]], language: Language) -> Iterator[str]:
    """Yield what the services' own records say: who is away, and what is not alike."""
    for record in records:
        if record["state"] != "agrees":
            yield f"[yellow]{record['service']}[/yellow]: {escape(record['text'])}"
        for item in record["differences"]:
            fields = escape(f" ({', '.join(item['fields'])})") if item["fields"] else ""
            name = f"{record['service']} v{item['version']}"
            yield f"[red]{_DIFFERS[language]}[/red] {name} {escape(item['type'])}: {escape(item['means'])}{fields}"


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
    cause = event["cause"]
    caused_by = "" if cause is None else str(cause["position"] or f"? {cause['source']} v{cause['version']}")
    return (
        str(event["position"]),
        _moment(event["effective_at"], zone),
        _late(event["lateness_seconds"]),
        f"{lead}{event['title']}" + (f" → {event['office']}" if event["office"] else "") + ("" if event["is_readable"] else " ✗"),
        f"{event['actor']} {event['authority'] or ''}".strip(),
        _rule(event["rule"] or {}),
        "; ".join(_change(change, zone) for change in event["clocks"] if event["source"] == "escalation"),
        f"{event['source']} v{event['version']}",
        caused_by,
    )


def _change(change: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return a clock before and after an event."""
    before = _stand(change["before"], zone) if change["before"] else "–"
    return f"{change['rule']}: {before} → {_stand(change['after'], zone)}"


def _stand(stand: Mapping[str, Any], zone: ZoneInfo) -> str:
    due = _moment(stand["due_at"], zone)[:16] if stand["due_at"] else ""
    late = " !" if stand["is_breached"] else ""
    return f"{stand['outcome'] or stand['state']} {due}".strip() + late


def _moment(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"


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
