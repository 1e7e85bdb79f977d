"""Use case: what contradicts what was signed is written down, said aloud, and stays until it is mended."""

import logging
from collections.abc import Sequence
from datetime import datetime

from services.audit.domain.forked import SEEN_BY_LOOKING, FaultKind, Forked
from services.audit.store import tree as store
from shared.persistence import Database

_log = logging.getLogger(__name__)


async def found(database: Database, origin: str, fork: Forked, *, now: datetime) -> None:
    """Write down a fault; the first time it is said in the log as well."""
    async with database.transaction() as transaction:
        is_new = await store.find(transaction.connection, origin, kind=fork.kind, detail=fork.detail, now=now)
    if is_new:
        _log.critical("the log contradicts what was signed; nothing more is signed: %s", fork.detail, extra={"kind": fork.kind})


async def looked_through(database: Database, origin: str, *, begun_at: datetime, now: datetime) -> None:
    """Close what a look through the whole log, begun at `begun_at`, would have found again."""
    await mended(database, origin, SEEN_BY_LOOKING, begun_at=begun_at, now=now)


async def mended(database: Database, origin: str, kinds: Sequence[FaultKind], *, begun_at: datetime, now: datetime) -> None:
    """Close the faults of `kinds` that were found before `begun_at`."""
    async with database.transaction() as transaction:
        number = await store.mend(transaction.connection, origin, kinds, before=begun_at, now=now)
    if number:
        _log.warning("%d faults of the log are mended: checkpoints are signed again", number)


async def open_ones(database: Database, origin: str) -> list[str]:
    """Return what is wrong and not mended, in words."""
    async with database.reading() as connection:
        return [f"{fault.kind}: {fault.detail}" for fault in await store.faults(connection, origin)]
