"""How long what petitioners said is kept, and from when on it must be gone (Law on Personal Data Protection 91/2025/QH15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Kept:
    """How many years after its closing a kind of petition is kept, by which source; `confirmation` TEXT, RECALL or DESIGN."""

    years: int
    citation: str
    confirmation: str


Retention = Mapping[str, Kept]
"""By kind of petition."""


class HoldReason(StrEnum):
    """Why something is kept longer than its rule says."""

    COURT = "court"
    INSPECTION = "inspection"
    SERIOUS = "serious"
    """A serious case, whose file is kept for ever."""
    RESEARCH = "research"


def erased_before(kept: Kept, *, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant before which a petition must have been closed to be erased now: the same day so many years ago.

    Who closed on 29 February is kept until 1 March.
    """
    today = now.astimezone(zone).date()
    year = today.year - kept.years
    try:
        day = today.replace(year=year)
    except ValueError:
        day = date(year, 3, 1)
    return datetime.combine(day, time(), zone)
