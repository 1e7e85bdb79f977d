"""Copies without their author, and results as the public reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import Sealed
from shared.web.paging import Place

_PUT_COPY = text(
    """
    WITH copy AS (
        INSERT INTO copies (id, petition_id, made_at, wrapped_key, nonce, ciphertext)
        VALUES (:id, :petition_id, :made_at, :wrapped_key, :nonce, :ciphertext) ON CONFLICT DO NOTHING RETURNING id
    ), verifier AS (
        INSERT INTO copy_verifiers (verifier, copy_id) SELECT unnest(CAST(:verifiers AS text[])), id FROM copy
    )
    SELECT id FROM copy
    """
)
_COPIES = text(
    """
    SELECT c.id, c.petition_id, c.made_at, c.wrapped_key, c.nonce, c.ciphertext, p.is_sealed
    FROM copy_verifiers v JOIN copies c ON c.id = v.copy_id JOIN petitions p ON p.id = c.petition_id
    WHERE NOT EXISTS (SELECT 1 FROM excluded x WHERE x.petition_id = p.id AND x.person = 'person:' || v.verifier)
        AND v.verifier = :verifier AND (CAST(:id AS uuid) IS NULL OR c.id = :id)
        AND (CAST(:last AS uuid) IS NULL OR (c.made_at, c.id) < (CAST(:before AS timestamptz), CAST(:last AS uuid)))
    ORDER BY c.made_at DESC, c.id DESC LIMIT :limit
    """
)
_PUT_PUBLICATION = text(
    """
    INSERT INTO publications (id, petition_id, kind, office, jurisdiction, published_at, body)
    VALUES (:id, :petition_id, :kind, :office, :jurisdiction, :published_at, :body) ON CONFLICT DO NOTHING RETURNING id
    """
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a petition's text, sealed."""

    id: UUID
    petition_id: UUID
    made_at: datetime
    sealed: Sealed
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """A result as the public reads it. `petition_id` is for us alone."""

    id: UUID
    petition_id: UUID
    kind: str
    office: str
    jurisdiction: str
    published_at: datetime
    body: str


async def put_copy(connection: AsyncConnection, copy: Copy, verifiers: Sequence[str]) -> bool:
    """Keep a copy for its verifiers; False where it was made before."""
    sealed = copy.sealed
    values = {
        "id": copy.id,
        "petition_id": copy.petition_id,
        "made_at": copy.made_at,
        "wrapped_key": sealed.wrapped_key,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
        "verifiers": list(verifiers),
    }
    return (await connection.execute(_PUT_COPY, values)).one_or_none() is not None


async def copies_for(
    connection: AsyncConnection,
    verifier: str,
    *,
    copy_id: UUID | None = None,
    after: Place | None = None,
    limit: int,
) -> list[Copy]:
    """Return the copies that were made for somebody, newest first, after a place; or the one with an id, where it is his."""
    before, last = after or (None, None)
    values = {"verifier": verifier, "id": copy_id, "before": before, "last": last, "limit": limit}
    rows = await connection.execute(_COPIES, values)
    return [
        Copy(
            row.id,
            row.petition_id,
            row.made_at,
            Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)),
            row.is_sealed,
        )
        for row in rows
    ]


async def publish(connection: AsyncConnection, publication: Publication) -> bool:
    """Keep a publication; False where it was published before."""
    values = {name: getattr(publication, name) for name in Publication.__dataclass_fields__}
    return (await connection.execute(_PUT_PUBLICATION, values)).one_or_none() is not None


async def publications(connection: AsyncConnection, *, office: str | None, after: Place | None, limit: int) -> list[Publication]:
    """Return what was published, newest first, after a place in that order."""
    wheres = ["true"] if office is None else ["office = :office"]
    values: dict[str, object] = {"limit": limit} if office is None else {"limit": limit, "office": office}
    if after is not None:
        wheres.append("(published_at, id) < (:at, :id)")
        values |= {"at": after[0], "id": after[1]}
    query = (
        "SELECT id, petition_id, kind, office, jurisdiction, published_at, body FROM publications "
        f"WHERE {' AND '.join(wheres)} ORDER BY published_at DESC, id DESC LIMIT :limit"
    )
    return [Publication(*row) for row in await connection.execute(text(query), values)]


async def publication(connection: AsyncConnection, publication_id: UUID) -> Publication | None:
    """Return one, None where there is none."""
    query = text("SELECT id, petition_id, kind, office, jurisdiction, published_at, body FROM publications WHERE id = :id")
    row = (await connection.execute(query, {"id": publication_id})).one_or_none()
    return Publication(*row) if row else None
