"""Reading a ledger as a record: what a service said, by aggregate, with a digest of each body instead of the body.

Invariant: pages follow one another in the order of aggregate and version, so two ledgers can be merged page by page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS = """
    id, aggregate_id, version, type, effective_at, recorded_at, actor, authority, office, is_sealed, cause_id,
    encode(sha256(convert_to(body, 'UTF8')), 'hex') AS body_sha256
"""
_OF_ONE = text(f"SELECT {_COLUMNS} FROM events WHERE aggregate_id = :id ORDER BY version LIMIT :limit")
_AFTER = text(
    f"""
    SELECT {_COLUMNS} FROM events WHERE (aggregate_id, version) > (CAST(:id AS uuid), :version)
    ORDER BY aggregate_id, version LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One event as its service keeps it; `body_sha256` is the digest of the body as it is published."""

    id: UUID
    aggregate_id: UUID
    version: int
    type: str
    effective_at: datetime
    recorded_at: datetime
    actor: str
    authority: str | None
    office: str
    is_sealed: bool
    cause_id: UUID | None
    body_sha256: str


async def records_of(connection: AsyncConnection, aggregate_id: UUID, *, limit: int) -> Sequence[LedgerRecord]:
    """Return what was said of one aggregate, in the order of its versions."""
    return [LedgerRecord(*row) for row in await connection.execute(_OF_ONE, {"id": aggregate_id, "limit": limit})]


async def records_after(connection: AsyncConnection, aggregate_id: UUID, version: int, *, limit: int) -> Sequence[LedgerRecord]:
    """Return what stands behind a version of an aggregate, in the order of aggregates and versions."""
    values = {"id": aggregate_id, "version": version, "limit": limit}
    return [LedgerRecord(*row) for row in await connection.execute(_AFTER, values)]
