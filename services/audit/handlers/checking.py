"""Use case: the log looks at itself. What the database holds, what the tiles hold and what was signed must be one and the same.

One pass goes over the whole log a stretch at a time: the events give the entries, the entries the tiles, the tiles the roots;
each is compared with what is kept and with every checkpoint that was signed. A difference is a fork, wherever it was made.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from services.audit.domain.forked import FaultKind, Forked
from services.audit.domain.said import Said
from services.audit.handlers.closing import READ_AT_ONCE, TheLog, add, compare_published
from services.audit.store import tree as store
from services.audit.store.tree import Signed
from shared.kernel.refusals import Trouble
from shared.persistence import Database
from shared.tlog.tiles import Growing, Tile
from shared.tlog.verify import Checkpoint, Note, ProofError


@dataclass(slots=True)
class Pass:
    """One way through the log: what it was begun for, and how far it is."""

    begun_at: datetime
    upto: Signed
    tree: Growing = field(default_factory=Growing)

    @property
    def is_done(self) -> bool:
        return self.tree.size >= self.upto.size


class Checking:
    """Looks through one log, pass after pass."""

    def __init__(self, database: Database, log: TheLog) -> None:
        self._database, self._log = database, log
        self.current: Pass | None = None

    async def step(self, now: datetime) -> bool:
        """Look at the next stretch, or begin a pass; True when one has ended and found nothing. Raises Forked, Trouble."""
        try:
            return await self._step(now)
        except (Forked, Trouble):
            self.current = None
            raise

    async def _step(self, now: datetime) -> bool:
        if self.current is None:
            self.current = await self._begin(now)
            if self.current is None:
                return True
        await self._look(self.current)
        if not self.current.is_done:
            return False
        self.current = None
        return True

    async def _begin(self, now: datetime) -> Pass | None:
        async with self._database.transaction() as transaction:
            known = await store.latest(transaction.connection, self._log.origin)
            await compare_published(transaction, self._log, known[0] if known else None)
            length = await store.head(transaction.connection)
        if not known:
            return None
        if length < known[0].size:
            raise Forked(FaultKind.DATABASE_DIFFERS, f"the log has {length} events, {known[0].size} were signed")
        return Pass(begun_at=now, upto=known[0])

    async def _look(self, current: Pass) -> None:
        tree, before = current.tree, current.tree.size
        limit = min(READ_AT_ONCE, current.upto.size - before)
        async with self._database.reading() as connection:
            page = await store.said_after(connection, before, limit=limit)
            signed = await store.between(connection, self._log.origin, before, before + limit)
        if len(page) < limit:
            raise Forked(FaultKind.DATABASE_DIFFERS, f"the log has {before + len(page)} events, {current.upto.size} were signed")
        for stretch, checkpoint in _cut(page, signed):
            await asyncio.to_thread(add, tree, stretch)
            if checkpoint is not None:
                self._compare_signed(tree, checkpoint)
        for tile, data in tree.take_full():
            await self._compare_tile(tile, data)
        if current.is_done:
            for tile, data in tree.edge():
                await self._compare_tile(tile, data)

    def _compare_signed(self, tree: Growing, signed: Signed) -> None:
        """Compare the root so far with what was signed for this size, and that with the words that bear the signature."""
        if tree.root() != signed.root:
            detail = f"the first {signed.size} events do not give the root that was signed for them"
            raise Forked(FaultKind.DATABASE_DIFFERS, detail)
        try:
            said = Checkpoint.parse(Note.parse(signed.note).text)
        except ProofError as error:
            raise Forked(FaultKind.CHECKPOINT_DIFFERS, f"the checkpoint of {signed.size} entries cannot be read") from error
        if (said.origin, said.size, said.root) != (self._log.origin, signed.size, signed.root):
            raise Forked(FaultKind.CHECKPOINT_DIFFERS, f"the checkpoint of {signed.size} entries says something else")

    async def _compare_tile(self, tile: Tile, data: bytes) -> None:
        kept = await self._log.tiles.get(tile.path)
        if kept is None:
            await self._log.tiles.put([(tile.path, data)])  # lost, not changed: its roots are those that were signed
        elif kept != data:
            raise Forked(FaultKind.TILES_DIFFER, f"{tile.path} is not what the events give")


def _cut(page: list[Said], signed: list[Signed]) -> list[tuple[list[Said], Signed | None]]:
    """Cut a page behind each event for which a checkpoint was signed."""
    cut: list[tuple[list[Said], Signed | None]] = []
    rest = page
    for checkpoint in signed:
        here = [said for said in rest if said.position <= checkpoint.size]
        cut.append((here, checkpoint))
        rest = rest[len(here) :]
    return [*cut, (rest, None)]
