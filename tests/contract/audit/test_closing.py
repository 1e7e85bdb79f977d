"""The log is closed over: leaves, tiles, checkpoints; whoever does it, however often, the same bytes."""

import asyncio
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from services.audit.handlers import reading
from services.audit.handlers.closing import CHECKPOINT
from services.audit.store import tree as store
from services.audit.wire.leaf import entry_of
from shared.contracts.audit import CheckpointPublishedV1
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.tlog import proofs, verify
from shared.tlog.tiles import WIDTH, Tile
from tests.contract.audit.closing import ORIGIN, SIGNER, LogHouse, entries_of, rows

AUDITOR = Principal(subject="kiemtoan", roles=frozenset({Role.AUDITOR}))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_every_event_is_a_leaf_in_the_order_of_the_log(house: LogHouse) -> None:
    await house.hear(WIDTH + 10)
    assert await house.close_over() == WIDTH + 10
    async with house.database.reading() as connection:
        said = await store.said_after(connection, 0, limit=1000)
    assert entries_of(house.mirror()) == [entry_of(one) for one in said]
    assert len({one.salt for one in said}) == len(said)


async def test_each_checkpoint_proves_that_the_log_only_grew(house: LogHouse) -> None:
    closing = house.closing()
    roots = []
    for number in (1, 5, WIDTH - 6, 1, WIDTH, 2 * WIDTH + 3):
        await house.hear(number)
        await house.close_over(closing)
        roots.append(house.published().checkpoint)
    tiles = house.mirror()
    for old, new in [*pairwise(roots), (roots[0], roots[-1])]:
        hashes = proofs.hashes_of(proofs.consistency(old.size, new.size), tiles)
        verify.verify_consistency(old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, hashes=hashes)


async def test_whoever_closes_over_after_a_restart_or_on_a_new_disk_writes_the_same_bytes(house: LogHouse) -> None:
    await house.hear(WIDTH + 7)
    await house.close_over()
    before = files(house.folder)
    for path in house.folder.rglob("*"):
        if path.is_file():
            path.unlink()
    await house.hear(3)
    size = await house.close_over()
    assert size == WIDTH + 10
    house.mirror()
    after = files(house.folder)
    kept = {path for path in before if path in after and path != CHECKPOINT}
    assert "tile/0/001.p/7" in before
    assert kept
    assert all(before[path] == after[path] for path in kept)


async def test_two_replicas_close_over_one_log(house: LogHouse) -> None:
    first, second = house.closing(), house.closing()
    for number in (3, WIDTH, 4):
        await house.hear(number)
        await asyncio.gather(first.step(), second.step())
        await asyncio.gather(first.publish(), second.publish())
    await house.close_over(second)
    assert house.published().checkpoint.size == WIDTH + 7
    house.mirror()


async def test_news_of_checkpoints_alone_make_no_further_one(house: LogHouse) -> None:
    await house.hear(4)
    closing = house.closing()
    assert await house.close_over(closing) == 4
    await house.hear(rows(2, type_=CheckpointPublishedV1.TYPE))
    assert await house.close_over(closing) == 4
    await house.hear(1)
    assert await house.close_over(closing) == 7


async def test_a_checkpoint_is_an_event(house: LogHouse) -> None:
    await house.hear(2)
    await house.close_over()
    async with house.database.reading() as connection:
        found = (await connection.execute(text("SELECT type, body FROM events"))).one()
    said = CheckpointPublishedV1.model_validate_json(found.body)
    assert (found.type, said.size, said.origin, said.key) == (CheckpointPublishedV1.TYPE, 2, ORIGIN, str(SIGNER.vkey))


async def test_every_event_has_a_salt_without_being_given_one(house: LogHouse) -> None:
    await house.hear(WIDTH)
    async with house.database.reading() as connection:
        salts = (await connection.execute(text("SELECT salt FROM log"))).scalars().all()
    assert {len(salt) for salt in salts} == {verify.SALT_BYTES}
    assert len(set(salts)) == WIDTH


@pytest.mark.parametrize("place", [0, 100, WIDTH + 2])
async def test_an_event_is_proven_under_the_latest_checkpoint(house: LogHouse, place: int) -> None:
    said = await house.hear(WIDTH + 3)
    await house.close_over()
    await house.hear(5)
    event_id = said[place]["id"]
    assert isinstance(event_id, UUID)
    proven = await reading.prove(house.database, house.log, AUDITOR, event_id)
    entry = verify.entry_for(proven.salt, proven.record)
    found = verify.verify_proof(proven.proof, SIGNER.vkey, entry=entry)
    assert (found.proof.index, found.opened.checkpoint.size) == (place, WIDTH + 3)


async def test_before_its_checkpoint_an_event_is_not_proven(house: LogHouse) -> None:
    said = await house.hear(1)
    event_id = said[0]["id"]
    assert isinstance(event_id, UUID)
    with pytest.raises(Unknown) as caught:
        await reading.prove(house.database, house.log, AUDITOR, event_id)
    assert caught.value.code == reading.NOT_YET


async def test_tiles_are_served_up_to_the_checkpoint_and_outgrown_ones_for_ever(house: LogHouse) -> None:
    closing = house.closing()
    served: dict[Tile, bytes] = {}
    for number in (5, 4, 3, WIDTH, 9):
        await house.hear(number)
        size = await house.close_over(closing)
        for tile in [Tile(None, 0, min(size, WIDTH)), Tile(0, 0, min(size, WIDTH))]:
            served[tile] = await reading.tile(house.log.tiles, tile)
    assert not (house.folder / Tile(0, 0, 5).path).exists()
    for tile, data in served.items():
        assert await reading.tile(house.log.tiles, tile) == data
    for tile in (Tile(0, 1), Tile(0, 1, 22), Tile(0, 2, 1), Tile(1, 0, 2), Tile(None, 1), Tile(63, 0, 1)):
        with pytest.raises(Unknown):
            await reading.tile(house.log.tiles, tile)
