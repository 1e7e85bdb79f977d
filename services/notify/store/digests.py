"""What waits for an office's digest, and what each digest told.

Invariant: an item belongs to the first digest that is written after its time; a digest that is tried again tells the same items.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import About, Line
from shared.persistence import bulk

_INSTANT = DateTime(timezone=True)
_ITEMS = Table(
    "digest_items",
    MetaData(),
    Column("id", Uuid),
    Column("office", Text),
    Column("tell_at", _INSTANT),
    Column("about", Text),
    Column("petition_id", Uuid),
    Column("code", Text),
    Column("facts", Text),
    Column("effective_at", _INSTANT),
)
_TAKE = text(
    """
    UPDATE digest_items i SET digest_id = d.id
    FROM (
        SELECT DISTINCT ON (g.office) g.id, g.office
        FROM unnest(CAST(:ids AS uuid[]), CAST(:offices AS text[])) AS g (id, office)
        WHERE NOT EXISTS (SELECT FROM digest_items t WHERE t.digest_id = g.id)
        ORDER BY g.office, g.id
    ) d
    WHERE i.office = d.office AND i.tell_at <= :now AND i.digest_id IS NULL
    """
)
_OF = text(
    """
    SELECT digest_id, about, code, facts, effective_at FROM digest_items
    WHERE digest_id = ANY(CAST(:ids AS uuid[])) ORDER BY effective_at, code
    """
)


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of news in a digest. `code` is None of a denunciation."""

    id: UUID
    office: str
    tell_at: datetime
    about: About
    petition_id: UUID
    code: str | None
    facts: Mapping[str, str]
    effective_at: datetime


async def add(connection: AsyncConnection, items: Sequence[Item]) -> None:
    """Keep what waits; what is there already is left alone."""
    rows = [
        {
            "id": item.id,
            "office": item.office,
            "tell_at": item.tell_at,
            "about": item.about,
            "petition_id": item.petition_id,
            "code": item.code,
            "facts": json.dumps(dict(item.facts), ensure_ascii=False),
            "effective_at": item.effective_at,
        }
        for item in items
    ]
    await bulk.insert(connection, _ITEMS, rows, on_conflict="ON CONFLICT (id) DO NOTHING")


async def take(connection: AsyncConnection, digests: Mapping[UUID, str], *, now: datetime) -> dict[UUID, list[Line]]:
    """Give digests (by id, with their office) what waits for them, and return the lines of each; one per office gets them."""
    values = {"ids": list(digests), "offices": list(digests.values()), "now": now}
    await connection.execute(_TAKE, values)
    lines: dict[UUID, list[Line]] = {key: [] for key in digests}
    for row in await connection.execute(_OF, {"ids": list(digests)}):
        lines[row.digest_id].append(Line(row.about, row.code, json.loads(row.facts), row.effective_at))
    return lines
