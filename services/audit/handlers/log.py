"""Use cases: write down what was heard, name what is missing, hand everything out."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.gaps import Gap, Known, find_gaps
from services.audit.handlers.tracing import known_of
from services.audit.store import log as store
from services.audit.store import relations, sight
from services.audit.wire.recording import exclusion_row, petition_row, relation_rows, row_of
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed
from shared.messaging import Incoming
from shared.persistence import Database, Transaction

EXPORT_PAGE_ENTRIES = 1000
GAPS_MAX = 500
"""Petitions with gaps in one answer."""


async def record(transaction: Transaction, batch: Sequence[Incoming], now: datetime) -> None:
    """Write what of a batch the log has not yet at its end, and the codes, conflicts of interest and relations that it tells.

    Raises Malformed where two different events claim the same version of one source: one of them is not what was said first.
    """
    known = await store.known(transaction.connection, [item.envelope.id for item in batch])
    batch = list({item.envelope.id: item for item in reversed(batch) if item.envelope.id not in known}.values())[::-1]
    if not batch:
        return
    if await store.append(transaction.connection, [row_of(item, heard_at=now) for item in batch]) < len(batch):
        raise Malformed("another event has this version of its source already", code="version_said_twice")
    named = [row for row in map(petition_row, batch) if row is not None]
    await store.name_petitions(transaction.connection, named)
    await sight.exclude(transaction.connection, [row for row in map(exclusion_row, batch) if row is not None])
    await relations.relate(transaction.connection, [row for item in batch for row in relation_rows(item)])


async def all_gaps(
    database: Database, reader: Principal, *, after: UUID, limit: int
) -> tuple[list[tuple[UUID, str | None, tuple[Gap, ...]]], int]:
    """Return every petition and office behind `after` with what is missing of it; and how many parked messages name none.

    Auditors read the codes of denunciations, too; nobody reads of a petition from which he is excluded.
    """
    async with database.reading() as connection:
        suspects = await store.suspects(connection, after=after, limit=limit, reader=reader.actor)
        ids = [petition_id for petition_id, _ in suspects]
        known = known_of(await store.heard_of(connection, ids))
        for row in await store.versions_of(connection, ids):
            known.setdefault(row.aggregate_id, Known()).store(row.source, row.versions)
        unnamed = frozenset() if reader.has(Role.AUDITOR) else await store.sealed_among(connection, ids)
        unplaced = await store.unplaced(connection)
    found = [(key, None if key in unnamed else code, find_gaps(known[key])) for key, code in suspects]
    return found, unplaced


async def entries_after(database: Database, reader: Principal, position: int, *, limit: int) -> AsyncIterator[Entry]:
    """Yield up to `limit` entries behind `position` that `reader` may see, a page at a time."""
    while limit > 0:
        size = min(limit, EXPORT_PAGE_ENTRIES)
        async with database.reading() as connection:
            page = await store.entries_after(connection, position, limit=size, reader=reader.actor)
        for entry in page:
            yield entry
        if len(page) < EXPORT_PAGE_ENTRIES:
            return
        limit -= len(page)
        position = page[-1].position
