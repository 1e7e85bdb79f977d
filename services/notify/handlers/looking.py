"""The delivery log is read by right (shared/identity/sight.py)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.store import knowledge, reading, sight
from shared.contracts.words import Role
from shared.identity import Principal, Sight
from shared.kernel.refusals import Unknown
from shared.persistence import Database

EVERYWHERE = (Role.AUDITOR, Role.OPERATOR, Role.LEADER)


async def of_petition(database: Database, code: str, *, reader: Principal) -> dict[str, Any]:
    """Return the notices about a petition. Raises Unknown: not there and not yours look the same."""
    async with database.reading() as connection:
        found = await knowledge.petition_by_code(connection, code)
        if found is None or not _is_open(await sight.of(connection, found[0]), reader):
            raise Unknown("no petition has this code", code="petition_not_found")
        petition_id, petition = found
        items = await reading.log_of(connection, petition_id)
    return {"code": petition.code, "petitioner": "reachable" if petition.is_reachable else "no_contact", "items": items}


async def in_state(
    database: Database, state: str, *, reader: Principal, after: tuple[datetime | None, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return the latest notices in a state, those that the reader sees."""
    async with database.reading() as connection:
        return await reading.log_in_state(connection, state, reader=reader, after=after, limit=limit)


def _is_open(petition: Sight, reader: Principal) -> bool:
    """Whether somebody reads the notices; operators see to the mail of all petitions but denunciations."""
    sees_to_mail = reader.has(Role.OPERATOR) and not petition.is_sealed and not petition.excludes(reader)
    return sees_to_mail or petition.is_open_to(reader)
