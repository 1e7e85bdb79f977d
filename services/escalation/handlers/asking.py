"""Questions by right (shared/identity/sight.py). What does not exist and what is not yours get the same answer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.escalation.store import acknowledgements, lawbook, offices, reading
from services.escalation.store.acknowledgements import Acknowledged
from services.escalation.store.reading import DueDeadline, PetitionSeen, StoredDeadline, Verdict
from shared.identity import Principal, Sight
from shared.kernel.refusals import Unknown
from shared.persistence import Database

Place = tuple[datetime | None, UUID]


async def deadlines_of(database: Database, principal: Principal, key: str) -> tuple[PetitionSeen, list[StoredDeadline]]:
    """Return a petition by its code or id, and its deadlines with their derivation."""
    async with database.reading() as connection:
        petition = await reading.petition(connection, _key(key))
        if petition is None or not petition.sight.is_open_to(principal):
            raise Unknown("no such petition")
        return petition, await reading.deadlines(connection, petition.id)


async def due_of(database: Database, principal: Principal, office: str, *, after: Place | None, limit: int) -> list[DueDeadline]:
    """Return what runs for an office, nearest due first."""
    async with database.reading() as connection:
        if not Sight(await offices.chain(connection, office)).is_open_to(principal):
            raise Unknown("no such office")
        return await reading.due(connection, office, reader=principal, after=after, limit=limit)


async def states_of(database: Database, principal: Principal, petition_ids: Sequence[UUID]) -> list[reading.DeadlineState]:
    """Return the deadlines of petitions as they stand."""
    async with database.reading() as connection:
        return await reading.states_of(connection, petition_ids, reader=principal)


async def states(database: Database, principal: Principal, *, after: UUID | None, limit: int) -> list[reading.DeadlineState]:
    """Return deadlines as they stand, in pages."""
    async with database.reading() as connection:
        return await reading.states(connection, reader=principal, after=after or reading.NIL, limit=limit)


async def petitions(database: Database, principal: Principal, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the ids of petitions that have deadlines, in pages."""
    async with database.reading() as connection:
        return await reading.petitions(connection, reader=principal, after=after or reading.NIL, limit=limit)


async def exported(
    database: Database, principal: Principal, key: str
) -> tuple[PetitionSeen, list[tuple[StoredDeadline, str | None]]]:
    """Return a petition and its deadlines, each with the wording of the calendar by which it was counted."""
    petition, deadlines = await deadlines_of(database, principal, key)
    async with database.reading() as connection:
        calendars = [await lawbook.calendar(connection, item.calendar, item.calendar_version) for item in deadlines]
    return petition, list(zip(deadlines, calendars, strict=True))


async def acknowledged(database: Database, deadlines: Sequence[StoredDeadline]) -> list[Acknowledged]:
    """Return who took note of the escalations of deadlines."""
    async with database.reading() as connection:
        return await acknowledgements.of_deadlines(connection, [item.id for item in deadlines])


async def verdicts(database: Database, principal: Principal, *, after: UUID | None, limit: int) -> list[Verdict]:
    """Return recorded verdicts, in pages."""
    async with database.reading() as connection:
        return await reading.verdicts(connection, reader=principal, after=after or reading.NIL, limit=limit)


def _key(text: str) -> UUID | str:
    try:
        return UUID(text)
    except ValueError:
        return text.strip().upper()
