"""Every rule in every version, and the calendars that offices work by. Immutable: an amended rulebook is another one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.escalation.domain.rules import Rule
from services.escalation.domain.timetable import Timetable
from shared.kernel.refusals import Malformed


@dataclass(frozen=True, slots=True)
class Ground:
    """A listed ground of an act, with where it stands."""

    code: str
    name_vi: str
    name_en: str
    citation: str
    confirmation: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The law and the calendars as known now. Raises Malformed where two versions of a rule are in force on the same day."""

    rules: Sequence[Rule]
    timetables: Mapping[str, Timetable]
    office_timetables: Mapping[str, Timetable] = field(default_factory=dict)
    grounds: Mapping[str, Ground] = field(default_factory=dict)
    _by_version: dict[tuple[str, int], Rule] = field(default_factory=dict)
    _by_start: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    _by_breach: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    _calendars: dict[str, Timetable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse contradictions, and index what the hot path asks for."""
        versions: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            for other in versions[rule.id]:
                _refuse_overlap(rule, other)
            versions[rule.id].append(rule)
            self._by_version[rule.id, rule.version] = rule
            for fact in rule.start:
                self._by_start[fact].append(rule)
            for late in rule.start_overdue:
                self._by_breach[late].append(rule)
        for timetable in (*self.timetables.values(), *self.office_timetables.values()):
            self._calendars[timetable.calendar.name] = timetable

    def timetable(self, jurisdiction: str, office: str) -> Timetable:
        """Return the calendar of the office, else of its jurisdiction."""
        found = self.office_timetables.get(office) or self.timetables.get(jurisdiction)
        if found is None:
            raise Malformed(f"no calendar for jurisdiction {jurisdiction}", code="calendar_unknown")
        return found

    def calendar(self, name: str) -> Timetable:
        """Return a calendar by its name. Raises Malformed where there is none."""
        found = self._calendars.get(name)
        if found is None:
            raise Malformed(f"no calendar {name}", code="calendar_unknown")
        return found

    @property
    def calendars(self) -> Mapping[str, Timetable]:
        """Every calendar by its name."""
        return self._calendars

    def named(self, rule_id: str, *, version: int) -> Rule:
        """Return one version of a rule. Raises Malformed where it is not known: published versions are never taken away."""
        found = self._by_version.get((rule_id, version))
        if found is None:
            raise Malformed(f"rule {rule_id} version {version} is not in the rule files", code="rule_unknown")
        return found

    def governing(self, rule: Rule, *, started_on: date) -> Rule:
        """Return the version that governs a clock which started on a day: in force then, or reaching back to what was pending."""
        fitting = [
            other
            for other in self.rules
            if other.id == rule.id
            and (other.is_in_force_on(started_on) or (other.reaches_pending and started_on < other.effective_from))
        ]
        return max(fitting, key=lambda other: other.version, default=rule)

    def started_by(self, fact: str) -> Sequence[Rule]:
        """Return the rules, in every version, whose clocks a fact starts."""
        return self._by_start.get(fact, ())

    def started_by_breach(self, rule_id: str) -> Sequence[Rule]:
        """Return the rules, in every version, whose clocks the breach of a rule starts."""
        return self._by_breach.get(rule_id, ())


def _refuse_overlap(one: Rule, other: Rule) -> None:
    one_ends = one.effective_to or date.max
    other_ends = other.effective_to or date.max
    if one.effective_from <= other_ends and other.effective_from <= one_ends:
        versions = f"{other.version}, {one.version}"
        reason = f"các bản {versions} có hiệu lực cùng ngày · versions {versions} are in force on the same day"
        remedy = "ghi effective_to cho bản cũ · give the older one its effective_to"
        error = {"field": one.id, "reason": reason, "remedy": remedy}
        raise Malformed(f"{one.id}: {reason}", code="rules_overlap", errors=[error])
