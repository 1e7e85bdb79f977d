"""Rows of attachments. The bytes are in the object store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.store.tables import ATTACHMENTS
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file; `sha256` is of its bytes in the clear.

    The object store has them encrypted under `object_name`; what opens them is here. `wrapped_key` None: stored in the clear,
    before files were sealed.
    """

    id: UUID
    petition_id: UUID
    purpose: str
    media_type: str
    size_bytes: int
    sha256: str
    stored_at: datetime
    object_name: str
    wrapped_key: bytes | None
    nonce: bytes | None


async def lock(connection: AsyncConnection, petition_id: UUID) -> None:
    """Let one upload to a petition go on at a time, so that the limit holds."""
    await connection.execute(text("SELECT 1 FROM petitions WHERE id = :id FOR UPDATE"), {"id": petition_id})


async def of_petition(connection: AsyncConnection, petition_id: UUID) -> list[Attachment]:
    """Return the files of a petition, oldest first."""
    query = text(
        "SELECT id, petition_id, purpose, media_type, size_bytes, sha256, stored_at, object_name, wrapped_key, nonce "
        "FROM attachments WHERE petition_id = :id ORDER BY stored_at, id"
    )
    return [Attachment(*row) for row in await connection.execute(query, {"id": petition_id})]


async def with_seal(connection: AsyncConnection, attachment_id: UUID, *, purpose: str) -> tuple[Attachment, bool] | None:
    """Return a file by its own id, and whether it is of a denunciation; None where there is none for the purpose."""
    query = text(
        "SELECT a.id, a.petition_id, a.purpose, a.media_type, a.size_bytes, a.sha256, a.stored_at, a.object_name, "
        "a.wrapped_key, a.nonce, p.is_sealed FROM attachments a JOIN petitions p ON p.id = a.petition_id "
        "WHERE a.id = :id AND a.purpose = :purpose"
    )
    row = (await connection.execute(query, {"id": attachment_id, "purpose": purpose})).one_or_none()
    return (Attachment(*row[:-1]), bool(row.is_sealed)) if row else None


async def insert(connection: AsyncConnection, attachments: Sequence[Attachment]) -> None:
    """Write attachments; one that is there already is left alone."""
    rows = [
        {
            "id": attachment.id,
            "petition_id": attachment.petition_id,
            "purpose": attachment.purpose,
            "media_type": attachment.media_type,
            "size_bytes": attachment.size_bytes,
            "sha256": attachment.sha256,
            "stored_at": attachment.stored_at,
            "object_name": attachment.object_name,
            "wrapped_key": attachment.wrapped_key,
            "nonce": attachment.nonce,
        }
        for attachment in attachments
    ]
    await bulk.insert(connection, ATTACHMENTS, rows, on_conflict="ON CONFLICT DO NOTHING")
