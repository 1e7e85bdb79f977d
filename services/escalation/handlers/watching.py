"""A calendar must know next year by 1 December: without it, limits that cross the year's end are counted by weekdays alone."""

import logging
from datetime import datetime

from services.escalation.handlers.lawbook import Present
from services.escalation.store import lawbook as store
from services.escalation.wire.amendments import missing_event
from shared.persistence import Transaction

ALERT_MONTH = 12

_log = logging.getLogger(__name__)


def missing_years(present: Present, now: datetime) -> list[tuple[str, int]]:
    """Return calendars whose next year is not official although December has begun where they count."""
    found = []
    for name, file in sorted(present.law.calendars.items()):
        today = present.rulebook.calendar(name).local_date(now)
        due_year = today.year + (1 if today.month >= ALERT_MONTH else 0)
        if file.official_through < due_year:
            found.append((name, due_year))
    return found


async def look_for_missing_years(tx: Transaction, now: datetime, *, present: Present) -> None:
    """Say once per calendar and year that it is missing."""
    for name, year in missing_years(present, now):
        if await store.alert(tx.connection, name, year, now=now):
            _log.error("calendar %s has no official holidays for %d: caunoi calendar amend FILE", name, year)
            tx.emit([missing_event(name, year, present.law.calendars[name].jurisdictions, now=now)])
