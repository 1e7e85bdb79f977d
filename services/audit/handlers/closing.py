"""Use case: close over what was heard. Events become leaves, leaves tiles, and a signed checkpoint commits to all of them.

Invariants: one replica at a time; tiles are kept before the checkpoint is signed, the checkpoint is kept in the database before
it is published; what is done again after a crash gives the same bytes. What contradicts an earlier checkpoint raises Forked, and
nothing is signed on top of it.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from services.audit.domain.forked import FaultKind, Forked
from services.audit.domain.said import Said
from services.audit.gateways import Tiles
from services.audit.gateways.witnesses import Witness
from services.audit.store import tree as store
from services.audit.store.tree import Signed
from services.audit.wire.closing import published
from services.audit.wire.leaf import entry_of
from shared.kernel.clock import Clock
from shared.persistence import Database, Transaction
from shared.tlog.notes import Signer, signed
from shared.tlog.tiles import Growing, Tile, edge_of
from shared.tlog.verify import Checkpoint, Note, Unreadable

CHECKPOINT = "checkpoint"
READ_AT_ONCE = 2048
GROW_SECONDS_MAX = 6.0
"""A long backlog is closed over in several steps, each with its checkpoint: it is never further than this from the last one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TheLog:
    """The log as it is configured: its name, who signs (the present key first), where its tiles are kept, whom it has witness."""

    origin: str
    signers: tuple[Signer, ...]
    tiles: Tiles
    witnesses: tuple[Witness, ...] = ()


class Closing:
    """Closes over one log. Keeps the tree's right edge in memory; it is read again from the tiles where need be."""

    def __init__(self, database: Database, log: TheLog, clock: Clock) -> None:
        self._database, self._log, self._clock = database, log, clock
        self._tree: Growing | None = None

    async def step(self) -> Signed | None:
        """Take in what is new and sign; return the new checkpoint, None where there is none. Raises Trouble, Forked."""
        tree, self._tree = self._tree, None  # a step that fails leaves a tree that is half grown
        async with self._database.transaction() as transaction:
            connection, origin = transaction.connection, self._log.origin
            if not await store.try_lock(connection, origin) or await store.faults(connection, origin):
                return None
            before = next(iter(await store.latest(connection, origin)), None)
            await compare_published(transaction, self._log, before)
            size = before.size if before else 0
            if not await store.has_news(connection, size):
                self._tree = tree
                return None
            if tree is None or before is None or tree.size != size or tree.root() != before.root:
                tree = await self._tree_of(transaction, before)
            new = await self._close(transaction, tree, size)
        self._tree = tree
        return new

    async def publish(self) -> None:
        """Let everybody read the latest checkpoint, with the witnesses' signatures. Raises Trouble, Forked."""
        async with self._database.transaction() as transaction:
            connection, origin, tiles = transaction.connection, self._log.origin, self._log.tiles
            if not await store.try_lock(connection, origin) or await store.faults(connection, origin):
                return
            known = await store.latest(connection, origin, limit=3)
            await compare_published(transaction, self._log, known[0] if known else None)
            if not known:
                return
            note = (known[0].note + "".join(await store.lines_of(connection, origin, known[0].size))).encode()
            if await tiles.get(CHECKPOINT) != note:
                await tiles.put([(CHECKPOINT, note)])
                await tiles.drop(_outgrown([one.size for one in known]))

    async def _close(self, transaction: Transaction, tree: Growing, size: int) -> Signed:
        connection, now = transaction.connection, self._clock.now()
        await self._grow(transaction, tree, await store.head(connection))
        fresh = [(tile.path, data) for tile, data in tree.edge() if not (size and tile.is_within(size))]
        await self._log.tiles.put(fresh)
        checkpoint = Checkpoint(origin=self._log.origin, size=tree.size, root=tree.root())
        note = str(signed(str(checkpoint), *self._log.signers))
        new = Signed(size=tree.size, root=checkpoint.root, note=note, signed_at=now)
        await store.keep(connection, self._log.origin, new)
        transaction.emit([published(checkpoint, key=self._log.signers[0].vkey, now=now)])
        return new

    async def _grow(self, transaction: Transaction, tree: Growing, upto: int) -> None:
        """Add the events up to `upto`, or as many as the time allows; keep the tiles that become full."""
        until = monotonic() + GROW_SECONDS_MAX
        while tree.size < upto and monotonic() < until:
            page = await store.said_after(transaction.connection, tree.size, limit=min(READ_AT_ONCE, upto - tree.size))
            await asyncio.to_thread(add, tree, page)
            await self._log.tiles.put([(tile.path, data) for tile, data in tree.take_full()])

    async def _tree_of(self, transaction: Transaction, before: Signed | None) -> Growing:
        """Return the tree that `before` was signed over, from its last tiles. Raises Forked where they give another root."""
        if before is None:
            return Growing()
        edge: dict[Tile, bytes] = {}
        for tile in edge_of(before.size):
            data = await self._log.tiles.get(tile.path)
            if data is None:
                return await self._remade(transaction, before)
            edge[tile] = data
        try:
            tree = Growing.resume(before.size, edge)
        except Unreadable as error:
            raise Forked(FaultKind.TILES_DIFFER, error.detail) from error
        if tree.root() != before.root:
            detail = f"the last tiles do not give the root of the checkpoint of {before.size} entries"
            raise Forked(FaultKind.TILES_DIFFER, detail)
        return tree

    async def _remade(self, transaction: Transaction, before: Signed) -> Growing:
        """Make again the tiles that are gone, from the database; those that are there stay. Raises Forked."""
        _log.warning("tiles of the log are missing: they are made again from the database")
        tree = Growing()
        while tree.size < before.size:
            page = await store.said_after(transaction.connection, tree.size, limit=min(READ_AT_ONCE, before.size - tree.size))
            if not page:
                raise Forked(FaultKind.DATABASE_DIFFERS, f"the log has {tree.size} events, {before.size} were signed")
            await asyncio.to_thread(add, tree, page)
            await self._put_missing(tree.take_full())
        if tree.root() != before.root:
            detail = f"its first {before.size} events do not give the root that was signed"
            raise Forked(FaultKind.DATABASE_DIFFERS, detail)
        await self._put_missing(tree.edge())
        return tree

    async def _put_missing(self, tiles: Sequence[tuple[Tile, bytes]]) -> None:
        missing = [(tile.path, data) for tile, data in tiles if await self._log.tiles.get(tile.path) is None]
        await self._log.tiles.put(missing)


