"""Rules of law as frozen policies: which clock starts, how long it runs, what ends it, whom it warns.

Invariant: a published version of a rule never changes. A new text of the law is a new version with its own dates, chosen by the
legal day of the fact that starts the clock; the version stays with the deadline for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.escalation.domain.timetable import Timetable
from shared.kernel.refusals import Malformed


class Unit(StrEnum):
    """How a limit is counted. SOURCE: the due moment is given by the system that the petition comes from."""

    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    SOURCE = "source"


class Start(StrEnum):
    """The fact that starts a clock."""

    RECEIVED = "received"
    ACCEPTED = "accepted"


class Act(StrEnum):
    """An act of the procedure that may end a clock."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time in the unit in which the law counts it."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return "given by source" if self.unit is Unit.SOURCE else f"{self.amount} {self.unit}"


@dataclass(frozen=True, slots=True)
class Endings:
    """Which acts end the clock in fulfilment, and which only because the step fell away."""

    met_by: frozenset[Act]
    void_by: frozenset[Act] = frozenset()


@dataclass(frozen=True, slots=True)
class Warnings:
    """When the office is reminded (percent of the working time) and when an overdue step climbs (working days after due).

    `also` is a second limit of which the office is reminded where it ends before the deadline.
    """

    reminders: tuple[int, ...] = ()
    ladder: tuple[int, ...] = ()
    also: Limit | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule. Empty sets of kinds, jurisdictions, channels or urgencies mean any."""

    id: str
    version: int
    step: str
    limit: Limit
    start: Start
    endings: Endings
    warnings: Warnings
    citation: str
    confirmation: str
    effective_from: date
    effective_to: date | None = None
    kinds: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    urgencies: frozenset[str] = frozenset()
    name_vi: str = ""
    name_en: str = ""
    is_rolled: bool = True
    """Whether a period that ends on a day off ends with the next working day (Civil Code 91/2015/QH13, art. 148(5))."""

    def is_in_force_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def fits(self, *, kind: str, jurisdiction: str, channel: str, urgency: str) -> bool:
        """Whether the rule speaks about such a petition."""
        pairs = (
            (self.kinds, kind),
            (self.jurisdictions, jurisdiction),
            (self.channels, channel),
            (self.urgencies, urgency),
        )
        return all(not allowed or actual in allowed for allowed, actual in pairs)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Every rule in every version, and the calendar that each jurisdiction works by."""

    rules: Sequence[Rule]
    timetables: Mapping[str, Timetable]
    office_timetables: Mapping[str, Timetable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse two versions of one rule that are in force on the same day."""
        for rule in self.rules:
            for other in self.rules:
                if rule.id == other.id and rule.version < other.version and _overlap(rule, other):
                    message = f"{rule.id} versions {rule.version} and {other.version} are in force on the same day"
                    raise Malformed(message, code="rules_overlap")

    def timetable(self, jurisdiction: str, office: str) -> Timetable:
        """Return the calendar of the office, else of its jurisdiction."""
        found = self.office_timetables.get(office) or self.timetables.get(jurisdiction)
        if found is None:
            raise Malformed(f"no calendar for jurisdiction {jurisdiction}", code="calendar_unknown")
        return found

    def named(self, rule_id: str, *, version: int) -> Rule | None:
        """Return one version of a rule."""
        return next((rule for rule in self.rules if rule.id == rule_id and rule.version == version), None)


def _overlap(one: Rule, other: Rule) -> bool:
    one_ends = one.effective_to or date.max
    other_ends = other.effective_to or date.max
    return one.effective_from <= other_ends and other.effective_from <= one_ends
