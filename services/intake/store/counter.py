"""The register of the counters: numbers claimed in sets, once per office and year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class StoredRegistration:
    """A row of `registrations`."""

    petition_id: UUID
    code: str
    office: str
    year: int
    register_number: str | None
    received_on: date
    channel: str


# Requests under one key wait for each other, so that the second finds what the first one stored.
_QUEUE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_CLAIM = text(
    """
    INSERT INTO registrations (petition_id, code, office, year, register_number, received_on, channel)
    SELECT petition_id, code, office, year, register_number, received_on, channel
    FROM unnest(CAST(:petitions AS uuid[]), CAST(:codes AS text[]), CAST(:offices AS text[]), CAST(:years AS int[]),
        CAST(:numbers AS text[]), CAST(:days AS date[]), CAST(:channels AS text[])) WITH ORDINALITY
        AS n (petition_id, code, office, year, register_number, received_on, channel, place)
    ORDER BY office, year, register_number, place
    ON CONFLICT DO NOTHING RETURNING petition_id
    """
)
_HOLDERS = text(
    """
    SELECT year, register_number, code FROM registrations
    WHERE office = :office AND (year, register_number) IN (SELECT * FROM unnest(CAST(:years AS int[]), CAST(:numbers AS text[])))
    """
)
_OF_CODE = text(
    "SELECT petition_id, code, office, year, register_number, received_on, channel FROM registrations WHERE code = :code"
)


async def queue(connection: AsyncConnection, key: str) -> None:
    """Wait until no other transaction works under `key`."""
    await connection.execute(_QUEUE, {"key": key})


async def claim(connection: AsyncConnection, rows: Sequence[StoredRegistration]) -> set[UUID]:
    """Store registrations whose number is free; return their petitions. Of two with one number the first is."""
    if not rows:
        return set()
    written = await connection.execute(
        _CLAIM,
        {
            "petitions": [row.petition_id for row in rows],
            "codes": [row.code for row in rows],
            "offices": [row.office for row in rows],
            "years": [row.year for row in rows],
            "numbers": [row.register_number for row in rows],
            "days": [row.received_on for row in rows],
            "channels": [row.channel for row in rows],
        },
    )
    return set(written.scalars())


async def holders(
    connection: AsyncConnection, office: str, numbers: Sequence[tuple[int, str | None]]
) -> Mapping[tuple[int, str | None], str]:
    """Return the codes of the petitions that hold register numbers of an office, by year and number."""
    if not numbers:
        return {}
    asked = {"office": office, "years": [year for year, _ in numbers], "numbers": [number for _, number in numbers]}
    return {(row.year, row.register_number): row.code for row in await connection.execute(_HOLDERS, asked)}


async def by_code(connection: AsyncConnection, code: str) -> StoredRegistration | None:
    """Return what was registered of the petition with this code, None where it was not lodged at a counter."""
    row = (await connection.execute(_OF_CODE, {"code": code})).one_or_none()
    return StoredRegistration(*row) if row else None
