"""The tree in pieces of 256 hashes, as c2sp.org/tlog-tiles names and lays them out; and the tree that grows by emitting them.

Invariant: what a tile holds is decided by the entries alone, so whoever makes it again makes the same bytes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from shared.tlog.verify import EMPTY_ROOT, HASH_BYTES, Unreadable, leaf_hash, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
LEVELS_MAX = 8
"""Levels of tiles in a tree of at most 2**63 leaves."""
ENTRY_BYTES_MAX = 0xFFFF
_LENGTH_BYTES = 2
_PATH = re.compile(r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile: `level` (None: a bundle of entries), its number within the level, and how many hashes or entries it has."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is, below the log's address, for example ``tile/0/x001/234.p/17``."""
        level = "entries" if self.level is None else str(self.level)
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        return f"tile/{level}/{number}" + ("" if self.is_full else f".p/{self.width}")

    @property
    def is_full(self) -> bool:
        return self.width == WIDTH

    @property
    def whole(self) -> "Tile":
        """The same tile when it is full."""
        return Tile(self.level, self.index)

    def is_within(self, size: int) -> bool:
        """Whether a log of `size` entries has all of it."""
        return self.index * WIDTH + self.width <= size >> (HEIGHT * (self.level or 0))

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read a path; there is one way to write each. Raises Unreadable."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise Unreadable("bad_tile_path", "this is not the path of a tile (c2sp.org/tlog-tiles)")
        level, number, width = found.groups()
        tile = cls(
            level=None if level == "entries" else int(level),
            index=int(number.replace("x", "").replace("/", "")),
            width=int(width) if width else WIDTH,
        )
        if tile.path != path:
            raise Unreadable("bad_tile_path", "this is not how the path of a tile is written (c2sp.org/tlog-tiles)")
        return tile


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Yield every tile and bundle of a log of `size` entries that one of `since` entries has not, bundles first."""
    for level in (None, *range(LEVELS_MAX)):
        shift = HEIGHT * (level or 0)
        here, before = size >> shift, since >> shift
        if here == 0:
            return
        for index in range(before // WIDTH, -(-here // WIDTH)):
            tile = Tile(level, index, min(WIDTH, here - index * WIDTH))
            if not (since and tile.is_within(since)):
                yield tile


def hashes_in(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle of entries: each with its length before it, in two bytes."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def entries_in(data: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises Unreadable where it is cut short."""
    entries, at = [], 0
    while at < len(data):
        end = at + _LENGTH_BYTES + int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        if at + _LENGTH_BYTES > len(data) or end > len(data):
            raise Unreadable("bad_bundle", "a bundle of entries ends in the middle of one")
        entries.append(data[at + _LENGTH_BYTES : end])
        at = end
    return entries


def head_of(tile: Tile, data: bytes, width: int) -> bytes:
    """Return the first `width` hashes or entries: a partial tile is the beginning of a fuller one. Raises Unreadable."""
    if tile.level is None:
        return bundle(entries_in(data)[:width])
    return data[: width * HASH_BYTES]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a perfect tree above `hashes`, whose number is a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


class Growing:
    """A tree that grows entry by entry and keeps only its right edge: the tiles that are not full yet.

    `full` holds the tiles that have become full since they were last taken.
    """

    def __init__(self) -> None:
        self.size = 0
        self.full: list[tuple[Tile, bytes]] = []
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = []

    @classmethod
    def resume(cls, size: int, edge: dict[Tile, bytes]) -> Self:
        """Return the tree of `size` entries with the partial tiles `edge` (see `edge_of`). Raises Unreadable."""
        tree = cls()
        tree.size = size
        for tile in edge_of(size):
            data = edge[tile]
            if tile.level is None:
                tree._entries = entries_in(data)
                continue
            while len(tree._levels) <= tile.level:
                tree._levels.append([])
            tree._levels[tile.level] = hashes_in(data)
            if len(tree._levels[tile.level]) != tile.width:
                raise Unreadable("bad_tile", f"{tile.path} has not {tile.width} hashes")
        if len(tree._entries) != size % WIDTH:
            raise Unreadable("bad_bundle", f"the last bundle has not {size % WIDTH} entries")
        return tree

    def append(self, entry: bytes) -> None:
        """Add an entry behind the others."""
        self._entries.append(entry)
        self.size += 1
        if len(self._entries) == WIDTH:
            self.full.append((Tile(None, self.size // WIDTH - 1), bundle(self._entries)))
            self._entries = []
        self._add(0, leaf_hash(entry))

    def _add(self, level: int, found: bytes) -> None:
        if len(self._levels) == level:
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(found)
        if len(hashes) == WIDTH:
            self.full.append((Tile(level, (self.size >> (HEIGHT * (level + 1))) - 1), b"".join(hashes)))
            self._levels[level] = []
            self._add(level + 1, root_of(hashes))

    def take_full(self) -> list[tuple[Tile, bytes]]:
        """Return the tiles that became full, once."""
        taken, self.full = self.full, []
        return taken

    def edge(self) -> list[tuple[Tile, bytes]]:
        """Return the partial tiles as they are now."""
        held: dict[int | None, bytes] = {None: bundle(self._entries)}
        held |= {level: b"".join(hashes) for level, hashes in enumerate(self._levels)}
        return [(tile, held[tile.level]) for tile in edge_of(self.size)]

    def root(self) -> bytes:
        """Return the root as it is now."""
        found: bytes | None = None
        for hashes in self._levels:  # from the smallest subtrees at the right to the largest at the left
            at = len(hashes)
            while at:
                width = at & -at
                part = root_of(hashes[at - width : at])
                found = part if found is None else node_hash(part, found)
                at -= width
        return EMPTY_ROOT if found is None else found


def edge_of(size: int) -> list[Tile]:
    """Return the partial tiles of a log of `size` entries."""
    found: list[Tile] = []
    for level in (None, *range(LEVELS_MAX)):
        here = size >> (HEIGHT * (level or 0))
        if here % WIDTH:
            found.append(Tile(level, here // WIDTH, here % WIDTH))
    return found
