"""`caunoi events`: what the services say, whether a change of it breaks somebody, and the documents that tell it."""

from typing import Annotated

import typer

from deploy.cli.changes import REMEDY, told
from deploy.cli.event_documents import published
from deploy.cli.groups import group
from deploy.cli.routing import Language
from shared.contracts.compatibility import compare

_SAME = ("Không có gì khác nhau.", "Nothing differs.")
_SUMMARY = (
    "{breaking} thay đổi làm hỏng bên nhận, {fine} thay đổi được phép.",
    "{breaking} changes break whoever reads the events, {fine} are fine.",
)


def register(root: typer.Typer) -> None:
    """Add `caunoi events check`."""
    commands = group(root, "events", help_text="What the services say: its documents, and whether a change breaks somebody.")
    commands.command("check")(check)


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
