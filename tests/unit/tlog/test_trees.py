"""The quick tree and its tiles agree with the naive one, with published roots, and with themselves after every pause."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import proofs, verify
from shared.tlog.tiles import WIDTH, Growing, Tile, bundle, edge_of, entries_in, hashes_in, head_of, tiles_of
from tests.unit.tlog import naive, vectors

TREES = 10_000
SMALL, MIDDLING, LARGE = 40, 600, 70_000
LARGE_TREES = 2
MIDDLING_EVERY = 250


def grown(entries: list[bytes]) -> tuple[Growing, dict[Tile, bytes]]:
    """Return the tree of `entries` with all its tiles."""
    tree = Growing()
    for entry in entries:
        tree.append(entry)
    return tree, dict(tree.take_full()) | dict(tree.edge())


def check(entries: list[bytes], index: int, old: int) -> None:
    """Compare one tree, one inclusion proof and one consistency proof with the naive ones, and verify both."""
    size = len(entries)
    leaves = [verify.leaf_hash(entry) for entry in entries]
    tree, tiles = grown(entries)
    root = naive.root(leaves)
    assert tree.root() == root
    assert proofs.hash_of((0, size), tiles) == root
    if size:
        found = proofs.hashes_of(proofs.inclusion(index, size), tiles)
        assert found == naive.inclusion(index, leaves)
        verify.verify_inclusion(index=index, size=size, leaf=leaves[index], hashes=found, root=root)
    old_root = naive.root(leaves[:old])
    steps = proofs.hashes_of(proofs.consistency(old, size), tiles)
    assert steps == (naive.consistency(old, leaves) if old else [])
    verify.verify_consistency(old_size=old, old_root=old_root, new_size=size, new_root=root, hashes=steps)


def test_a_naive_implementation_agrees_on_ten_thousand_random_trees() -> None:
    chance = random.Random(6962)  # noqa: S311 - the same trees every time
    for number in range(TREES):
        largest = MIDDLING if number % MIDDLING_EVERY == 0 else SMALL
        size = chance.randrange(largest + 1)
        entries = [chance.randbytes(chance.randrange(40)) for _ in range(size)]
        check(entries, chance.randrange(size) if size else 0, chance.randrange(size + 1))


@pytest.mark.parametrize("seed", range(LARGE_TREES))
def test_a_naive_implementation_agrees_on_large_trees(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same trees every time
    size = WIDTH * WIDTH + chance.randrange(LARGE - WIDTH * WIDTH)
    check([chance.randbytes(32) for _ in range(size)], chance.randrange(size), chance.randrange(1, size))


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_that_were_published(size: int) -> None:
    tree, _ = grown(vectors.LEAVES[:size])
    assert tree.root().hex() == (vectors.ROOTS[size - 1] if size else vectors.EMPTY)


@pytest.mark.parametrize(("index", "size", "hashes"), vectors.INCLUSIONS)
def test_the_inclusion_proofs_are_those_that_were_published(index: int, size: int, hashes: list[str]) -> None:
    _, tiles = grown(vectors.LEAVES[:size])
    assert [found.hex() for found in proofs.hashes_of(proofs.inclusion(index, size), tiles)] == hashes


@pytest.mark.parametrize(("old", "new", "hashes"), vectors.CONSISTENCIES)
def test_the_consistency_proofs_are_those_that_were_published(old: int, new: int, hashes: list[str]) -> None:
    _, tiles = grown(vectors.LEAVES[:new])
    assert [found.hex() for found in proofs.hashes_of(proofs.consistency(old, new), tiles)] == hashes


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 112), "tile/0/000.p/112"),
        (Tile(1, 999, 255), "tile/1/999.p/255"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(2, 1234067), "tile/2/x001/x234/067"),  # the example of c2sp.org/tlog-tiles
        (Tile(None, 1234067, 1), "tile/entries/x001/x234/067.p/1"),
        (Tile(63, 5), "tile/63/005"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/../../../etc/passwd",
        "tile/0/000/../../checkpoint",
        "tile/0/%2e%2e",
        "tile/entries/000\n",
        "tile/entries/٠٠٠",
        "/tile/0/000",
        "tile//000",
    ],
)
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(verify.Unreadable):
        Tile.parse(path)


def test_a_tree_of_seventy_thousand_has_the_tiles_that_the_specification_names() -> None:
    found = list(tiles_of(70_000))
    of = {level: [tile for tile in found if tile.level == level] for level in (None, 0, 1, 2)}
    assert [(len(of[level]), of[level][-1].width) for level in (0, 1, 2)] == [(274, 112), (2, 17), (1, 1)]
    assert (len(of[None]), of[None][-1]) == (274, Tile(None, 273, 112))
    assert edge_of(256) == [Tile(1, 0, 1)]


@given(st.integers(0, 3 * WIDTH), st.integers(0, 3 * WIDTH))
def test_what_a_log_grows_by_is_what_the_shorter_one_had_not(since: int, more: int) -> None:
    before, after = set(tiles_of(since)), set(tiles_of(since + more))
    assert set(tiles_of(since + more, since=since)) == after - before
    assert all(tile.is_within(since + more) for tile in after)


@given(st.integers(0, 3 * WIDTH), st.integers(0, WIDTH + 5))
def test_a_tree_taken_up_again_from_its_edge_grows_as_if_it_had_never_paused(size: int, more: int) -> None:
    entries = [bytes([n % 251]) * 32 for n in range(size + more)]
    paused, _ = grown(entries[:size])
    resumed = Growing.resume(size, dict(paused.edge()))
    whole, tiles = grown(entries)
    for entry in entries[size:]:
        resumed.append(entry)
    assert resumed.root() == whole.root()
    assert all(tiles[tile] == data for tile, data in [*resumed.take_full(), *resumed.edge()])


@given(st.lists(st.binary(max_size=70), max_size=20), st.integers(0, 20))
def test_bundles_are_read_back_and_a_cut_one_is_refused(entries: list[bytes], width: int) -> None:
    data = bundle(entries)
    assert entries_in(data) == entries
    assert entries_in(head_of(Tile(None, 0), data, width)) == entries[:width]
    if entries:
        with pytest.raises(verify.Unreadable):
            entries_in(data[:-1] if entries[-1] else data[:-2] + b"\x00")


def test_a_partial_tile_is_the_beginning_of_the_full_one() -> None:
    entries = [bytes([n]) for n in range(WIDTH)]
    _, tiles = grown(entries)
    _, fewer = grown(entries[:7])
    assert head_of(Tile(0, 0), tiles[Tile(0, 0)], 7) == fewer[Tile(0, 0, 7)]
    assert hashes_in(fewer[Tile(0, 0, 7)]) == [verify.leaf_hash(entry) for entry in entries[:7]]
