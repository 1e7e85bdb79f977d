"""What an amendment of a calendar or a rule does to running deadlines: the new due moment, counted in bulk."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.escalation.domain import acts, counting
from services.escalation.domain.acts import Moved, Reason
from services.escalation.domain.deadline import Deadline
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.rules import Rule, Unit
from services.escalation.domain.timetable import Timetable

_Key = tuple[str, int, str, int, date]
_IN_DAYS = frozenset({Unit.WORKING_DAY, Unit.CALENDAR_DAY})


@dataclass(slots=True)
class Redating:
    """Counts due moments under `rulebook`. Limits in days depend on the start day alone, so each is counted once.

    `is_rule_amended`: the version that governs is chosen anew; else the one that set the deadline stays.
    """

    rulebook: Rulebook
    is_rule_amended: bool = False
    _known: dict[_Key, datetime] = field(default_factory=dict)

    def moves(self, deadline: Deadline, *, applied_at: datetime) -> bool:
        """Whether an amendment re-dates it: not where it has ended, stands still, was overdue before, or is due as it was."""
        breached_at = deadline.progress.breached_at
        was_overdue = breached_at is not None and breached_at < applied_at
        return deadline.is_running and not was_overdue and self.due_at(deadline) != deadline.due_at

    def moved(self, deadline: Deadline, *, applied_at: datetime, office: str, amendment_id: UUID) -> tuple[Deadline, Moved]:
        """Give a deadline the plan by which it is due now. A breach that time brought after the amendment is withdrawn."""
        rule, timetable = self.governing(deadline)
        reason = Reason.RULE_AMENDED if self.is_rule_amended else Reason.CALENDAR_AMENDED
        basis = deadline.basis
        return acts.recounted(deadline, rule, timetable, basis, reason, at=applied_at, office=office, amendment_id=amendment_id)

    def governing(self, deadline: Deadline) -> tuple[Rule, Timetable]:
        """Return the rule's version and the calendar by which a deadline is counted now."""
        timetable = self.rulebook.calendar(deadline.calendar)
        rule = self.rulebook.named(deadline.rule, version=deadline.basis.rule_version)
        if self.is_rule_amended:
            rule = self.rulebook.governing(rule, started_on=timetable.local_date(deadline.basis.started_at))
        return rule, timetable

    def due_at(self, deadline: Deadline) -> datetime:
        """Return when a deadline is due by what counts now."""
        rule, timetable = self.governing(deadline)
        basis = deadline.basis
        if basis.pauses or basis.planned_on is not None or rule.limit.unit not in _IN_DAYS:
            return counting.due(rule.limit, timetable, basis, is_rolled=rule.is_rolled)
        key = (rule.id, rule.version, deadline.calendar, basis.extended_by, timetable.local_date(basis.started_at))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = counting.due(rule.limit, timetable, basis, is_rolled=rule.is_rolled)
        return found
