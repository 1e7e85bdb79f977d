"""Further petitioners: written in sets with what was lodged, or one by one as they join."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.store.tables import PETITIONERS
from shared.identity import Sealed
from shared.persistence import bulk


@dataclass(frozen=True, slots=True)
class Petitioner:
    """A row of `petitioners`: all but the first, whose number is 1. `person` is the keyed digest of who he is."""

    id: UUID
    petition_id: UUID
    number: int
    person: bytes
    is_representative: bool
    is_joint: bool
    language: str
    joined_at: datetime
    sealed: Sealed
    is_first: bool = False
    """The first one came again."""


_NAMES = "id, petition_id, number, person, is_representative, is_joint, is_first, language, joined_at"
_OF = text(f"SELECT {_NAMES}, wrapped_key, nonce, ciphertext FROM petitioners WHERE petition_id = :id ORDER BY number")
_BY_ID = text(f"SELECT {_NAMES}, wrapped_key, nonce, ciphertext FROM petitioners WHERE id = ANY(CAST(:ids AS uuid[]))")
_LEFT = text("SELECT petitioner_id FROM statements WHERE petition_id = :id AND what = 'withdrawn'")


async def insert(connection: AsyncConnection, people: Sequence[Petitioner]) -> None:
    """Write petitioners."""
    rows = [
        {
            **{name: getattr(person, name) for name in _NAMES.replace(" ", "").split(",")},
            "wrapped_key": person.sealed.wrapped_key,
            "nonce": person.sealed.nonce,
            "ciphertext": person.sealed.ciphertext,
        }
        for person in people
    ]
    await bulk.insert(connection, PETITIONERS, rows)


async def of_petition(connection: AsyncConnection, petition_id: UUID) -> list[Petitioner]:
    """Return all but the first petitioner, in the order in which they came."""
    return [_petitioner(row) for row in await connection.execute(_OF, {"id": petition_id})]


async def count(connection: AsyncConnection, petition_id: UUID) -> int:
    """Return how many persons stand behind a petition."""
    query = text(
        """
        WITH gone AS (SELECT petitioner_id FROM statements WHERE petition_id = :id AND what = 'withdrawn'),
        here AS (SELECT person, is_first FROM petitioners WHERE petition_id = :id AND id NOT IN (SELECT * FROM gone))
        SELECT count(DISTINCT person) FILTER (WHERE NOT is_first)
            + CASE WHEN :id IN (SELECT * FROM gone) AND NOT COALESCE(bool_or(is_first), false) THEN 0 ELSE 1 END
        FROM here
        """
    )
    return int((await connection.execute(query, {"id": petition_id})).scalar_one())


async def by_ids(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Petitioner]:
    """Return petitioners by their own ids."""
    return [_petitioner(row) for row in await connection.execute(_BY_ID, {"ids": list(ids)})]


async def together(connection: AsyncConnection, petition_id: UUID) -> list[UUID]:
    """Return a petition, its lead, and all that were merged into that."""
    query = text(
        """
        WITH lead AS (SELECT COALESCE((SELECT lead FROM merged WHERE petition_id = :id), :id) AS id)
        SELECT id FROM lead UNION SELECT petition_id FROM merged WHERE lead = (SELECT id FROM lead)
        """
    )
    return list((await connection.execute(query, {"id": petition_id})).scalars())


async def lock(connection: AsyncConnection, petition_id: UUID) -> None:
    """Let nobody else join or leave a petition before the transaction ends."""
    await connection.execute(text("SELECT 1 FROM petitions WHERE id = :id FOR UPDATE"), {"id": petition_id})


async def left(connection: AsyncConnection, petition_id: UUID) -> set[UUID]:
    """Return who took a petition back."""
    return set((await connection.execute(_LEFT, {"id": petition_id})).scalars())


def _petitioner(row: object) -> Petitioner:
    values = {name: getattr(row, name) for name in _NAMES.replace(" ", "").split(",")}
    values["person"] = bytes(values["person"])
    sealed = Sealed(*(bytes(getattr(row, name)) for name in ("wrapped_key", "nonce", "ciphertext")))
    return Petitioner(**values, sealed=sealed)
