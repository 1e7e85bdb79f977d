"""Voters' petitions in sets: each line claimed once, repeats of earlier meetings found by their shingles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class VotersRow:
    """A row of `voters_petitions`, with the shingles of its text."""

    petition_id: UUID
    code: str
    commune: str
    met_on: date
    session: str
    number: str
    digest: bytes
    shingles: frozenset[int]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The petition of an earlier meeting that says nearly the same."""

    code: str
    likeness: float


_CLAIM = text(
    """
    INSERT INTO voters_petitions (petition_id, code, commune, met_on, session, number, digest, shingle_count)
    SELECT * FROM unnest(CAST(:petitions AS uuid[]), CAST(:codes AS text[]), CAST(:communes AS text[]), CAST(:days AS date[]),
        CAST(:sessions AS text[]), CAST(:numbers AS text[]), CAST(:digests AS bytea[]), CAST(:counts AS int[]))
        AS n (petition_id, code, commune, met_on, session, number, digest, shingle_count)
    ORDER BY petition_id
    ON CONFLICT (petition_id) DO NOTHING RETURNING petition_id
    """
)
_SHINGLES = text(
    """
    INSERT INTO voters_shingles (commune, shingle, petition_id)
    SELECT * FROM unnest(CAST(:communes AS text[]), CAST(:shingles AS bigint[]), CAST(:petitions AS uuid[]))
    ON CONFLICT DO NOTHING
    """
)
_DIGESTS = text("SELECT petition_id, digest FROM voters_petitions WHERE petition_id = ANY(CAST(:ids AS uuid[]))")
# The earliest of the most alike counts. Only texts long enough to reach the limit with each other are compared.
_MARK = text(
    """
    WITH shared AS (
        SELECT n.petition_id, n.shingle_count, e.petition_id AS earlier, e.code, e.met_on, e.shingle_count AS earlier_count,
            count(*) AS common
        FROM voters_petitions n
        JOIN voters_shingles a ON a.petition_id = n.petition_id
        JOIN voters_shingles b ON b.commune = a.commune AND b.shingle = a.shingle
        JOIN voters_petitions e ON e.petition_id = b.petition_id AND e.met_on < n.met_on
            AND least(e.shingle_count, n.shingle_count) >= :alike * greatest(e.shingle_count, n.shingle_count)
        WHERE n.petition_id = ANY(CAST(:ids AS uuid[]))
        GROUP BY 1, 2, 3, 4, 5, 6
    ), best AS (
        SELECT DISTINCT ON (petition_id) petition_id, code,
            CAST(common AS double precision) / (shingle_count + earlier_count - common) AS likeness
        FROM shared WHERE common >= :alike * (shingle_count + earlier_count - common)
        ORDER BY petition_id, likeness DESC, met_on, code
    )
    UPDATE voters_petitions v SET repeats = best.code, likeness = best.likeness FROM best
    WHERE v.petition_id = best.petition_id RETURNING v.petition_id, v.repeats, v.likeness
    """
)
_OFFICES = text("SELECT code, name_vi, name_en FROM offices WHERE valid_to IS NULL")
_KNOWN = text("SELECT petition_id, code, repeats, likeness FROM voters_petitions WHERE petition_id = ANY(CAST(:ids AS uuid[]))")


async def claim(connection: AsyncConnection, rows: Sequence[VotersRow]) -> set[UUID]:
    """Store lines that were never taken, with their shingles; return their ids."""
    if not rows:
        return set()
    written = await connection.execute(
        _CLAIM,
        {
            "petitions": [row.petition_id for row in rows],
            "codes": [row.code for row in rows],
            "communes": [row.commune for row in rows],
            "days": [row.met_on for row in rows],
            "sessions": [row.session for row in rows],
            "numbers": [row.number for row in rows],
            "digests": [row.digest for row in rows],
            "counts": [len(row.shingles) for row in rows],
        },
    )
    new = set(written.scalars())
    flat = [(row.commune, shingle, row.petition_id) for row in rows if row.petition_id in new for shingle in sorted(row.shingles)]
    if flat:
        communes, shingles, petitions = zip(*flat, strict=True)
        values = {"communes": list(communes), "shingles": list(shingles), "petitions": list(petitions)}
        await connection.execute(_SHINGLES, values)
    return new


async def digests(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
    """Return the digests of the texts of known lines."""
    rows = await connection.execute(_DIGESTS, {"ids": list(ids)})
    return {row.petition_id: bytes(row.digest) for row in rows}


async def mark_repeats(connection: AsyncConnection, ids: Sequence[UUID], *, alike: float) -> None:
    """Mark those of `ids` that say nearly the same as a petition of an earlier meeting of their commune."""
    if ids:
        await connection.execute(_MARK, {"ids": list(ids), "alike": alike})


async def marked(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, Repeat | None]]:
    """Return code and repeat of stored lines, by petition id."""
    rows = await connection.execute(_KNOWN, {"ids": list(ids)})
    return {row.petition_id: (row.code, Repeat(row.repeats, row.likeness) if row.repeats else None) for row in rows}


async def offices(connection: AsyncConnection) -> list[tuple[str, str, str]]:
    """Return code and names of every office that stands."""
    return [(row.code, row.name_vi, row.name_en) for row in await connection.execute(_OFFICES)]
