"""Notices that tell several things together: an office's digest, a petitioner's mail about more than one limit.

A gathering is such a notice while it is open; what it tells are its parts, each of one thing, once. Of a series (all that goes to
the same people about the same) at most one is open.

Invariant: a part belongs to one gathering for good, and joins it only while that is open. Writing the mail closes the gathering,
and waits for whoever is adding to it; so nothing is added unseen, nothing is told twice, and a mail that is tried again tells the
same. What comes later opens the next gathering of the series.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import GROUPS, LINES_MAX, Gathered, Line
from services.notify.store.notices import Waiting
from services.notify.store.tables import PARTS
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to tell. `carrier` is the notice that tells it, from `at` on, where no gathering of its series is open."""

    id: UUID
    series: UUID
    petition_id: UUID
    line: Line
    carrier: Waiting
    at: datetime


@dataclass(frozen=True, slots=True)
class Addition:
    """One thing to tell where a gathering of one of these series is open, else not at all."""

    id: UUID
    series: Sequence[UUID]
    petition_id: UUID
    line: Line


_KNOWN = text("SELECT id FROM parts WHERE id = ANY(CAST(:ids AS uuid[]))")
_OPEN = text(
    """
    INSERT INTO gatherings (notice_id, series)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:series AS uuid[])) AS g (notice_id, series) ORDER BY g.series
    ON CONFLICT (series) WHERE closed_at IS NULL DO UPDATE SET series = excluded.series
    RETURNING series, notice_id
    """
)
_POSTPONE = text(
    """
    UPDATE notices n SET next_try_at = greatest(n.next_try_at, least(p.at, n.created_at + CAST(:longest AS interval)))
    FROM unnest(CAST(:ids AS uuid[]), CAST(:at AS timestamptz[])) AS p (id, at)
    WHERE n.id = p.id AND n.state = 'waiting' AND n.attempts = 0
    """
)
_ADD_TO_OPEN = text(
    """
    INSERT INTO parts (id, notice_id, about, petition_id, code, facts, due_at, effective_at)
    SELECT a.id, g.notice_id, a.about, a.petition_id, a.code, a.facts, a.due_at, a.effective_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:series AS uuid[]), CAST(:about AS text[]), CAST(:petitions AS uuid[]),
        CAST(:codes AS text[]), CAST(:facts AS text[]), CAST(:due AS timestamptz[]), CAST(:effective AS timestamptz[]))
        AS a (id, series, about, petition_id, code, facts, due_at, effective_at)
    JOIN (
        SELECT notice_id, series FROM gatherings WHERE series = ANY(CAST(:series AS uuid[])) AND closed_at IS NULL
        FOR UPDATE SKIP LOCKED
    ) g USING (series)
    ON CONFLICT (id) DO NOTHING
    """
)


async def add(connection: AsyncConnection, parts: Sequence[Part], *, longest: timedelta) -> list[tuple[Waiting, datetime]]:
    """Add parts to what is open, and open what is not; return the notices that are new.

    A notice that is joined waits for the last that joined it, but not longer than `longest` after it was made.
    """
    if not parts:
        return []
    known = set((await connection.execute(_KNOWN, {"ids": [part.id for part in parts]})).scalars())
    parts = [part for part in parts if part.id not in known]
    first: dict[UUID, Part] = {}
    for part in parts:
        first.setdefault(part.series, part)
    opened = {"ids": [part.carrier.id for part in first.values()], "series": list(first)}
    carriers = {row.series: row.notice_id for row in await connection.execute(_OPEN, opened)} if first else {}
    rows = [_row(part.id, part.petition_id, part.line) | {"notice_id": carriers[part.series]} for part in parts]
    await bulk.insert(connection, PARTS, rows, on_conflict="ON CONFLICT (id) DO NOTHING")
    last = {part.series: part.at for part in parts}
    joined = {carriers[key]: last[key] for key, part in first.items() if carriers[key] != part.carrier.id}
    if joined:
        await connection.execute(_POSTPONE, {"ids": list(joined), "at": list(joined.values()), "longest": longest})
    return [(part.carrier, part.at) for key, part in first.items() if carriers[key] == part.carrier.id]


def _row(part_id: UUID, petition_id: UUID, line: Line) -> dict[str, object]:
    return {
        "id": part_id,
        "about": line.about,
        "petition_id": petition_id,
        "code": line.code,
        "facts": json.dumps(dict(line.facts), ensure_ascii=False),
        "due_at": line.due_at,
        "effective_at": line.effective_at,
    }


async def add_where_open(connection: AsyncConnection, additions: Sequence[Addition]) -> None:
    """Add to gatherings that are open; what finds none, or one that is just being closed, is not told."""
    rows = [(series, _row(item.id, item.petition_id, item.line)) for item in additions for series in item.series]
    if not rows:
        return
    values = {
        "ids": [row["id"] for _, row in rows],
        "series": [series for series, _ in rows],
        "about": [row["about"] for _, row in rows],
        "petitions": [row["petition_id"] for _, row in rows],
        "codes": [row["code"] for _, row in rows],
        "facts": [row["facts"] for _, row in rows],
        "due": [row["due_at"] for _, row in rows],
        "effective": [row["effective_at"] for _, row in rows],
    }
    await connection.execute(_ADD_TO_OPEN, values)


_CLOSE = text(
    """
    WITH mine AS (
        SELECT notice_id FROM gatherings WHERE notice_id = ANY(CAST(:ids AS uuid[])) ORDER BY series FOR UPDATE
    )
    UPDATE gatherings g SET closed_at = coalesce(g.closed_at, :now) FROM mine WHERE g.notice_id = mine.notice_id
    RETURNING g.notice_id, g.closed_at
    """
)
_COUNTS = text(
    """
    SELECT notice_id, about, code IS NULL AS is_sealed, count(*) AS number FROM parts
    WHERE notice_id = ANY(CAST(:ids AS uuid[])) GROUP BY notice_id, about, is_sealed
    """
)
_LINES = text(
    """
    SELECT notice_id, about, code, facts, due_at, effective_at FROM (
        SELECT *, row_number() OVER (
            PARTITION BY notice_id ORDER BY array_position(CAST(:groups AS text[]), about), effective_at, code, id
        ) AS place FROM parts WHERE notice_id = ANY(CAST(:ids AS uuid[])) AND code IS NOT NULL
    ) named WHERE place <= :most ORDER BY notice_id, place
    """
)


async def close(connection: AsyncConnection, ids: Sequence[UUID], *, now: datetime) -> Mapping[UUID, Gathered]:
    """Close gatherings, by notice, and return what each tells; one that was closed before tells what it told then."""
    closed = {row.notice_id: row.closed_at for row in await connection.execute(_CLOSE, {"ids": list(ids), "now": now})}
    counts: dict[UUID, dict[str, int]] = {key: {} for key in closed}
    sealed = dict.fromkeys(closed, 0)
    for row in await connection.execute(_COUNTS, {"ids": list(closed)}):
        if row.is_sealed:
            sealed[row.notice_id] += row.number
        else:
            counts[row.notice_id][row.about] = row.number
    lines: dict[UUID, list[Line]] = {key: [] for key in closed}
    for row in await connection.execute(_LINES, {"ids": list(closed), "groups": list(GROUPS), "most": LINES_MAX}):
        lines[row.notice_id].append(Line(row.about, row.code, json.loads(row.facts), row.due_at, row.effective_at))
    return {key: Gathered(at, lines[key], counts[key], sealed[key]) for key, at in closed.items()}
