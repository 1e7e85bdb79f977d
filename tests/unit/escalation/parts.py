"""What the unit tests of escalation share: the real rulebook, instants on the wall of Hanoi, petitions."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from services.escalation.domain.calendar import Calendar
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.petition import Fact, Matter, Petition, Source
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.timetable import Timetable
from services.escalation.domain.tree import Holder, Tree
from services.escalation.wire.rulebook import load_rulebook
from shared.contracts.words import Procedure

RULES = Path(__file__).resolve().parents[3] / "services" / "escalation" / "rules"
OFFICE_DAY = ((8 * 60, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))


@cache
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


def hanoi(local: str) -> datetime:
    """Return the UTC instant of a wall-clock time in Hanoi."""
    return (datetime.fromisoformat(local) - timedelta(hours=7)).replace(tzinfo=UTC)


def petition(
    kind: str,
    lodged_at: datetime,
    *,
    channel: str = "web",
    source: Source | None = None,
    procedure: str | None = None,
    urgency: str = "normal",
    traits: frozenset[str] = frozenset(),
    jurisdiction: str = "hanoi",
) -> Petition:
    return Petition(
        id=UUID(int=1),
        code="HN-1",
        matter=Matter(kind, procedure or Procedure.of(kind), jurisdiction, channel, urgency, traits),
        lodged_at=lodged_at,
        correlation_id=UUID(int=2),
        source=source,
    )


WARD = Holder("hanoi-00070", ("hanoi",))


def routed(given: Petition, *, holder: Holder = WARD, at: datetime | None = None, tree: Tree | None = None) -> Clocks:
    """Return the clocks of a petition that has just found its office."""
    clocks = Clocks(given, rulebook(), tree or Tree())
    clocks.hear(Fact("received", at or given.lodged_at, "routed", holder=holder))
    return clocks


def act(name: str, at: datetime, **details: object) -> Fact:
    """Return a fact whose event is called like itself."""
    return Fact(name, at, name, **details)  # type: ignore[arg-type]  # what a fact carries depends on its name


def office_week(zone: str = "Asia/Ho_Chi_Minh") -> Timetable:
    """Return a timetable of Monday to Friday in office hours, without holidays."""
    return Timetable(Calendar(name="week", zone=zone, hours=dict.fromkeys(range(5), OFFICE_DAY)))


def around_the_clock(zone: str) -> Timetable:
    return Timetable(Calendar(name="always", zone=zone, hours=dict.fromkeys(range(7), ((0, 1440),))))


def wall(local: str, zone: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
