"""The law as data, asked which rules speak about a petition. `Law` is what escalation's rulebook door gives, nothing computed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.audit.domain.recount.days import Days

RuleData = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Amended:
    """An amendment as it was said: where in the log and when, since when it counts, of which calendar or rules."""

    position: int
    id: str
    at: datetime
    recorded_at: datetime
    calendar: tuple[str, str] | None = None
    rules: Sequence[str] = ()
    newest: int = 0
    """The highest version that it gave one of its rules."""


@dataclass(slots=True)
class Law:
    """Rules in every version, and calendars in every version that a deadline names."""

    rules: Sequence[RuleData]
    calendars: Mapping[tuple[str, str], Days]
    jurisdictions: Mapping[str, tuple[str, str]]
    """Name and present version of the calendar by which the offices of a jurisdiction work."""
    offices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The same for offices with a calendar of their own."""

    def calendar(self, name: str, version: str) -> Days | None:
        return self.calendars.get((name, version))

    def present_calendar(self, jurisdiction: str, office: str) -> tuple[str, str] | None:
        return self.offices.get(office) or self.jurisdictions.get(jurisdiction)

    def version(self, rule_id: str, number: int | None) -> RuleData | None:
        return next((rule for rule in self.rules if rule["id"] == rule_id and int(rule["version"]) == number), None)

    def governing(self, rule_id: str, started_on: date, *, newest: int) -> RuleData | None:
        """Return the latest version up to `newest` that is in force on a day, or reaches back to what was pending."""
        found = [
            rule
            for rule in self.rules
            if rule["id"] == rule_id
            and int(rule["version"]) <= newest
            and (_in_force(rule, started_on) or (rule["reaches_pending"] and started_on < _day(rule["effective_from"])))
        ]
        return max(found, key=lambda rule: int(rule["version"]), default=None)

    def starting(self, matter: Mapping[str, Any], day: date, *, fact: str = "", breach_of: str = "") -> Iterator[RuleData]:
        """Yield the rules that a fact, or the breach of another rule, starts for a petition on a day."""
        has_given = matter["due_at"] is not None
        for rule in self.rules:
            is_started = fact in rule["start"] if fact else breach_of in rule["start_overdue"]
            is_given = rule["limit"]["unit"] == "source"
            if is_started and is_given == has_given and _in_force(rule, day) and fits(rule, matter):
                yield rule


def fits(rule: RuleData, matter: Mapping[str, Any]) -> bool:
    """Whether a rule speaks about a petition."""
    pairs = (("kinds", "kind"), ("procedures", "procedure"), ("jurisdictions", "jurisdiction"), ("channels", "channel"))
    if any(rule[names] and matter[name] not in rule[names] for names, name in (*pairs, ("urgencies", "urgency"))):
        return False
    traits = matter["traits"]
    return set(rule["with"]) <= traits and not set(rule["without"]) & traits


def _in_force(rule: RuleData, day: date) -> bool:
    return _day(rule["effective_from"]) <= day and (rule["effective_to"] is None or day <= _day(rule["effective_to"]))


def _day(text: str) -> date:
    return date.fromisoformat(text)
