"""`caunoi events`: what the services say, whether a change of it breaks somebody, and the documents that tell it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.changes import REMEDY, told
from deploy.cli.endings import fail
from deploy.cli.event_documents import published
from deploy.cli.groups import group
from deploy.cli.routing import Language
from shared.contracts.compatibility import compare
from shared.contracts.published import Breaking
from shared.kernel.clock import SystemClock

_SAME = ("Không có gì khác nhau.", "Nothing differs.")
_SUMMARY = (
    "{breaking} thay đổi làm hỏng bên nhận, {fine} thay đổi được phép.",
    "{breaking} changes break whoever reads the events, {fine} are fine.",
)


def register(root: typer.Typer) -> None:
    """Add `caunoi events check` and `docs`."""
    commands = group(root, "events", help_text="What the services say: its documents, and whether a change breaks somebody.")
    commands.command("check")(check)
    commands.command("docs")(docs)


def check(
    old: Annotated[str, typer.Argument(help="an AsyncAPI document (file, address), a city's address, or a folder of schemas")],
    new: Annotated[str, typer.Argument(help="the same, later")],
    lang: Annotated[Language, typer.Option(help="vi or en")] = Language.VI,
) -> None:
    """Say what changed from OLD to NEW, and end with 1 where it breaks whoever reads the events."""
    place = list(Language).index(lang)
    changes = compare(published(old), published(new))
    for change in changes:
        print(told(change, language=lang.value))
    breaking = sum(change.is_breaking for change in changes)
    if not changes:
        print(_SAME[place])
        return
    print(_SUMMARY[place].format(breaking=breaking, fine=len(changes) - breaking))
    if breaking:
        print(f"  → {REMEDY[place]}")
        raise typer.Exit(1)


def docs(
    *,
    is_check: Annotated[bool, typer.Option("--check", help="only say whether the files are what the services tell")] = False,
) -> None:
    """Write stored schemas, docs/events/asyncapi.json and all else that is made from what the services tell."""
    stale: list[Path] = []
    try:
        for path, text in _due():
            stale.append(path)
            if not is_check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                print(f"wrote {path}")
    except Breaking as breaking:
        lines = "\n".join(told(change, language=Language.EN.value) for change in breaking.changes)
        fail(f"what was published would be broken:\n{lines}", REMEDY[1])
    if is_check and stale:
        fail(f"not what the services tell: {', '.join(path.name for path in stale)}", "caunoi events docs")


def _due() -> Iterator[tuple[Path, str]]:
    from deploy.local.events import files_due, schemas_due  # noqa: PLC0415 - `check` needs no service, and containers carry none

    yield from schemas_due(SystemClock().now().date())
    yield from files_due()
