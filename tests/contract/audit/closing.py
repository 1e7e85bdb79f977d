"""A log of an own database and an own folder, events to put into it, and a look at it with the eyes of a stranger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from services.audit.gateways import DiskTiles
from services.audit.handlers.closing import CHECKPOINT, Closing, TheLog
from services.audit.store import log as store
from shared.persistence import Database
from shared.testing import FakeClock
from shared.tlog import proofs
from shared.tlog.notes import Signer
from shared.tlog.tiles import Growing, Tile, entries_in, tiles_of
from shared.tlog.verify import Opened, open_checkpoint

ORIGIN = "city.example/log"
SIGNER = Signer.from_seed(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
LODGED = "petitions.intake.petition.lodged.v1"


def rows(number: int, *, type_: str = LODGED, body: bytes = b'{"code":"HN"}') -> list[dict[str, object]]:
    """Return the rows of `number` events, each of a petition of its own."""
    petitions = [uuid4() for _ in range(number)]
    return [
        {
            "id": uuid4(),
            "aggregate_id": petition,
            "source": "intake",
            "version": 1,
            "type": type_,
            "effective_at": NOW,
            "recorded_at": NOW,
            "heard_at": NOW,
            "actor": "petitioner",
            "correlation_id": petition,
            "cause_id": None,
            "cause_source": None,
            "cause_version": None,
            "office": "_",
            "is_sealed": False,
            "traceparent": None,
            "stream": "PETITIONS",
            "stream_seq": place,
            "body": body,
            "authority": None,
        }
        for place, petition in enumerate(petitions, start=1)
    ]


@dataclass(frozen=True, slots=True)
class LogHouse:
    """One log, and its parts."""

    database: Database
    folder: Path
    clock: FakeClock

    @property
    def log(self) -> TheLog:
        return TheLog(origin=ORIGIN, signers=(SIGNER,), tiles=DiskTiles(self.folder))

    def closing(self) -> Closing:
        """A process that was just started."""
        return Closing(self.database, self.log, self.clock)

    async def hear(self, events: int | Sequence[dict[str, object]]) -> Sequence[dict[str, object]]:
        said = rows(events) if isinstance(events, int) else events
        async with self.database.transaction() as transaction:
            await store.append(transaction.connection, said)
        return said

    async def close_over(self, closing: Closing | None = None) -> int:
        """Close over what is new, publish it; return the size of the published checkpoint."""
        closing = closing or self.closing()
        await closing.step()
        await closing.publish()
        self.clock.advance(timedelta(seconds=5))
        return self.published().checkpoint.size

    def published(self) -> Opened:
        return open_checkpoint((self.folder / CHECKPOINT).read_text(encoding="utf-8"), SIGNER.vkey)

    def mirror(self) -> dict[Tile, bytes]:
        """Read every tile of the published checkpoint from the folder and check all of it, as a stranger would."""
        opened = self.published()
        tiles = {tile: (self.folder / tile.path).read_bytes() for tile in tiles_of(opened.checkpoint.size)}
        tree = Growing()
        for tile in sorted(tile for tile in tiles if tile.level is None):
            for entry in entries_in(tiles[tile]):
                tree.append(entry)
        made = dict(tree.take_full()) | dict(tree.edge())
        assert made == tiles
        assert tree.root() == opened.checkpoint.root == proofs.hash_of((0, opened.checkpoint.size), tiles)
        return tiles


def entries_of(tiles: dict[Tile, bytes]) -> list[bytes]:
    """Return the entries that a mirror holds, in order."""
    found = [(tile.index, entries_in(data)) for tile, data in tiles.items() if tile.level is None]
    return [entry for _, entries in sorted(found) for entry in entries]