def add(tree: Growing, page: Sequence[Said]) -> None:
    """Add events to a tree. Raises Forked where one is missing between them."""
    for said in page:
        if said.position != tree.size + 1:
            raise Forked(FaultKind.DATABASE_DIFFERS, f"event {tree.size + 1} of the log is missing")
        tree.append(entry_of(said))


async def compare_published(transaction: Transaction, log: TheLog, latest: Signed | None) -> None:
    """Compare what everybody can read with what the database says was signed. Raises Forked, Trouble."""
    shown = await log.tiles.get(CHECKPOINT)
    if shown is None:
        return
    try:
        published = Checkpoint.parse(Note.parse(shown.decode()).text)
    except (Unreadable, UnicodeDecodeError) as error:
        raise Forked(FaultKind.CHECKPOINT_DIFFERS, "what is published is no checkpoint") from error
    if published.origin != log.origin:
        return  # the log begins anew under another name: the old one's last words stay until the first new ones
    if latest is None or published.size > latest.size:
        known = latest.size if latest else 0
        detail = f"a checkpoint of {published.size} entries was published, the database knows one of {known}"
        raise Forked(FaultKind.DATABASE_BEHIND, detail)
    of_size = latest if published.size == latest.size else await store.of_size(transaction.connection, log.origin, published.size)
    if of_size is None or of_size.root != published.root:
        detail = f"the published checkpoint of {published.size} entries is not the one that was signed"
        raise Forked(FaultKind.CHECKPOINT_DIFFERS, detail)


def _outgrown(sizes: Sequence[int]) -> list[str]:
    """Return the partial tiles of the checkpoint before the last but one: fuller ones have taken their place."""
    if len(sizes) < 3:  # noqa: PLR2004 - the latest, the one before, and the one whose tiles go
        return []
    kept = {*edge_of(sizes[0]), *edge_of(sizes[1])}
    return [tile.path for tile in edge_of(sizes[2]) if tile not in kept]
