"""Petitions that lie near another one in place and time, with the digests of their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.likeness import CELLS_PER_TILE, Place, Said

CANDIDATES_MAX = 500
TILE = f"(north / {CELLS_PER_TILE}) * 100000 + east / {CELLS_PER_TILE}"
"""A square of the city as a number, as the index has it."""

_SHOWN = """
    e.is_suggested AND e.kind = ANY(CAST(:kinds AS text[])) AND e.jurisdiction = :jurisdiction AND e.lodged_at > :since
    AND (e.is_open OR e.state IN ('answered', 'closed'))
"""
_NEAR = text(
    f"""
    WITH near AS (
        (SELECT * FROM search_entries e WHERE {TILE} = ANY(CAST(:tiles AS integer[])) AND {_SHOWN}
            ORDER BY lodged_at DESC LIMIT :limit)
        UNION
        (SELECT * FROM search_entries e WHERE commune = :commune AND {_SHOWN} ORDER BY lodged_at DESC LIMIT :limit)
    )
    SELECT p.id, p.code, n.kind, n.state, n.office, n.commune, n.lodged_at, n.north, n.east, w.words
    FROM near n JOIN petitions p ON p.id = n.petition_id JOIN search_words w ON w.petition_id = n.petition_id
    ORDER BY n.lodged_at DESC LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class Near:
    """A petition as somebody is shown it, and as it is compared."""

    code: str
    kind: str
    state: str
    office: str | None
    lodged_at: datetime
    said: Said


async def near(connection: AsyncConnection, one: Said, *, kinds: Sequence[str], jurisdiction: str, since: datetime) -> list[Near]:
    """Return what lies near in place or in the same commune and was lodged `since`, the newest first."""
    tiles = [row * 100000 + column for row, column in one.place.tiles()] if one.place else []
    values: dict[str, Any] = {"tiles": tiles, "commune": one.commune, "kinds": list(kinds), "limit": CANDIDATES_MAX}
    rows = await connection.execute(_NEAR, values | {"jurisdiction": jurisdiction, "since": since})
    return [
        Near(row.code, row.kind, row.state, row.office, row.lodged_at, Said(row.words, row.commune, _place(row), row.lodged_at))
        for row in rows
    ]


def _place(row: Any) -> Place | None:
    return None if row.north is None else Place(row.north, row.east)
