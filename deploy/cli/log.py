"""`caunoi log`: the log as auditors check it: its key, its checkpoint, all of it against an older checkpoint, a mirror of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.progress import Progress

from deploy import mirror
from deploy.cli.client import city_url, client
from deploy.cli.endings import fail
from deploy.cli.groups import group
from deploy.mirror import Address, Directory, Source
from shared.tlog.verify import Checkpoint, Opened, ProofError, Vkey, open_checkpoint

AUDITOR = "kiemtoan"
RECORDS_AT_ONCE = 5000
_REMEDY = {
    "forked": "keep both checkpoints: together with the log's signatures they prove it; docs/log.md says whom to tell",
    "log_shrank": "keep both checkpoints; the log may have been restored from an older backup (docs/log.md)",
    "not_signed": "is it the right key? A key is changed with notice (docs/log.md); `caunoi log key` shows the present ones",
    "missing": "mirror it again: `caunoi log mirror DIRECTORY`",
}
SourceArgument = Annotated[
    str | None,
    typer.Argument(help="a directory with a mirror, or the log's address; default: that of the city", show_default=False),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="the log's public key (or a file with it), from a place that you trust", show_default=False),
]
WitnessesOption = Annotated[
    Path | None,
    typer.Option("--witnesses", help="file with the public keys of witnesses, one a line", exists=True, show_default=False),
]
MinOption = Annotated[int, typer.Option("--witnesses-min", help="how many of them must have signed", min=0)]


def register(root: typer.Typer) -> None:
    commands = group(root, "log", help_text="The log of every event as a tree that everybody can check (c2sp.org/tlog-tiles).")
    commands.command("key")(key)
    commands.command("checkpoint")(checkpoint)
    commands.command("verify")(verify)
    commands.command("mirror")(copy)


def key(source: SourceArgument = None) -> None:
    """Show the public keys that checkpoints are signed with, the present one first."""
    with _explained():
        for found in mirror.keys_of(_source(source)):
            print(found)


def checkpoint(
    source: SourceArgument = None,
    key: KeyOption = None,
    witnesses: WitnessesOption = None,
    witnesses_min: MinOption = 0,
    out: Annotated[Path | None, typer.Option("--out", help="keep the signed checkpoint in this file", show_default=False)] = None,
) -> None:
    """Check the latest checkpoint and show it. Keep one now and then: `verify --old FILE` proves that the log only grew."""
    with _explained():
        place = _source(source)
        opened = mirror.opened(place, _key(place, key), tuple(mirror.witnesses_in(witnesses)), witnesses_min=witnesses_min)
    _show(opened)
    if out is not None:
        out.write_text(str(opened.note), encoding="utf-8")
        print(f"kept      {out}")


def verify(  # noqa: PLR0917 - Typer's options
    source: SourceArgument = None,
    key: KeyOption = None,
    old: Annotated[list[Path] | None, typer.Option("--old", help="an older checkpoint that you kept", exists=True)] = None,
    witnesses: WitnessesOption = None,
    witnesses_min: MinOption = 0,
    records: Annotated[
        str | None,
        typer.Option("--records", help="also compare each event: a file of `GET /audit/api/log/records`, or - to ask the city"),
    ] = None,
) -> None:
    """Compute the whole tree again; check signature, tiles, older checkpoints and, by right, every event against its leaf."""
    with _explained(), Progress(transient=True) as bar:
        place = _source(source)
        vkey = _key(place, key)
        opened = mirror.opened(place, vkey, tuple(mirror.witnesses_in(witnesses)), witnesses_min=witnesses_min)
        kept = [_kept(file, vkey) for file in old or ()]
        task = bar.add_task("entries", total=opened.checkpoint.size)
        entries = mirror.recompute(place, opened.checkpoint, old=kept, progress=lambda count: bar.advance(task, count))
        compared = None if records is None else mirror.compare_records(_records(records), entries)
    _show(opened)
    for one in kept:
        print(f"grew      only: its first {one.size} entries are those of the checkpoint that you kept")
    if compared is not None:
        print(f"events    {compared} of {opened.checkpoint.size} are what the log committed to")
    print("good      every tile and the root are what the entries give")


def copy(
    directory: Annotated[Path, typer.Argument(help="where to; what is there is completed")],
    source: SourceArgument = None,
    key: KeyOption = None,
) -> None:
    """Copy the log into a directory, to be checked offline and served to others by any web server."""
    with _explained(), Progress(transient=True) as bar:
        place = _source(source)
        opened = mirror.opened(place, _key(place, key), (), witnesses_min=0)
        task = bar.add_task("entries", total=opened.checkpoint.size)
        directory.mkdir(parents=True, exist_ok=True)
        mirror.copy(place, directory, str(opened.note), progress=lambda count: bar.advance(task, count))
    _show(opened)
    print(f"mirrored  {directory}")


def _source(named: str | None) -> Source:
    if named is None:
        return Address(f"{city_url()}/audit/log")
    return Address(named) if named.startswith(("http://", "https://")) else Directory(Path(named))


def _key(place: Source, named: str | None) -> Vkey:
    """Return the key to check with; what a log says of itself is named as such: it proves nothing against who runs it."""
    if named is not None:
        file = Path(named)
        return Vkey.parse(file.read_text(encoding="utf-8").splitlines()[0] if file.is_file() else named)
    found = mirror.keys_of(place)[0]
    typer.echo(
        f"key       {found}\n          as {place.name} says it: compare it with what was published, then give --key", err=True
    )
    return found


def _kept(file: Path, vkey: Vkey) -> Checkpoint:
    return open_checkpoint(file.read_text(encoding="utf-8"), vkey).checkpoint


def _show(opened: Opened) -> None:
    print(f"log       {opened.checkpoint.origin}\nentries   {opened.checkpoint.size}\nroot      {opened.checkpoint.root.hex()}")
    for name, at in sorted(opened.witnesses.items()):
        print(f"witness   {name}" + ("" if at is None else f", {datetime.fromtimestamp(at, UTC).isoformat()}"))


def _records(named: str) -> Iterator[str]:
    if named != "-":
        with Path(named).open(encoding="utf-8") as file:
            yield from file
        return
    after = 0
    with client(AUDITOR) as http:
        while True:
            answer = http.get("/audit/api/log/records", params={"cursor": str(after), "limit": str(RECORDS_AT_ONCE)})
            lines = answer.raise_for_status().text.splitlines()
            yield from lines
            if not lines:
                return
            after = int(json.loads(lines[-1])["index"]) + 1


@contextmanager
def _explained() -> Iterator[None]:
    """End the command with one sentence what is wrong."""
    try:
        yield
    except ProofError as error:
        fail(error.detail, _REMEDY.get(error.code, ""))
    except httpx.HTTPError as error:
        fail(
            f"the log cannot be read: {error or type(error).__name__}",
            "is the address right? `caunoi doctor` looks at every part",
        )
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
