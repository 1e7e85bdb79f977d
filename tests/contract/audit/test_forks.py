"""A fork made on purpose, in whatever place, is found and named, and nothing is signed on top of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from deploy.local.servers import Postgres
from services.audit.domain.forked import FaultKind, Forked
from services.audit.handlers import faults
from services.audit.handlers.checking import Checking
from services.audit.handlers.closing import CHECKPOINT, Closing
from services.audit.store import tree as store
from shared.tlog.notes import Signer, signed
from shared.tlog.tiles import WIDTH, Tile
from shared.tlog.verify import Checkpoint
from tests.contract.audit.closing import ORIGIN, SIGNER, LogHouse

Superuser = Callable[..., Awaitable[None]]
EVENTS = 2 * WIDTH + 20


@pytest.fixture
async def superuser(house: LogHouse, postgres_server: Postgres) -> AsyncIterator[Superuser]:
    """Somebody whom no trigger stops: ``await superuser("UPDATE …")``."""
    async with house.database.reading() as connection:
        name = (await connection.exec_driver_sql("SELECT current_database()")).scalar_one()
    admin = await asyncpg.connect(postgres_server.url_of("postgres", postgres_server.password, database=name))
    await admin.execute("SET search_path = audit; SET session_replication_role = replica")

    async def change(*statements: str) -> None:
        for statement in statements:
            assert await admin.execute(statement) != "UPDATE 0"

    yield change
    await admin.close()


def _flip(place: Path) -> None:
    """Change one bit."""
    data = bytearray(place.read_bytes())
    data[-1] ^= 1
    place.write_bytes(data)


async def look_through(house: LogHouse) -> Forked | None:
    """One pass over the whole log, as at a start; what it finds is written down."""
    checking = Checking(house.database, house.log)
    try:
        while not await checking.step(house.clock.now()):
            pass
    except Forked as fork:
        await faults.found(house.database, ORIGIN, fork, now=house.clock.now())
        return fork
    await faults.looked_through(house.database, ORIGIN, begun_at=house.clock.now(), now=house.clock.now())
    return None


async def is_refused(house: LogHouse, kind: FaultKind) -> None:
    """The fork is found and named, and what is heard afterwards is not signed over, not even by who was just started."""
    shown = (house.folder / CHECKPOINT).read_bytes()
    fork = await look_through(house)
    assert fork is not None
    assert fork.kind is kind
    assert any(kind in line for line in await faults.open_ones(house.database, ORIGIN))
    await house.hear(3)
    for closing in (house.closing(), house.closing()):
        assert await closing.step() is None
        await closing.publish()
    assert (house.folder / CHECKPOINT).read_bytes() == shown
    async with house.database.reading() as connection:
        assert [one.size for one in await store.latest(connection, ORIGIN, limit=5)] == [EVENTS, 10]


@pytest.fixture
async def grown(house: LogHouse) -> LogHouse:
    """A log of two checkpoints in which nothing is wrong."""
    closing = house.closing()
    await house.hear(10)
    await house.close_over(closing)
    await house.hear(EVENTS - 10)
    await house.close_over(closing)
    assert await look_through(house) is None
    return house


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET actor = 'person:somebody' WHERE position = 5",
        "UPDATE log SET body = '{}' WHERE position = 300",
        "UPDATE log SET salt = decode(repeat('00', 16), 'hex') WHERE position = 530",
        "UPDATE log SET effective_at = effective_at - interval '1 day' WHERE position = 532",
        "DELETE FROM log WHERE position = 100",
        "UPDATE log SET type = 'petitions.intake.petition.withdrawn.v1' WHERE position = 256",
    ],
)
async def test_an_event_that_a_superuser_changed_is_found(grown: LogHouse, superuser: Superuser, statement: str) -> None:
    await superuser(statement)
    await is_refused(grown, FaultKind.DATABASE_DIFFERS)


@pytest.mark.parametrize("tile", [Tile(0, 0), Tile(None, 1), Tile(0, 2, 20), Tile(None, 2, 20), Tile(1, 0, 2)])
async def test_a_tile_that_was_changed_is_found(grown: LogHouse, tile: Tile) -> None:
    _flip(grown.folder / tile.path)
    await is_refused(grown, FaultKind.TILES_DIFFER)


async def test_a_database_restored_from_an_older_backup_is_found(grown: LogHouse, superuser: Superuser) -> None:
    await superuser(
        "DELETE FROM log WHERE position > 10",
        "UPDATE log_head SET position = 10",
        f"DELETE FROM checkpoints WHERE size = {EVENTS}",
    )
    assert (fork := await look_through(grown)) is not None
    assert fork.kind is FaultKind.DATABASE_BEHIND
    await grown.hear(EVENTS)
    assert await grown.closing().step() is None
    assert grown.published().checkpoint.size == EVENTS


async def test_a_log_that_is_shorter_than_what_was_signed_is_found(grown: LogHouse, superuser: Superuser) -> None:
    await superuser("DELETE FROM log WHERE position > 500", "UPDATE log_head SET position = 500")
    assert (fork := await look_through(grown)) is not None
    assert fork.kind is FaultKind.DATABASE_DIFFERS


@pytest.mark.parametrize("signer", [SIGNER, Signer.from_seed(ORIGIN, bytes(32))])
async def test_a_checkpoint_that_was_signed_for_another_root_is_found(grown: LogHouse, signer: Signer) -> None:
    forged = str(signed(str(Checkpoint(origin=ORIGIN, size=EVENTS, root=bytes(32))), signer))
    (grown.folder / CHECKPOINT).write_text(forged, encoding="utf-8")
    await is_refused(grown, FaultKind.CHECKPOINT_DIFFERS)


async def test_a_checkpoint_that_was_changed_in_the_database_is_found(grown: LogHouse, superuser: Superuser) -> None:
    await superuser("UPDATE checkpoints SET root = decode(repeat('ab', 32), 'hex') WHERE size = 10")
    await is_refused(grown, FaultKind.DATABASE_DIFFERS)


async def test_a_checkpoint_whose_words_were_changed_is_found(grown: LogHouse, superuser: Superuser) -> None:
    forged = str(signed(str(Checkpoint(origin=ORIGIN, size=10, root=bytes(32))), SIGNER))
    await superuser(f"UPDATE checkpoints SET note = '{forged}' WHERE size = 10")
    await is_refused(grown, FaultKind.CHECKPOINT_DIFFERS)


async def test_rubbish_in_the_place_of_the_checkpoint_is_found(grown: LogHouse) -> None:
    (grown.folder / CHECKPOINT).write_bytes(b"\xff")
    await is_refused(grown, FaultKind.CHECKPOINT_DIFFERS)


async def test_what_was_mended_is_signed_over_again(grown: LogHouse) -> None:
    place = grown.folder / Tile(0, 0).path
    _flip(place)
    assert await look_through(grown) is not None
    _flip(place)
    grown.clock.advance(timedelta(seconds=1))
    assert await look_through(grown) is None
    assert await faults.open_ones(grown.database, ORIGIN) == []
    await grown.hear(3)
    assert await grown.close_over() == EVENTS + 3


async def test_a_tile_that_is_gone_is_made_again_and_no_fork(grown: LogHouse) -> None:
    place = grown.folder / Tile(0, 1).path
    before = grown.mirror()
    place.unlink()
    assert await look_through(grown) is None
    assert grown.mirror() == before


async def test_another_name_begins_another_log_over_the_same_events(grown: LogHouse) -> None:
    name = "city.example/log2"
    other = replace(grown.log, origin=name, signers=(Signer.from_seed(name, bytes(32)),))
    closing = Closing(grown.database, other, grown.clock)
    new = await closing.step()
    assert new is not None
    assert new.size == EVENTS
