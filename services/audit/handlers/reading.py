"""Use case: what everybody may read of the log (the checkpoint, the tiles), and the proof of one event.

Tiles are served from their store alone: they can be read while the database is away.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from uuid import UUID

from services.audit.gateways import Tiles
from services.audit.handlers.closing import CHECKPOINT, TheLog
from services.audit.store import tree as store
from services.audit.wire.leaf import record_of
from shared.identity import Principal
from shared.kernel.refusals import Trouble, Unknown
from shared.persistence import Database
from shared.tlog import proofs
from shared.tlog.tiles import HEIGHT, WIDTH, Tile, head_of
from shared.tlog.verify import Checkpoint, Note, Proof

NOT_YET = "not_in_log_yet"
NO_TILE = "tile_not_found"
NO_CHECKPOINT = "no_checkpoint_yet"
RECORDS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """An event with everything that proves it."""

    index: int
    record: bytes
    salt: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str

    @property
    def proof(self) -> str:
        """The proof as a file (c2sp.org/tlog-proof), without `extra`."""
        return str(Proof(index=self.index, hashes=self.hashes, checkpoint=self.checkpoint))


async def checkpoint(tiles: Tiles) -> str:
    """Return the published checkpoint. Raises Unknown before there is one, Trouble."""
    shown = await tiles.get(CHECKPOINT)
    if shown is None:
        raise Unknown("no checkpoint of the log has been published yet", code=NO_CHECKPOINT)
    return shown.decode()


async def tile(tiles: Tiles, wanted: Tile) -> bytes:
    """Return a tile or bundle that the published checkpoint covers. Raises Unknown where it does not, Trouble."""
    size = Checkpoint.parse(Note.parse(await checkpoint(tiles)).text).size
    data = await fetch(tiles, wanted, size=size) if wanted.is_within(size) else None
    if data is None:
        raise Unknown("the log has no such tile yet", code=NO_TILE)
    return data


async def fetch(tiles: Tiles, wanted: Tile, *, size: int) -> bytes | None:
    """Return a tile; a partial one that is gone is the beginning of the one that the log of `size` entries has in its place."""
    data = await tiles.get(wanted.path)
    if data is not None or wanted.is_full:
        return data
    here = (size >> (HEIGHT * (wanted.level or 0))) - wanted.index * WIDTH
    for width in (WIDTH, min(here, WIDTH)):
        fuller = await tiles.get(Tile(wanted.level, wanted.index, width).path)
        if fuller is not None:
            return head_of(wanted, fuller, wanted.width)
    return None


async def records(database: Database, reader: Principal, after: int, *, limit: int) -> AsyncIterator[tuple[int, bytes, bytes]]:
    """Yield index, record and salt of up to `limit` events behind the first `after`, as far as `reader` may see them."""
    while limit > 0:
        async with database.reading() as connection:
            page = await store.said_to(connection, after, limit=min(limit, RECORDS_AT_ONCE), reader=reader.actor)
        for said in page:
            yield said.position - 1, record_of(said), said.salt
        if not page:
            return
        limit -= len(page)
        after = page[-1].position


async def prove(database: Database, log: TheLog, reader: Principal, event_id: UUID) -> ProvenEvent:
    """Return the proof of one event under the latest checkpoint. Raises Unknown before it is under one, Trouble."""
    async with database.reading() as connection:
        said = await store.said(connection, event_id, reader=None if reader.is_service else reader.actor)
        latest = next(iter(await store.latest(connection, log.origin)), None)
        if said is None or latest is None or said.position > latest.size:
            raise Unknown("this event is not under a checkpoint yet", code=NOT_YET)
        lines = await store.lines_of(connection, log.origin, latest.size)
    stretches = proofs.inclusion(said.position - 1, latest.size)
    return ProvenEvent(
        index=said.position - 1,
        record=record_of(said),
        salt=said.salt,
        hashes=tuple(await hashes(log.tiles, stretches, size=latest.size)),
        checkpoint=latest.note + "".join(lines),
    )


async def hashes(tiles: Tiles, stretches: Iterable[proofs.Stretch], *, size: int) -> list[bytes]:
    """Return the hashes of stretches of a log of `size` entries. Raises Trouble where a tile cannot be had."""
    wanted = list(stretches)
    held: dict[Tile, bytes] = {}
    for each in proofs.tiles_for(wanted, size=size):
        data = await fetch(tiles, each, size=size)
        if data is None:
            raise Trouble(f"{each.path} is missing in the store of the log's tiles", code="tiles_unreachable")
        held[each] = data
    return proofs.hashes_of(wanted, held)
