"""Use cases: write down what was heard, tell a petition's life, name what is missing, hand everything out."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.audit.domain.code import code_key
from services.audit.domain.entry import Entry
from services.audit.domain.gaps import Gap, Known, find_gaps
from services.audit.domain.lifecycle import Lifecycle, tell
from services.audit.store import log as store
from services.audit.store import sight
from services.audit.wire.recording import exclusion_row, petition_row, row_of
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.messaging import Incoming
from shared.persistence import Database, Transaction

EXPORT_PAGE_ENTRIES = 1000
GAPS_MAX = 500
"""Petitions with gaps in one answer."""


async def record(transaction: Transaction, batch: Sequence[Incoming], now: datetime) -> None:
    """Write a batch at the end of the log, and the codes and the conflicts of interest that it tells."""
    await store.append(transaction.connection, [row_of(item, heard_at=now) for item in batch])
    named = [row for row in map(petition_row, batch) if row is not None]
    await store.name_petitions(transaction.connection, named)
    await sight.exclude(transaction.connection, [row for row in map(exclusion_row, batch) if row is not None])


async def life_of(database: Database, reader: Principal, key: str) -> tuple[UUID, str | None, Lifecycle]:
    """Return the life of the petition with the code or id `key`. Raises Unknown, also for a reader who is excluded from it."""
    async with database.reading() as connection:
        petition_id, code = _as_id(key), None
        if petition_id is not None:
            code = await store.code_of(connection, petition_id)
        else:
            petition_id, code = await store.petition(connection, code_key=code_key(key), reader=reader.actor) or (None, None)
        if petition_id is None:
            raise Unknown("no petition with this code has been heard of", code="petition_not_heard_of")
        entries = await store.entries_of(connection, petition_id, reader=reader.actor)
        heard = await store.heard_of(connection, [petition_id], reader=reader.actor)
        known = _known(heard).get(petition_id, Known())
    if not entries and not known.mentioned and not known.parked:
        raise Unknown("nothing has been heard of it", code="petition_not_heard_of")
    return petition_id, code, tell(entries, known)


async def all_gaps(
    database: Database, reader: Principal, *, after: UUID, limit: int
) -> tuple[list[tuple[UUID, str | None, tuple[Gap, ...]]], int]:
    """Return every petition and office behind `after` with what is missing of it; and how many parked messages name none.

    Auditors read the codes of denunciations, too; nobody reads of a petition from which he is excluded.
    """
    async with database.reading() as connection:
        suspects = await store.suspects(connection, after=after, limit=limit, reader=reader.actor)
        ids = [petition_id for petition_id, _ in suspects]
        known = _known(await store.heard_of(connection, ids))
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


def _known(rows: Iterable[store.HeardOf]) -> dict[UUID, Known]:
    """Gather what was mentioned, by petition."""
    found: dict[UUID, Known] = {}
    for row in rows:
        known = found.setdefault(row.aggregate_id, Known())
        if row.is_parked:
            known.park(row.source, row.version)
        else:
            known.mention(row.source, row.version)
    return found


def _as_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
