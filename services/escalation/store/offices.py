"""The directory of offices as routing tells it, kept for two questions: who stands above whom, and who can be told."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.escalation.domain.tree import Office, Tree
from services.escalation.store.tables import OFFICES
from shared.contracts.routing import OfficeRegisteredV1
from shared.persistence import bulk

_FIELDS = ("jurisdiction", "parent", "name_vi", "name_en", "valid_from", "valid_to", "head", "absences", "is_reception")
_CHANGED = "ON CONFLICT (code) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _FIELDS)
_COUNT_CHANGE = text("UPDATE lawbook SET offices = offices + 1")
_ALL = text("SELECT code, jurisdiction, valid_from, valid_to, head, absences FROM offices")
_RECEPTION = text(
    """
    SELECT DISTINCT ON (jurisdiction) jurisdiction, code FROM offices WHERE is_reception
    ORDER BY jurisdiction, (valid_from <= :on AND (valid_to IS NULL OR valid_to >= :on)) DESC, valid_to DESC NULLS FIRST, code
    """
)

_ABOVE = text(
    """
    WITH RECURSIVE above AS (
        SELECT code, parent, 0 AS rung FROM offices WHERE code = :code
        UNION
        SELECT o.code, o.parent, a.rung + 1 FROM offices o JOIN above a ON o.code = a.parent
    )
    SELECT code FROM above ORDER BY rung
    """
)


async def register(connection: AsyncConnection, offices: Sequence[OfficeRegisteredV1]) -> None:
    """Write entries of the directory; the last entry of an office counts."""
    if not offices:
        return
    latest = {office.code: office for office in offices}
    await bulk.insert(connection, OFFICES, [_row(office) for _, office in sorted(latest.items())], on_conflict=_CHANGED)
    await connection.execute(_COUNT_CHANGE)


async def tree(connection: AsyncConnection, zones: Mapping[str, ZoneInfo]) -> Tree:
    """Return the directory as the ladder sees it; `zones` are those of the jurisdictions."""
    rows = await connection.execute(_ALL)
    return Tree({row.code: _office(row, zones.get(row.jurisdiction)) for row in rows})


async def chain(connection: AsyncConnection, code: str) -> tuple[str, ...]:
    """Return the codes of an office and of every office above it, nearest first."""
    rows = await connection.execute(_ABOVE, {"code": code})
    return tuple(row.code for row in rows) or (code,)


async def receptions(connection: AsyncConnection, *, on: date) -> dict[str, str]:
    """Return the reception office of each jurisdiction, one that exists on a day before any other.

    The pool of unassigned petitions is its own.
    """
    return {row.jurisdiction: row.code for row in await connection.execute(_RECEPTION, {"on": on})}


def _row(office: OfficeRegisteredV1) -> Mapping[str, object]:
    absences = [(item.from_on, item.to_on) for item in office.absences]
    return {
        "code": office.code,
        "jurisdiction": office.jurisdiction,
        "parent": office.parent,
        "name_vi": office.name_vi,
        "name_en": office.name_en,
        "valid_from": office.valid_from,
        "valid_to": office.valid_to,
        "head": office.head,
        "absences": orjson.dumps(absences).decode() if absences else None,
        "is_reception": office.is_reception,
    }


def _office(row: Row[Any], zone: ZoneInfo | None) -> Office:
    absences = [
        (date.fromisoformat(begin), date.fromisoformat(end) if end else None) for begin, end in orjson.loads(row.absences or "[]")
    ]
    return Office(row.valid_from, row.valid_to, row.head, absences, zone)
