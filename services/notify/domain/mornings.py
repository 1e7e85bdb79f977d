"""When the digest of the morning goes: at 07:15 of a working day, once; late where nobody was there at that hour.

Invariant: whatever the clock does, a day has one morning; a day on which an office does not work has none for its people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

TOLD_AT = time(7, 15)
LATEST = time(18)
"""Later than this nobody needs what was due in the morning: the next one tells it."""
PUNCTUAL = timedelta(minutes=10)
SEEN_FOR = timedelta(days=180)
"""Who has not looked at his preferences for so long is told no more: he may have left his office."""
HOT_PEOPLE = 5
"""So many behind one petition make it hot; so does danger to people."""
LINES_MAX = 50
GROUPS = ("late", "soon", "hot")
_WEEK = frozenset(range(5))
_FIXED = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
_LOOK_AHEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Days on which offices work. Without `is_known` a guess: Monday to Friday but for holidays of a fixed day."""

    weekdays: frozenset[int] = _WEEK
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    offices: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    is_known: bool = False

    def has(self, day: date) -> bool:
        """Return whether it is a working day."""
        if day in self.worked:
            return True
        is_off = day in self.off or (not self.is_known and (day.month, day.day) in _FIXED)
        return day.weekday() in self.weekdays and not is_off

    def after(self, day: date) -> date:
        """Return the next working day; a calendar without one for a month is not believed."""
        days = (day + timedelta(days=number) for number in range(1, _LOOK_AHEAD_DAYS))
        return next((each for each in days if self.has(each)), day + timedelta(days=1))


GUESS = WorkingDays()


def working_days_of(calendars: Sequence[WorkingDays], *, office: str, jurisdiction: str) -> WorkingDays:
    """Return by which days an office works: its own calendar, else that of its jurisdiction, else the guess."""
    own = next((each for each in calendars if office in each.offices), None)
    return own or next((each for each in calendars if jurisdiction in each.jurisdictions), GUESS)


def morning_at(now: datetime, *, zone: ZoneInfo) -> date | None:
    """Return the day whose morning is to be told now, None: it is too early or too late for that."""
    local = now.astimezone(zone)
    return local.date() if TOLD_AT <= local.time() < LATEST else None


def is_delayed(now: datetime, day: date, *, zone: ZoneInfo) -> bool:
    """Return whether it is late for this morning."""
    return now - datetime.combine(day, TOLD_AT, tzinfo=zone) > PUNCTUAL


@dataclass(frozen=True, slots=True)
class Due:
    """A running deadline as a digest tells it."""

    petition_id: str
    code: str
    office: str
    rule: str
    due_at: datetime
    is_late: bool
    level: int
    people: int = 1
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Morning:
    """What is told, by group: the first lines, and how many there are."""

    lines: Mapping[str, Sequence[Due]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


def gathered(found: Sequence[Due], *, ends_at: datetime) -> Morning:
    """Return what is late, what is due before `ends_at`, and what is hot; most pressing first."""
    groups: dict[str, list[Due]] = {
        "late": [each for each in found if each.is_late],
        "soon": [each for each in found if not each.is_late and each.due_at <= ends_at],
        "hot": _once([each for each in found if each.is_urgent or each.people >= HOT_PEOPLE]),
    }
    for group in ("late", "soon"):
        groups[group].sort(key=lambda each: (-each.level, each.due_at, each.code))
    groups["hot"].sort(key=lambda each: (not each.is_urgent, -each.people, each.code))
    return Morning({name: groups[name][:LINES_MAX] for name in GROUPS}, {name: len(groups[name]) for name in GROUPS})


def _once(found: Sequence[Due]) -> list[Due]:
    """Return one line for each petition, that which is due first."""
    first: dict[str, Due] = {}
    for each in sorted(found, key=lambda item: item.due_at):
        first.setdefault(each.petition_id, each)
    return list(first.values())


def working_days_from(content: Mapping[str, Any]) -> WorkingDays:
    """Return the working days of a calendar as escalation tells it. Raises KeyError, ValueError where it is none."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return WorkingDays(
        frozenset(names.index(name) for name, hours in content["hours"].items() if hours),
        frozenset(date.fromisoformat(day) for day in content["days_off"]),
        frozenset(date.fromisoformat(day) for day in content["days_worked"]),
        frozenset(content.get("offices", ())),
        frozenset(content.get("jurisdictions", ())),
        is_known=True,
    )
