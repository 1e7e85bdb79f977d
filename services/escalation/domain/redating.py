"""What an amendment of a calendar or a rule does to running deadlines: the new due moment, counted in bulk."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.escalation.domain import acts, counting
from services.escalation.domain.acts import Moved, Reason
from services.escalation.domain.deadline import RESOLUTION, Deadline, TimeSaid, advance
from services.escalation.domain.plan import StepKind
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.rules import Rule, Unit
from services.escalation.domain.timetable import Timetable
from services.escalation.domain.tree import Holder, Tree

_Key = tuple[str, int, str, int, date]
_BEFORE_DUE = frozenset({StepKind.REMINDED})
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
        """Whether an amendment re-dates it: not where it has ended, stands still, was due before, or is due as it was."""
        breached_at, ahead = deadline.progress.breached_at, deadline.steps[deadline.progress.next_step :]
        was_due = breached_at is not None and breached_at < applied_at
        will_have_been = any(step.at < applied_at and step.kind not in _BEFORE_DUE for step in ahead)
        return deadline.is_running and not was_due and not will_have_been and self.due_at(deadline) != deadline.due_at

    def moved(
        self, deadline: Deadline, holder: Holder, tree: Tree, *, applied_at: datetime, amendment_id: UUID
    ) -> tuple[list[TimeSaid], Moved]:
        """Return what time brought before the amendment, and the move that gives the deadline the plan that counts now.

        A breach that was said although it came after the amendment is withdrawn.
        """
        rule, timetable = self.governing(deadline)
        reason = Reason.RULE_AMENDED if self.is_rule_amended else Reason.CALENDAR_AMENDED
        brought, said = advance(deadline, holder, tree, through=applied_at - RESOLUTION)
        _, moved = acts.recounted(
            brought,
            rule,
            timetable,
            deadline.basis,
            reason,
            at=applied_at,
            office=holder.office,
            amendment_id=amendment_id,
        )
        return said, moved

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
