"""The tree of offices as routing tells it, kept for one question: who stands above whom."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.store.tables import OFFICES
from shared.contracts.routing import OfficeRegisteredV1
from shared.persistence import bulk

_CHANGED = "ON CONFLICT (code) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("jurisdiction", "parent", "name_vi", "name_en", "valid_from", "valid_to")
)

_ABOVE = text(
    """
    WITH RECURSIVE above AS (
        SELECT code, parent FROM offices WHERE code = :code
        UNION
        SELECT o.code, o.parent FROM offices o JOIN above a ON o.code = a.parent
    )
    SELECT code FROM above
    """
)


async def register(connection: AsyncConnection, offices: Sequence[OfficeRegisteredV1]) -> None:
    """Write entries of the directory; the last entry of an office counts."""
    latest = {office.code: office for office in offices}
    rows = [
        {
            "code": office.code,
            "jurisdiction": office.jurisdiction,
            "parent": office.parent,
            "name_vi": office.name_vi,
            "name_en": office.name_en,
            "valid_from": office.valid_from,
            "valid_to": office.valid_to,
        }
        for _, office in sorted(latest.items())
    ]
    await bulk.insert(connection, OFFICES, rows, on_conflict=_CHANGED)


async def chain(connection: AsyncConnection, code: str) -> frozenset[str]:
    """Return the codes of an office and of every office above it."""
    rows = await connection.execute(_ABOVE, {"code": code})
    return frozenset({code, *(row.code for row in rows)})
