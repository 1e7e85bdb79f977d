"""`caunoi deadline why CODE` and `caunoi deadline verify FILE`: why it is due when it is, and counting that again offline."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli.client import call, client
from deploy.cli.endings import fail
from deploy.cli.groups import group
from services.escalation.app import verify_derivations
from shared.kernel.refusals import Malformed

AUDITOR = "kiemtoan"
PLAIN_WIDTH = 160


class Language(StrEnum):
    VI = "vi"
    EN = "en"


_STATES = {
    "running": ("đang chạy", "running"),
    "overdue": ("quá hạn", "overdue"),
    "paused": ("tạm đình chỉ", "suspended"),
    "met": ("đúng hạn", "met"),
    "late": ("trễ hạn", "late"),
    "void": ("không còn áp dụng", "fell away"),
    "lapsed": ("đã hết quyền", "lapsed"),
    "in_force": ("đã có hiệu lực", "in force"),
}
_WORDS = {
    "nearest": ("gần nhất", "nearest"),
    "started": ("bắt đầu", "started"),
    "rule": ("quy tắc", "rule"),
    "counted": ("tính", "counted"),
    "off": ("không tính (nghỉ)", "not counted (off)"),
    "paused": ("không tính (tạm đình chỉ)", "not counted (suspended)"),
    "span": ("khoảng", "span"),
    "rolled": ("chuyển sang ngày làm việc", "rolled to working day"),
    "extended": ("gia hạn thêm", "extended by"),
    "plain": ("nếu không gia hạn", "without extension"),
    "calendar": ("lịch", "calendar"),
    "noted": ("đã xác nhận mức", "acknowledged level"),
}


def register(root: typer.Typer) -> None:
    """Add `caunoi deadline why` and `verify`."""
    commands = group(root, "deadline", help_text="Deadlines: why this date, checking it offline, reconciliation.")
    commands.command("why")(why)
    commands.command("verify")(verify)


def why(
    code: Annotated[str, typer.Argument(help="tracking code or id of the petition")],
    *,
    lang: Annotated[Language, typer.Option(help="language of the answer")] = Language.VI,
    as_json: Annotated[bool, typer.Option("--json", help="everything as JSON")] = False,
    export: Annotated[Path | None, typer.Option(help="write the derivations into a file that `verify` counts again")] = None,
) -> None:
    """Say why each clock of a petition ends when it does: one sentence, then every day or span that was counted or skipped."""
    with client(AUDITOR) as http:
        found = call(http, "GET", f"/escalation/api/petitions/{code}/deadlines").json()
        if export is not None:
            derivations = call(http, "GET", f"/escalation/api/petitions/{code}/derivations").json()
            export.write_bytes(orjson.dumps(derivations, option=orjson.OPT_INDENT_2))
    console = Console() if Console().is_terminal else Console(width=PLAIN_WIDTH)
    if as_json:
        console.print_json(data=found)
        return
    console.print(f"[bold]{escape(found['code'])}[/bold]")
    for item in found["items"]:
        _print(console, item, lang, is_nearest=item["id"] == found["nearest"])


def verify(file: Annotated[Path, typer.Argument(help="file of `why --export`", exists=True, dir_okay=False)]) -> None:
    """Count every derivation of FILE again, without database or server. Exit status 1 where one does not hold."""
    try:
        proofs = verify_derivations(file)
    except Malformed as error:
        fail(error.detail, "write it with `caunoi deadline why CODE --export FILE`")
    for proof in proofs:
        print(f"{'FAILED' if proof.mistakes else 'holds '} {proof.rule} {proof.due_at} {'; '.join(proof.mistakes)}".rstrip())
    if any(proof.mistakes for proof in proofs):
        raise typer.Exit(1)


def _print(console: Console, item: Mapping[str, Any], lang: Language, *, is_nearest: bool) -> None:
    state = _said(_STATES[item["state"]], lang)
    mark = f" ← {_said(_WORDS['nearest'], lang)}" if is_nearest else ""
    console.print(f"\n[bold]{escape(item['rule'])}[/bold] v{item['rule_version']} · {state}{mark}")
    console.print(f"  {escape(item['why_vi' if lang is Language.VI else 'why_en'])}")
    for line in _derived(item, lang):
        console.print(f"    {escape(line)}")


def _derived(item: Mapping[str, Any], lang: Language) -> Iterator[str]:
    """Yield the derivation line by line: rule, start, each day or span counted or skipped and why, pauses, extension."""
    record, counted = item["derivation"], item["derivation"]["counted"]
    source = f"{record['citation']} [{record['confirmation']}]"
    yield f"{_said(_WORDS['rule'], lang)}: {record['rule']} v{record['rule_version']}, {source}"
    yield f"{_said(_WORDS['started'], lang)}: {record['started_on']} ({record['started_at']})"
    yield f"{_said(_WORDS['calendar'], lang)}: {record['calendar']} {record['calendar_version']}"
    for number, day in enumerate(counted.get("days", ()), start=1):
        yield f"{_said(_WORDS['counted'], lang)} {number}: {day}"
    if "days" not in counted and counted.get("from"):
        yield f"{_said(_WORDS['counted'], lang)}: {counted['from']} … {counted['to']}"
    for span in counted.get("spans", ()):
        yield f"{_said(_WORDS['span'], lang)}: {span['from']} … {span['to']} ({span['minutes']:g} min)"
    for day, reason in sorted(counted.get("days_off", {}).items()):
        yield f"{_said(_WORDS['off'], lang)}: {day} {reason}"
    for day in counted.get("days_paused", ()):
        yield f"{_said(_WORDS['paused'], lang)}: {day}"
    if counted.get("rolled_to"):
        yield f"{_said(_WORDS['rolled'], lang)}: {counted['rolled_to']}"
    if record.get("extended_by"):
        yield f"{_said(_WORDS['extended'], lang)}: {record['extended_by']} {record['limit']['unit']}"
        yield f"{_said(_WORDS['plain'], lang)}: {item['due_without_extension_at']}"
    for note in item["acknowledged"]:
        yield f"{_said(_WORDS['noted'], lang)} {note['level']}: {note['office']} {note['actor']} {note['acknowledged_at']}"


def _said(words: tuple[str, str], lang: Language) -> str:
    return words[0] if lang is Language.VI else words[1]
