"""Where the tiles of the log and its signed checkpoint are kept, as everybody may read them.

Invariant: what `put` was given is there, whole and for good, when it returns; before that, each file is there as it was or as it
will be, never in between. Nothing outside this module knows that the place is a disk.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from shared.kernel.refusals import Trouble

Resource = tuple[str, bytes]
"""A path below the log's address, and what is there."""
_DRAFTS = ".drafts"
_DRAFT_SECONDS_MAX = 3600.0
_NAME_BYTES = 8


class Tiles(Protocol):
    """A store of small files under paths like ``tile/0/x001/234``."""

    async def get(self, path: str) -> bytes | None:
        """Return what is at `path`, None where there is nothing. Raises Trouble."""
        ...

    async def put(self, resources: Sequence[Resource]) -> None:
        """Keep `resources`, over what is there; return when they would survive a power cut. Raises Trouble."""
        ...

    async def drop(self, paths: Iterable[str]) -> None:
        """Remove what is at `paths`, where there is something. Raises Trouble."""
        ...


class DiskTiles:
    """A directory. Each file is written beside its place, synced, moved into it, and its directory synced."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._is_swept = False

    async def get(self, path: str) -> bytes | None:
        return await asyncio.to_thread(self._get, path)

    async def put(self, resources: Sequence[Resource]) -> None:
        await asyncio.to_thread(self._put, resources)

    async def drop(self, paths: Iterable[str]) -> None:
        await asyncio.to_thread(self._drop, list(paths))

    def _get(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _trouble(error) from error

    def _put(self, resources: Sequence[Resource]) -> None:
        drafts = self._root / _DRAFTS
        written: list[tuple[Path, Path]] = []
        try:
            fresh = _make(drafts)
            for path, data in resources:
                draft = drafts / token_hex(_NAME_BYTES)
                written.append((draft, self._root / path))
                _write(draft, data)
            for draft, place in written:
                fresh |= _make(place.parent)
                draft.replace(place)
                fresh.add(place.parent)
            for folder in fresh:
                _sync(folder)
        except OSError as error:
            for draft, _ in written:
                draft.unlink(missing_ok=True)
            raise _trouble(error) from error
        if not self._is_swept and resources:
            self._is_swept = True
            _sweep(drafts, now=(self._root / resources[0][0]).stat().st_mtime)

    def _drop(self, paths: Sequence[str]) -> None:
        try:
            for path in paths:
                place = self._root / path
                place.unlink(missing_ok=True)
                if place.parent.suffix == ".p" and place.parent.is_dir() and not any(place.parent.iterdir()):
                    place.parent.rmdir()
        except OSError as error:
            raise _trouble(error) from error


def _write(place: Path, data: bytes) -> None:
    with place.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sweep(drafts: Path, *, now: float) -> None:
    """Remove the drafts of processes that were killed in the middle of one."""
    for draft in drafts.iterdir():
        try:
            if now - draft.stat().st_mtime > _DRAFT_SECONDS_MAX:
                draft.unlink()
        except FileNotFoundError:
            continue


def _make(folder: Path) -> set[Path]:
    """Make a folder and those above it; return those whose list of contents changed."""
    if folder.is_dir():
        return set()
    changed = _make(folder.parent)
    folder.mkdir(exist_ok=True)
    return changed | {folder.parent}


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble(error: OSError) -> Trouble:
    where = f" ({error.filename})" if error.filename else ""
    return Trouble(f"the store of the log's tiles: {error.strerror or type(error).__name__}{where}", code="tiles_unreachable")
