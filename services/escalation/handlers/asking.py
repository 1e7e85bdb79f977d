"""Questions by right. What does not exist and what is not yours get the same answer.

An office sees its own deadlines, a superior office those below it, an auditor and our own services all of them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.escalation.store import offices, reading
from services.escalation.store.reading import DueDeadline, PetitionSeen, StoredDeadline, Verdict
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database

Place = tuple[datetime, UUID]


async def deadlines_of(database: Database, principal: Principal, key: str) -> tuple[PetitionSeen, list[StoredDeadline]]:
    """Return a petition by its code or id, and its deadlines with their derivation."""
    async with database.reading() as connection:
        petition = await reading.petition(connection, _key(key))
        if petition is None or not may_see(principal, petition.chain):
            raise Unknown("no such petition")
        return petition, await reading.deadlines(connection, petition.id)


async def due_of(database: Database, principal: Principal, office: str, *, after: Place | None, limit: int) -> list[DueDeadline]:
    """Return what runs for an office, nearest due first."""
    async with database.reading() as connection:
        above = await offices.chain(connection, office)
        if not may_see(principal, (office, *sorted(above - {office}))):
            raise Unknown("no such office")
        return await reading.due(connection, office, after=after, limit=limit)


async def verdicts(database: Database, *, after: UUID | None, limit: int) -> list[Verdict]:
    """Return recorded verdicts."""
    async with database.reading() as connection:
        return await reading.verdicts(connection, after=after or reading.NIL, limit=limit)


def may_see(principal: Principal, chain: Sequence[str]) -> bool:
    """Whether somebody may read the deadlines of the first office in `chain`; the others are its superiors."""
    if principal.has(Role.AUDITOR, Role.SERVICE):
        return True
    if principal.has(Role.LEADER) and principal.office in chain:
        return True
    return principal.has(Role.OFFICER, Role.HEAD) and bool(principal.office) and principal.office == chain[0]


def _key(text: str) -> UUID | str:
    try:
        return UUID(text)
    except ValueError:
        return text.strip().upper()
