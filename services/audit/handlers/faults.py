"""Use case: what contradicts what was signed is written down, said aloud, and stays until it is mended."""

import logging
from datetime import datetime

from services.audit.domain.forked import Forked
from services.audit.store import tree as store
from shared.persistence import Database

_log = logging.getLogger(__name__)


async def found(database: Database, origin: str, fork: Forked, *, now: datetime) -> None:
    """Write down a fault; the first time it is said in the log as well."""
    async with database.transaction() as transaction:
        is_new = await store.find(transaction.connection, origin, kind=fork.kind, detail=fork.detail, now=now)
    if is_new:
        _log.critical("the log contradicts what was signed; nothing more is signed: %s", fork.detail, extra={"kind": fork.kind})


async def open_ones(database: Database, origin: str) -> list[str]:
    """Return what is wrong and not mended, in words."""
    async with database.reading() as connection:
        return [f"{fault.kind}: {fault.detail}" for fault in await store.faults(connection, origin)]
