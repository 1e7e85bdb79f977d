"""Field reports as Open311 shows them, and their steps. What words may make a complaint is never among them.

What nobody has routed is not listed: until routing has read its words nobody knows what they make it. Whoever has the code may
look it up.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.likeness import Place
from services.intake.domain.open311 import JURISDICTION, KIND, Page, Question, Report
from services.intake.domain.progress import State, Step, What

# A probe of the petition at hand, never a plan of its own: nearly every report is shown, so the page is soon full.
_IS_SHOWN = f"""
    (SELECT NOT p.is_sealed AND COALESCE(p.treated_as, p.kind) = '{KIND}' FROM petitions p WHERE p.id = e.petition_id)
"""
_SHOWN = f"e.kind = '{KIND}' AND e.jurisdiction = '{JURISDICTION}' AND e.is_suggested AND {_IS_SHOWN}"
_ROUTED = "e.office IS NOT NULL"
_FILTERS = {
    "codes": "e.petition_id IN (SELECT id FROM petitions WHERE code = ANY(CAST(:codes AS text[])))",
    "start": f"{_ROUTED} AND e.lodged_at >= :start AND e.lodged_at < :before",
    "service": "e.topic = :service",
    "services": "e.topic = ANY(CAST(:services AS text[]))",
    "is_open": "e.is_open = :is_open",
}
# What is told of each is asked for once the page is found: of steps and clocks each petition has a few.
_REPORTS = """
    SELECT r.*, p.code,
        GREATEST(r.lodged_at, (SELECT max(s.effective_at) FROM steps s WHERE s.petition_id = r.petition_id)) AS changed_at,
        (SELECT min(c.due_at) FROM clocks c
            WHERE c.petition_id = r.petition_id AND c.is_running AND c.concerns_petitioner) AS due_at
    FROM (
        SELECT e.petition_id, e.state, e.topic, e.office, e.commune, e.north, e.east, e.lodged_at
        FROM search_entries e WHERE {where}
        ORDER BY e.lodged_at DESC, e.petition_id DESC LIMIT :limit OFFSET :offset
    ) AS r JOIN petitions p ON p.id = r.petition_id
    ORDER BY r.lodged_at DESC, r.petition_id DESC
"""
_CHANGED = """
    SELECT r.*, p.code
    FROM (
        SELECT s.petition_id, s.source, s.version, s.what, s.effective_at, s.office FROM steps s
        WHERE s.effective_at >= :start AND s.effective_at < :before {codes}
            AND (SELECT {where} FROM search_entries e WHERE e.petition_id = s.petition_id)
        ORDER BY s.effective_at, s.petition_id, s.source DESC, s.version LIMIT :limit OFFSET :offset
    ) AS r JOIN petitions p ON p.id = r.petition_id
    ORDER BY r.effective_at, r.petition_id, r.source DESC, r.version
"""
_STEPS_OF = text(
    "SELECT petition_id, source, version, what, effective_at, office FROM steps "
    "WHERE petition_id = ANY(CAST(:ids AS uuid[])) ORDER BY effective_at, source DESC, version"
)


async def reports(connection: AsyncConnection, question: Question) -> list[Report]:
    """Return the reports that are asked for, the newest first."""
    page = question.page
    values: dict[str, Any] = {"limit": page.size, "offset": page.offset}
    if question.codes is not None:
        values["codes"] = list(question.codes)
    else:
        values |= {"start": question.start, "before": question.before}
        values |= _services(question.services)
        values |= {"is_open": question.is_open} if question.is_open is not None else {}
    where = " AND ".join([_SHOWN, *(condition for name, condition in _FILTERS.items() if name in values)])
    return [_report(row) for row in await connection.execute(text(_REPORTS.format(where=where)), values)]


async def changed(
    connection: AsyncConnection, *, start: datetime, before: datetime, codes: Sequence[str] | None, page: Page
) -> list[tuple[UUID, str, Step]]:
    """Return the steps of reports within a time, the oldest first; of some reports alone where `codes` names them."""
    among = f"AND {_FILTERS['codes'].replace('e.petition_id', 's.petition_id')}" if codes is not None else ""
    where = _SHOWN if codes is not None else f"{_SHOWN} AND {_ROUTED}"
    values: dict[str, Any] = {"start": start, "before": before, "limit": page.size, "offset": page.offset}
    values |= {"codes": list(codes)} if codes is not None else {}
    rows = await connection.execute(text(_CHANGED.format(codes=among, where=where)), values)
    return [(row.petition_id, row.code, _step(row)) for row in rows]


async def steps_of(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """Return the steps of petitions, in the order in which they became true."""
    found: dict[UUID, list[Step]] = {petition_id: [] for petition_id in ids}
    for row in await connection.execute(_STEPS_OF, {"ids": list(ids)}):
        found[row.petition_id].append(_step(row))
    return found


def _services(services: Sequence[str] | None) -> dict[str, Any]:
    """Return the filter of services: one alone is found through its own index, in order."""
    if services is None:
        return {}
    return {"service": services[0]} if len(services) == 1 else {"services": list(services)}


def _step(row: Any) -> Step:
    return Step(row.source, row.version, What(row.what), row.effective_at, row.office)


def _report(row: Any) -> Report:
    return Report(
        petition_id=row.petition_id,
        code=row.code,
        state=State(row.state),
        topic=row.topic,
        office=row.office,
        commune=row.commune,
        place=None if row.north is None else Place(row.north, row.east),
        lodged_at=row.lodged_at,
        changed_at=row.changed_at,
        due_at=row.due_at,
    )
