"""Proofs out of tiles: which hashes a proof consists of, in which tiles they are, and the proof itself.

Each hash of a proof is that of a stretch of leaves ``[begin, end)`` (RFC 6962, 2.1.1 and 2.1.2); a stretch is cut into perfect
subtrees, and each of those is found within one tile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.tlog.tiles import HEIGHT, WIDTH, Tile, root_of
from shared.tlog.verify import EMPTY_ROOT, HASH_BYTES, Unreadable, node_hash

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Subtree:
    """A perfect subtree: 2**`height` leaves, the `index`-th of that height."""

    height: int
    index: int

    def place(self) -> tuple[int, int, int]:
        """Return the tile's level and where in that level its hashes are: the first one and how many."""
        level, above = divmod(self.height, HEIGHT)
        return level, self.index << above, 1 << above


def inclusion(index: int, size: int) -> list[Stretch]:
    """Return the stretches whose hashes prove that leaf `index` is in a tree of `size`, from the leaf's neighbour upwards."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    begin, end = 0, size
    path: list[Stretch] = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return path[::-1]


def consistency(old: int, new: int) -> list[Stretch]:
    """Return the stretches whose hashes prove that the tree of `new` leaves begins with the one of `old`."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves does not become one of {new}")
    if old in (0, new):
        return []
    begin, end = 0, new
    path: list[Stretch] = []
    is_whole = True  # the subtree at hand is one that the old tree's root already says
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin, is_whole = middle, False
    if not is_whole:
        path.append((begin, end))
    return path[::-1]


def tiles_for(stretches: Iterable[Stretch], *, size: int) -> set[Tile]:
    """Return the tiles that hold the hashes of `stretches` in a log of `size` entries."""
    found: set[Tile] = set()
    for begin, end in stretches:
        for part in _subtrees(begin, end):
            level, first, _ = part.place()
            width = min(WIDTH, (size >> (HEIGHT * level)) - first // WIDTH * WIDTH)
            found.add(Tile(level, first // WIDTH, width))
    return found


def hash_of(stretch: Stretch, tiles: Mapping[Tile, bytes]) -> bytes:
    """Return the hash of a stretch of leaves out of the tiles that hold it. Raises Unreadable where one is too short."""
    by_place = {(tile.level, tile.index): data for tile, data in tiles.items()}
    parts = [_read(part, by_place) for part in _subtrees(*stretch)]
    if not parts:
        return EMPTY_ROOT
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found


def hashes_of(stretches: Sequence[Stretch], tiles: Mapping[Tile, bytes]) -> list[bytes]:
    """Return the hashes of a proof."""
    return [hash_of(stretch, tiles) for stretch in stretches]


def _read(part: Subtree, tiles: Mapping[tuple[int | None, int], bytes]) -> bytes:
    level, first, number = part.place()
    index, at = divmod(first, WIDTH)
    data = tiles[level, index]
    if len(data) < (at + number) * HASH_BYTES:
        raise Unreadable("bad_tile", f"{Tile(level, index).path} is shorter than the log says")
    return root_of([data[place * HASH_BYTES : (place + 1) * HASH_BYTES] for place in range(at, at + number)])


def _subtrees(begin: int, end: int) -> list[Subtree]:
    """Cut ``[begin, end)`` into perfect subtrees from the left; `begin` stands where a subtree of its size may begin."""
    found: list[Subtree] = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        found.append(Subtree(height, begin >> height))
        begin += 1 << height
    return found


def _split(number: int) -> int:
    """Return the largest power of two below `number` (from 2)."""
    return 1 << (number - 1).bit_length() - 1
