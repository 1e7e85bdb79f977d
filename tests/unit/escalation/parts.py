"""What the unit tests of escalation share: the real rulebook, instants on the wall of Hanoi, petitions."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from services.escalation.domain.calendar import Calendar
from services.escalation.domain.clocks import Petition, Source
from services.escalation.domain.rules import Rulebook
from services.escalation.domain.timetable import Timetable
from services.escalation.wire.rulebook import load_rulebook

RULES = Path(__file__).resolve().parents[3] / "services" / "escalation" / "rules"
OFFICE_DAY = ((8 * 60, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))


@cache
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


def hanoi(local: str) -> datetime:
    """Return the UTC instant of a wall-clock time in Hanoi."""
    return (datetime.fromisoformat(local) - timedelta(hours=7)).replace(tzinfo=UTC)


def petition(kind: str, lodged_at: datetime, *, channel: str = "web", source: Source | None = None) -> Petition:
    return Petition(
        id=UUID(int=1),
        code="HN-1",
        kind=kind,
        jurisdiction="hanoi",
        channel=channel,
        urgency="normal",
        lodged_at=lodged_at,
        correlation_id=UUID(int=2),
        source=source,
    )


def office_week(zone: str = "Asia/Ho_Chi_Minh") -> Timetable:
    """Return a timetable of Monday to Friday in office hours, without holidays."""
    return Timetable(Calendar(name="week", zone=zone, hours=dict.fromkeys(range(5), OFFICE_DAY)))


def around_the_clock(zone: str) -> Timetable:
    return Timetable(Calendar(name="always", zone=zone, hours=dict.fromkeys(range(7), ((0, 1440),))))


def wall(local: str, zone: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
