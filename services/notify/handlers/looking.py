"""The delivery log is read by right."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.notify.store import knowledge, reading
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Unknown
from shared.persistence import Database

EVERYWHERE = (Role.AUDITOR, Role.OPERATOR, Role.LEADER)


async def of_petition(database: Database, code: str, *, reader: Principal) -> dict[str, Any]:
    """Return the notices about a petition. Raises Unknown: not there and not yours look the same."""
    async with database.reading() as connection:
        found = await knowledge.petition_by_code(connection, code)
        if found is None:
            raise Unknown("no petition has this code", code="petition_not_found")
        petition_id, petition = found
        is_theirs = reader.office is not None and petition.office == reader.office
        if not (is_theirs or reader.has(*EVERYWHERE)):
            raise Unknown("no petition has this code", code="petition_not_found")
        items = await reading.log_of(connection, petition_id)
    return {"code": petition.code, "petitioner": "reachable" if petition.is_reachable else "no_contact", "items": items}


async def in_state(database: Database, state: str, *, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return the latest notices in a state, everybody's."""
    async with database.reading() as connection:
        return await reading.log_in_state(connection, state, limit=limit)
