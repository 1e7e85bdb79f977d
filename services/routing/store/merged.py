"""Petitions that are dealt with together: a lead and those merged into it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.store.petitions import NAMES, Petition, petition_in

_GROUP = f"""
    SELECT {NAMES} FROM petitions WHERE code = ANY(CAST(:codes AS text[]))
    OR merged_into = (SELECT id FROM petitions WHERE code = :lead)
    OR id = (SELECT merged_into FROM petitions WHERE code = :lead) ORDER BY id FOR UPDATE
"""


async def with_members(connection: AsyncConnection, code: str, *, also: str | None = None) -> list[Petition]:
    """Return the petition with the code, those merged into it, its lead, and the one with another code: locked, by their ids.

    Whoever merges locks the lead: one that came in while this waited for it is counted there, and found by looking again.
    """
    values = {"codes": [code, also or code], "lead": code}
    found = [petition_in(row) for row in await connection.execute(text(_GROUP), values)]
    lead = next((petition for petition in found if petition.code == code), None)
    if lead is not None and lead.members != sum(petition.merged_into == lead.id for petition in found):
        found = [petition_in(row) for row in await connection.execute(text(_GROUP), values)]
    return found


async def count_members(connection: AsyncConnection, leads: Iterable[UUID]) -> None:
    """Write how many petitions are merged into each of `leads`, which are locked."""
    query = text(
        """
        UPDATE petitions l SET members = (SELECT count(*) FROM petitions m WHERE m.merged_into = l.id)
        WHERE l.id = ANY(CAST(:ids AS uuid[]))
        """
    )
    await connection.execute(query, {"ids": sorted(leads)})


async def ids_with_members(connection: AsyncConnection, ids: Sequence[UUID]) -> list[UUID]:
    """Return `ids` and those of the petitions that are merged into them."""
    query = text("SELECT id FROM petitions WHERE merged_into = ANY(CAST(:ids AS uuid[]))")
    return [*ids, *(await connection.execute(query, {"ids": list(ids)})).scalars()]


async def codes_of(connection: AsyncConnection, petition: Petition) -> tuple[str | None, list[str]]:
    """Return the code of the petition into which one was merged, and of those that were merged into it."""
    query = text("SELECT id, code FROM petitions WHERE id = :into OR merged_into = :id ORDER BY code")
    rows = (await connection.execute(query, {"into": petition.merged_into, "id": petition.id})).all()
    into = next((row.code for row in rows if row.id == petition.merged_into), None)
    return into, [row.code for row in rows if row.id != petition.merged_into]


async def note_added(connection: AsyncConnection, added: Mapping[UUID, datetime]) -> None:
    """Note when petitioners last added something, also at the leads of theirs: who deals with those has to see it."""
    query = text(
        """
        WITH news AS (
            SELECT n.id, n.at FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS n (id, at)
        ), touched AS (
            SELECT id, at FROM news
            UNION ALL SELECT m.merged_into, n.at FROM news n JOIN petitions m ON m.id = n.id WHERE m.merged_into IS NOT NULL
        ), locked AS MATERIALIZED (
            SELECT id FROM petitions WHERE id IN (SELECT id FROM touched) ORDER BY id FOR UPDATE
        )
        UPDATE petitions p SET added_at = greatest(p.added_at, t.at)
        FROM locked l JOIN (SELECT id, max(at) AS at FROM touched GROUP BY id) t ON t.id = l.id WHERE p.id = l.id
        """
    )
    if added:
        await connection.execute(query, {"ids": list(added), "times": list(added.values())})
