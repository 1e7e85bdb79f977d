"""Use case: how things stand, for the page that an auditor begins with."""

from services.audit.store import reconciliations
from services.audit.store.reconciliations import Run
from shared.persistence import Database


async def latest_run(database: Database) -> Run | None:
    """Return the latest reconciliation of all petitions, None where there was none yet. Raises Trouble."""
    async with database.reading() as connection:
        return await reconciliations.run(connection)
