"""Reading petitions: their public state, what the vault holds of them, and what the source of an import said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.progress import Clock, Step, What
from services.intake.store.tables import READINGS
from shared.identity import Sealed
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Petition:
    """A petition's own row. `kind` is what it is treated as, `against` the office of who is denounced where that is known."""

    id: UUID
    code: str
    kind: str
    jurisdiction: str
    language: str
    is_sealed: bool
    lodged_at: datetime
    against: str | None = None


_PETITION = (
    "SELECT p.id, p.code, COALESCE(p.treated_as, p.kind), p.jurisdiction, p.language, p.is_sealed, p.lodged_at, p.against "
    "FROM petitions p"
)
_BY_CODE = text(f"{_PETITION} WHERE p.code = :code")
_PUBLIC_BY_CODE = text(f"{_PETITION} WHERE p.code = :code AND NOT p.is_sealed")
_BY_PHRASE = text(f"{_PETITION} JOIN phrases s ON s.petition_id = p.id WHERE s.digest = :digest")


async def by_ids(connection: AsyncConnection, ids: Iterable[UUID]) -> list[Petition]:
    """Return petitions by id."""
    query = text(f"{_PETITION} WHERE p.id = ANY(CAST(:ids AS uuid[]))")
    return [Petition(*row) for row in await connection.execute(query, {"ids": list(ids)})]


async def by_code(connection: AsyncConnection, code: str) -> Petition | None:
    """Return the petition with the code, also a denunciation: for offices. None where there is none."""
    row = (await connection.execute(_BY_CODE, {"code": code})).one_or_none()
    return Petition(*row) if row else None


async def is_excluded(connection: AsyncConnection, petition_id: UUID, actor: str) -> bool:
    """Whether somebody is kept away from a petition."""
    query = text("SELECT 1 FROM excluded WHERE petition_id = :id AND person = :actor")
    return (await connection.execute(query, {"id": petition_id, "actor": actor})).one_or_none() is not None


async def are_with(connection: AsyncConnection, ids: Sequence[UUID], office: str) -> bool:
    """Whether an office has any of some petitions; never denunciations."""
    query = text("SELECT 1 FROM search_entries WHERE petition_id = ANY(CAST(:ids AS uuid[])) AND office = :office LIMIT 1")
    return (await connection.execute(query, {"ids": list(ids), "office": office})).one_or_none() is not None


async def public_by_code(connection: AsyncConnection, code: str) -> Petition | None:
    """Return the petition with the code, None where there is none or where it is a denunciation: one statement for all three."""
    row = (await connection.execute(_PUBLIC_BY_CODE, {"code": code})).one_or_none()
    return Petition(*row) if row else None


async def by_phrase(connection: AsyncConnection, digest: bytes) -> Petition | None:
    """Return the denunciation that is found by the digest of its secret phrase, None where there is none."""
    row = (await connection.execute(_BY_PHRASE, {"digest": digest})).one_or_none()
    return Petition(*row) if row else None


async def steps_of(connection: AsyncConnection, petition_id: UUID) -> list[Step]:
    """Return the steps heard of, in the order in which they became true."""
    query = text(
        "SELECT source, version, what, effective_at, office FROM steps WHERE petition_id = :id "
        "ORDER BY effective_at, source DESC, version"
    )
    rows = await connection.execute(query, {"id": petition_id})
    return [Step(row.source, row.version, What(row.what), row.effective_at, row.office) for row in rows]


async def clocks_of(connection: AsyncConnection, petition_id: UUID) -> list[Clock]:
    """Return the clocks that the petitioner waits for, the nearest first."""
    query = text(
        "SELECT deadline_id, petition_id, rule, due_at, is_running FROM clocks "
        "WHERE petition_id = :id AND concerns_petitioner ORDER BY due_at"
    )
    return [Clock(*row) for row in await connection.execute(query, {"id": petition_id})]


async def office_names(connection: AsyncConnection, codes: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Return Vietnamese and English names by office code."""
    query = text("SELECT code, name_vi, name_en FROM offices WHERE code = ANY(CAST(:codes AS text[]))")
    rows = await connection.execute(query, {"codes": list(codes)})
    return {row.code: (row.name_vi, row.name_en) for row in rows}


@dataclass(frozen=True, slots=True)
class Content:
    """What the vault holds of a petition, still sealed, with what is needed to use it."""

    petition_id: UUID
    language: str
    is_sealed: bool
    sealed: Sealed


async def contents(connection: AsyncConnection, ids: Sequence[UUID], *, with_sealed: bool) -> list[Content]:
    """Return the sealed contents of `ids`; denunciations only where asked for."""
    query = text(
        """
        SELECT v.petition_id, p.language, p.is_sealed, v.wrapped_key, v.nonce, v.ciphertext
        FROM vault v JOIN petitions p ON p.id = v.petition_id
        WHERE v.petition_id = ANY(CAST(:ids AS uuid[])) AND (:with_sealed OR NOT p.is_sealed)
        """
    )
    rows = await connection.execute(query, {"ids": list(ids), "with_sealed": with_sealed})
    return [
        Content(
            row.petition_id,
            row.language,
            row.is_sealed,
            Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)),
        )
        for row in rows
    ]


async def record_readings(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    *,
    reader: str,
    purpose: str,
    fields: Sequence[str],
    now: datetime,
) -> None:
    """Remember who read which fields of which petitions, and why."""
    shared = {"reader": reader, "purpose": purpose, "fields": " ".join(fields), "read_at": now}
    await bulk.insert(connection, READINGS, [{"petition_id": petition_id, **shared} for petition_id in ids])


async def labels(connection: AsyncConnection, source: str, *, after: UUID | None, limit: int) -> list[Mapping[str, Any]]:
    """Return imported rows with the source's own times and verdict, by petition id."""
    query = text(
        """
        SELECT i.petition_id, p.code, i.reference, i.kind, i.label, i.opened_at, i.due_at, i.closed_at
        FROM imports i JOIN petitions p ON p.id = i.petition_id
        WHERE i.source = :source AND (CAST(:after AS uuid) IS NULL OR i.petition_id > CAST(:after AS uuid))
        ORDER BY i.petition_id LIMIT :limit
        """
    )
    rows = await connection.execute(query, {"source": source, "after": after, "limit": limit})
    return [dict(row) for row in rows.mappings()]
