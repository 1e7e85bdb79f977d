"""Competence tables that operators applied, and what was found when they were tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.competence import Table


@dataclass(frozen=True, slots=True)
class Tried:
    """On how many of the last petitions a file was tried, and how many it would give to another office."""

    petitions: int
    changes: int


async def note_tried(connection: AsyncConnection, sha256: str, tried: Tried, *, now: datetime) -> None:
    """Keep that a file was tried; what was found last counts."""
    query = text(
        """
        INSERT INTO competence_previews (sha256, petitions, changes, previewed_at) VALUES (:sha256, :petitions, :changes, :now)
        ON CONFLICT (sha256) DO UPDATE SET petitions = EXCLUDED.petitions, changes = EXCLUDED.changes,
            previewed_at = EXCLUDED.previewed_at
        """
    )
    await connection.execute(query, {"sha256": sha256, "petitions": tried.petitions, "changes": tried.changes, "now": now})


async def tried(connection: AsyncConnection, sha256: str, *, since: datetime) -> Tried | None:
    """Return what was found when a file was tried, None where it was not, or too long ago."""
    query = text("SELECT petitions, changes FROM competence_previews WHERE sha256 = :sha256 AND previewed_at >= :since")
    row = (await connection.execute(query, {"sha256": sha256, "since": since})).one_or_none()
    return Tried(row.petitions, row.changes) if row else None


async def contents(connection: AsyncConnection) -> Sequence[str]:
    """Return the files that were applied, oldest first."""
    return list((await connection.execute(text("SELECT content FROM competence_tables ORDER BY applied_at"))).scalars())


async def put(connection: AsyncConnection, table: Table, content: str, *, actor: str, now: datetime) -> None:
    """Keep a file that applies from its day on."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('competence'))"))
    query = text(
        """
        INSERT INTO competence_tables (jurisdiction, version, valid_from, content, applied_by, applied_at)
        VALUES (:jurisdiction, :version, :valid_from, :content, :actor, :now)
        """
    )
    values = {"jurisdiction": table.jurisdiction, "version": table.version, "valid_from": table.valid_from}
    await connection.execute(query, {**values, "content": content, "actor": actor, "now": now})
