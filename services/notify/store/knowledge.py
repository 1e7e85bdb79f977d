"""What notify knows of petitions and offices: as much as a notice needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.telling import Person, Petition
from services.notify.store.tables import OFFICES, PETITIONERS, PETITIONS
from shared.contracts.routing import OfficeRegisteredV1
from shared.persistence import bulk

_CHANGED = "ON CONFLICT (code) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("name_vi", "name_en", "mailbox", "parent", "jurisdiction")
)
_MOVED = "ON CONFLICT (id) DO UPDATE SET office = excluded.office"


@dataclass(frozen=True, slots=True)
class Office:
    """Where an office is told."""

    name_vi: str
    name_en: str
    mailbox: str | None


async def put_offices(connection: AsyncConnection, offices: Sequence[OfficeRegisteredV1]) -> None:
    """Write entries of the directory; the last one of an office counts."""
    latest = {office.code: office for office in offices}
    rows = [
        {
            "code": office.code,
            "name_vi": office.name_vi,
            "name_en": office.name_en,
            "mailbox": office.mailbox,
            "parent": office.parent,
            "jurisdiction": office.jurisdiction,
        }
        for _, office in sorted(latest.items())
    ]
    await bulk.insert(connection, OFFICES, rows, on_conflict=_CHANGED)


async def offices(connection: AsyncConnection, codes: Iterable[str]) -> Mapping[str, Office]:
    """Return offices by code."""
    query = text("SELECT code, name_vi, name_en, mailbox FROM offices WHERE code = ANY(CAST(:codes AS text[]))")
    rows = await connection.execute(query, {"codes": list(codes)})
    return {row.code: Office(row.name_vi, row.name_en, row.mailbox) for row in rows}


async def roots(connection: AsyncConnection, jurisdictions: Sequence[str]) -> list[str]:
    """Return the offices at the root of some jurisdictions."""
    query = text("SELECT code FROM offices WHERE parent IS NULL AND jurisdiction = ANY(CAST(:names AS text[])) ORDER BY code")
    return list((await connection.execute(query, {"names": list(jurisdictions)})).scalars())


async def put_petitions(connection: AsyncConnection, petitions: Mapping[UUID, Petition]) -> None:
    """Write petitions that are new, and the office of those that moved."""
    rows = [
        {
            "id": key,
            "code": petition.code,
            "language": petition.language,
            "is_reachable": petition.is_reachable,
            "is_sealed": petition.is_sealed,
            "office": petition.office,
        }
        for key, petition in sorted(petitions.items(), key=lambda item: item[0].bytes)
    ]
    await bulk.insert(connection, PETITIONS, rows, on_conflict=_MOVED)


async def petitions(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Petition]:
    """Return petitions by id. One that is not here is imported: nobody is told about it."""
    query = text(
        """
        SELECT p.id, code, p.language, is_reachable, is_sealed, office, m.ids, m.languages FROM petitions p LEFT JOIN (
            SELECT petition_id, array_agg(id ORDER BY id) AS ids, array_agg(language ORDER BY id) AS languages
            FROM petitioners WHERE petition_id = ANY(CAST(:ids AS uuid[])) GROUP BY petition_id
        ) m ON m.petition_id = p.id WHERE p.id = ANY(CAST(:ids AS uuid[]))
        """
    )
    rows = await connection.execute(query, {"ids": list(ids)})
    return {
        row.id: Petition(row.code, row.language, row.is_reachable, row.is_sealed, row.office, _others(row.ids, row.languages))
        for row in rows
    }


def _others(ids: Sequence[UUID] | None, languages: Sequence[str] | None) -> tuple[Person, ...]:
    return tuple(Person(UUID(int=key.int), language) for key, language in zip(ids or (), languages or (), strict=True))


async def add_people(connection: AsyncConnection, people: Iterable[tuple[UUID, Person]]) -> None:
    """Write further petitioners, each with his petition."""
    rows = [{"id": person.id, "petition_id": petition_id, "language": person.language} for petition_id, person in people]
    await bulk.insert(connection, PETITIONERS, rows, on_conflict="ON CONFLICT DO NOTHING")


async def drop_people(connection: AsyncConnection, ids: Iterable[UUID]) -> None:
    """Forget who left: he is told nothing more, the first one neither, whose id is the petition's."""
    values = {"ids": list(ids)}
    if values["ids"]:
        await connection.execute(text("DELETE FROM petitioners WHERE id = ANY(CAST(:ids AS uuid[]))"), values)
        await connection.execute(text("UPDATE petitions SET is_reachable = false WHERE id = ANY(CAST(:ids AS uuid[]))"), values)


async def petition_by_code(connection: AsyncConnection, code: str) -> tuple[UUID, Petition] | None:
    """Return the petition with the code, and its id."""
    query = text("SELECT id, code, language, is_reachable, is_sealed, office FROM petitions WHERE code = :code")
    row = (await connection.execute(query, {"code": code})).one_or_none()
    return (row.id, Petition(row.code, row.language, row.is_reachable, row.is_sealed, row.office)) if row else None
