"""The whole log as an auditor reads it: from a directory or over HTTP, tile by tile; nothing is believed that is not checked."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import httpx

from shared.tlog.tiles import Growing, Tile, entries_in, tiles_of
from shared.tlog.verify import Checkpoint, Opened, Unproven, Unreadable, Vkey, entry_for, open_checkpoint

TIMEOUT_SECONDS = 30.0
CHECKPOINT, KEY = "checkpoint", "key"
Progress = Callable[[int], object]


class Source(Protocol):
    """Where the files of a log are."""

    name: str

    def read(self, path: str) -> bytes | None:
        """Return a file, None where there is none. Raises OSError, httpx.HTTPError."""
        ...


class Directory:
    """A mirror on this machine."""

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self._root = root

    def read(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


class Address:
    """A log over HTTP."""

    def __init__(self, url: str) -> None:
        self.name = url.rstrip("/")
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True)

    def read(self, path: str) -> bytes | None:
        answer = self._http.get(f"{self.name}/{path}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return answer.raise_for_status().content


def keys_of(source: Source) -> list[Vkey]:
    """Return the keys that a log says it signs with: to be compared with what one knows from elsewhere. Raises Unreadable."""
    return [Vkey.parse(line) for line in _text(source.read(KEY), KEY).splitlines()]


def opened(source: Source, key: Vkey, witnesses: tuple[Vkey, ...], *, witnesses_min: int) -> Opened:
    """Return the signed checkpoint of a log. Raises Unreadable, Unproven."""
    return open_checkpoint(_text(source.read(CHECKPOINT), CHECKPOINT), key, witnesses=witnesses, witnesses_min=witnesses_min)


def recompute(source: Source, checkpoint: Checkpoint, *, old: Iterable[Checkpoint] = (), progress: Progress) -> list[bytes]:
    """Compute the tree from its entries; compare each tile, the root, and the roots of older checkpoints. Return the entries.

    Raises Unproven where anything differs, Unreadable where something is missing.
    """
    tree = Growing()
    entries: list[bytes] = []
    older = sorted(old, key=lambda one: one.size)
    for one in older:
        if one.size > checkpoint.size:
            raise Unproven("log_shrank", f"you have a checkpoint of {one.size} entries, the log now has {checkpoint.size}")
    for tile in (tile for tile in tiles_of(checkpoint.size) if tile.level is None):
        found = entries_in(_read(source, tile))
        if len(found) != tile.width:
            raise Unreadable("bad_bundle", f"{tile.path} has {len(found)} entries")
        for entry in found:
            _compare_old(tree, older)
            tree.append(entry)
        entries += found
        for full, data in tree.take_full():
            _compare(source, full, data)
        progress(len(found))
    _compare_old(tree, older)
    for part, data in tree.edge():
        _compare(source, part, data)
    if tree.root() != checkpoint.root:
        raise Unproven("root", "the entries do not give the root that the checkpoint is signed for")
    return entries


def compare_records(lines: Iterable[str], entries: list[bytes]) -> int:
    """Compare exported records with the entries; return how many there were. Raises Unproven, Unreadable."""
    number = 0
    for line in lines:
        try:
            given: Mapping[str, object] = json.loads(line)
            index, record, salt = int(str(given["index"])), str(given["record"]), bytes.fromhex(str(given["salt"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable("bad_record", f"a line of the export cannot be read: {error}") from error
        if index >= len(entries):
            continue  # written down after the checkpoint
        if entry_for(salt, record.encode()) != entries[index]:
            raise Unproven("record", f"event {index + 1} is not what the log committed to")
        number += 1
    return number


def copy(source: Source, target: Path, checkpoint: str, *, progress: Progress) -> None:
    """Copy what a mirror lacks, the checkpoint last. Raises Unreadable where something is missing."""
    size = Checkpoint.parse(checkpoint.rpartition("\n\n")[0] + "\n").size
    for tile in tiles_of(size):
        place = target / tile.path
        if not place.exists():
            data = _read(source, tile)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        progress(tile.width if tile.level is None else 0)
    (target / KEY).write_text("".join(f"{key}\n" for key in keys_of(source)), encoding="utf-8")
    (target / CHECKPOINT).write_text(checkpoint, encoding="utf-8")


def _compare(source: Source, tile: Tile, data: bytes) -> None:
    if tile.level is not None and _read(source, tile) != data:
        raise Unproven("tile", f"{tile.path} is not what the entries give")


def _compare_old(tree: Growing, older: list[Checkpoint]) -> None:
    while older and older[0].size == tree.size:
        one = older.pop(0)
        if tree.root() != one.root:
            raise Unproven(
                "forked", f"the first {one.size} entries are not those of the checkpoint that you kept: the log was changed"
            )


def _read(source: Source, tile: Tile) -> bytes:
    data = source.read(tile.path)
    if data is None:
        raise Unreadable("missing", f"{source.name} has no {tile.path}")
    return data


def _text(data: bytes | None, path: str) -> str:
    if data is None:
        raise Unreadable("missing", f"there is no {path}")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("bad_text", f"{path} is no text") from error


def witnesses_in(file: Path | None) -> Iterator[Vkey]:
    """Yield the keys in a file, one a line. Raises Unreadable, OSError."""
    for line in file.read_text(encoding="utf-8").splitlines() if file else ():
        words = line.split("#", 1)[0].split()
        if words:
            yield Vkey.parse(words[0])
