"""The names of offices: what was last registered of each."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.domain.entry import facts_of

_REGISTERED = text(
    """
    SELECT DISTINCT ON (aggregate_id) body FROM log WHERE type = 'petitions.routing.office.registered.v1'
    ORDER BY aggregate_id, version DESC
    """
)


async def names(connection: AsyncConnection) -> dict[str, tuple[str, str]]:
    """Return the Vietnamese and the English name of each office by its code."""
    found: dict[str, tuple[str, str]] = {}
    for row in await connection.execute(_REGISTERED):
        facts = facts_of(row.body)
        code, vietnamese, english = (facts.get(name) for name in ("code", "name_vi", "name_en"))
        if isinstance(code, str) and isinstance(vietnamese, str) and isinstance(english, str):
            found[code] = (vietnamese, english)
    return found
