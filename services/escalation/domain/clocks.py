"""The clocks of one petition: facts heard in, deadlines set, paused, moved and ended, said out (docs/clocks.md).

Invariants: a rule that does not repeat starts one clock per petition, whatever happens to it; a transfer moves the duty and
never the due moment; before a fact is applied, everything that time brought before it is said, so the story is the same for every
rhythm of the sweep.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.escalation.domain import acts
from services.escalation.domain.acts import Derived, Moved, Paused, Reason
from services.escalation.domain.basis import Basis
from services.escalation.domain.deadline import RESOLUTION, Breached, Deadline, Ended, Ending, Outcome, TimeSaid, advance, end
from services.escalation.domain.petition import Fact, Petition
from services.escalation.domain.plan import due_only, plan
from services.escalation.domain.rulebook import Rulebook
from services.escalation.domain.rules import (
    ANSWERED,
    CLOSED,
    DANGER,
    EXTENDED,
    GUIDED,
    RECEIVED,
    REFUSED,
    REOPENED,
    TERMINATED,
    URGENT,
    Rule,
    Unit,
)
from services.escalation.domain.timetable import Timetable
from services.escalation.domain.tree import Holder, Tree
from shared.kernel.ids import derived
from shared.kernel.refusals import Refused

FALLS_AWAY = {REOPENED: frozenset({ANSWERED, CLOSED, REFUSED, GUIDED, TERMINATED})}
"""Which endings a fact takes back."""
RECLASSIFIED = "reclassified"


@dataclass(frozen=True, slots=True)
class Started:
    """A clock started: everything `deadline.set` says."""

    deadline: Deadline
    effective_at: datetime
    office: str
    rule: Rule
    derived: Derived


Said = Started | Paused | Moved | TimeSaid


@dataclass(slots=True)
class Clocks:
    """A petition with its deadlines, changed by the facts it hears. `said` collects what became true, in order.

    `refused` collects why an act moved a clock not at all: the law does not provide for it.
    """

    petition: Petition
    rulebook: Rulebook
    tree: Tree
    deadlines: list[Deadline] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def holder(self) -> Holder:
        """The office that has the duty; nobody before the petition was routed."""
        return self.petition.holder or Holder(office="")

    def hear(self, fact: Fact) -> None:
        """Apply a fact: it may move the duty, end clocks, pause, lengthen or revive them, and start others."""
        if fact.name == RECEIVED:
            self._place(fact)
            return
        self._bring(fact.at - RESOLUTION)
        if fact.holder is not None:
            self._hand_over(fact.holder, at=fact.at)
        if fact.traits:
            matter = replace(self.petition.matter, traits=self.petition.matter.traits | fact.traits)
            self.petition = replace(self.petition, matter=matter)
        self._revive(fact)
        self._end(fact.name, at=fact.at, event=fact.event)
        self._pause_or_extend(fact)
        self._start(self.rulebook.started_by(fact.name), fact.at, fact=fact)

    def breached(self, said: Breached) -> None:
        """Start the clocks that the breach of another one starts."""
        self._start(self.rulebook.started_by_breach(said.deadline.rule), said.effective_at)

    def acknowledge(self, deadline: Deadline, *, level: int) -> Deadline:
        """Note that somebody above took note: this level and those below it climb on no more."""
        known = max(level, deadline.progress.acknowledged_level)
        after = replace(deadline, progress=replace(deadline.progress, acknowledged_level=known))
        self.deadlines = [after if item.id == deadline.id else item for item in self.deadlines]
        return after

    def _place(self, fact: Fact) -> None:
        """The petition found its office: clocks that run from receipt start, counted from when it was lodged.

        Where they run already (nobody had routed it in time, or it was taken for something else), those whose rule no longer fits
        fall away. Where the source already knows its end (import), the deadline ends at once: the sweep never fires on history.
        """
        before = self.petition.holder
        if before is not None and fact.holder is not None:
            self._hand_over(fact.holder, at=fact.at)
        matter = self.petition.matter
        matter = replace(
            matter,
            kind=fact.kind or matter.kind,
            procedure=fact.procedure or matter.procedure,
            urgency=fact.urgency or matter.urgency,
            traits=matter.traits | fact.traits,
        )
        self.petition = replace(self.petition, holder=fact.holder, matter=matter)
        if before is not None:
            self._drop_unfitting(fact)
        self._start(self.rulebook.started_by(RECEIVED), self.petition.lodged_at)
        source = self.petition.source
        if source is not None and source.closed_at is not None:
            self._end(CLOSED, at=source.closed_at, event=fact.event)

    def _drop_unfitting(self, fact: Fact) -> None:
        brought: list[tuple[Deadline, list[TimeSaid]]] = []
        for deadline in self.deadlines:
            if deadline.ending is not None or self._fits(self._rule(deadline)):
                brought.append((deadline, []))
                continue
            now, said = advance(deadline, self.holder, self.tree, through=fact.at - RESOLUTION)
            if now.ending is None:  # else time ended it first
                now = replace(now, ending=Ending(Outcome.VOID, fact.at, RECLASSIFIED, fact.event))
                said.append(Ended(now, fact.at, self.holder.office))
            brought.append((now, said))
        self._take(brought)

    def _hand_over(self, holder: Holder, *, at: datetime) -> None:
        """Move the duty: what time brought up to then was the old office's, what it brings later is the new one's."""
        self._bring(at - RESOLUTION)
        self.petition = replace(self.petition, holder=holder)
        self.deadlines = [
            replace(deadline, progress=replace(deadline.progress, rung=0)) if deadline.progress.rung else deadline
            for deadline in self.deadlines
        ]

    def _bring(self, through: datetime) -> None:
        """Say what time brought: a breach may start another clock, which time may have reached as well."""
        before = -1
        while len(self.said) > before:
            before = len(self.said)
            self._take([advance(deadline, self.holder, self.tree, through=through) for deadline in self.deadlines])

    def _end(self, fact: str, *, at: datetime, event: str) -> None:
        endings = ((deadline, self._rule(deadline).endings) for deadline in self.deadlines)
        self._take([end(deadline, ends, self.holder, self.tree, fact=fact, at=at, event=event) for deadline, ends in endings])

    def _take(self, brought: Sequence[tuple[Deadline, Sequence[TimeSaid]]]) -> None:
        """Keep the deadlines as they are now, and say what came of them in the order in which it became true."""
        self.deadlines = [deadline for deadline, _ in brought]
        facts = [fact for _, said in brought for fact in said]
        self.said.extend(sorted(facts, key=lambda fact: (fact.effective_at, fact.deadline.rule)))
        for fact in facts:
            if isinstance(fact, Breached):
                self.breached(fact)

    def _revive(self, fact: Fact) -> None:
        endings = FALLS_AWAY.get(fact.name, frozenset())

        def revived(deadline: Deadline) -> tuple[Deadline, Moved] | None:
            if deadline.ending is None or deadline.ending.fact not in endings:
                return None
            rule, timetable = self._rule(deadline), self._timetable(deadline)
            return acts.revive(deadline, rule, timetable, Reason(fact.name), at=fact.at, office=self.holder.office)

        if endings:
            self._act(revived)

    def _pause_or_extend(self, fact: Fact) -> None:
        def changed(deadline: Deadline) -> tuple[Deadline, Paused | Moved] | None:
            rule, timetable = self._rule(deadline), self._timetable(deadline)
            if deadline.ending is not None:
                return None
            if deadline.pausing is not None and any(
                pause.start == deadline.pausing.by and pause.end == fact.name for pause in rule.pauses
            ):
                started_on = timetable.local_date(deadline.basis.started_at)
                governing = self.rulebook.governing(rule, started_on=started_on)  # amended while the clock stood still
                return acts.resume(deadline, governing, timetable, fact, office=self.holder.office)
            if rule.pause_begun_by(fact.name) is not None:
                acts.pause_for(rule, deadline, timetable, fact)
                return acts.suspend(self._said_before(deadline, fact), timetable, fact, office=self.holder.office)
            if fact.name == EXTENDED and fact.rule == rule.id:
                acts.extension_for(rule, deadline, timetable, fact)
                return acts.extend(self._said_before(deadline, fact), rule, timetable, fact, office=self.holder.office)
            return None

        self._act(changed)

    def _said_before(self, deadline: Deadline, fact: Fact) -> Deadline:
        """Say what time brought before an act."""
        now, said = advance(deadline, self.holder, self.tree, through=fact.at - RESOLUTION)
        self.said.extend(said)
        return now

    def _act(self, change: Callable[[Deadline], tuple[Deadline, Paused | Moved] | None]) -> None:
        for place, deadline in enumerate(self.deadlines):
            try:
                changed = change(deadline)
            except Refused as refused:
                self.refused.append(refused)
                continue
            if changed is not None:
                self.deadlines[place] = changed[0]
                self.said.append(changed[1])

    def _start(self, rules: Sequence[Rule], at: datetime, *, fact: Fact | None = None) -> None:
        if not rules:
            return
        has_given = self.petition.source is not None and self.petition.source.due_at is not None
        timetable: Timetable | None = None
        for rule in rules:
            if (rule.limit.unit is Unit.SOURCE) != has_given or not self._fits(rule):
                continue
            timetable = timetable or self.rulebook.timetable(self.petition.matter.jurisdiction, self.holder.office)
            runnings = sum(1 for deadline in self.deadlines if deadline.rule == rule.id)
            if (runnings and not rule.repeats) or not rule.is_in_force_on(timetable.local_date(at)):
                continue
            if rule.limit.needs_planned_day and (fact is None or fact.planned_on is None):
                words = "the day it is planned for is missing"
                self.refused.append(Refused(words, code="planned_day_missing", facts={"rule": rule.id, "article": rule.citation}))
                continue
            started = self._started(rule, timetable, at, runnings + 1, fact)
            self.deadlines.append(started.deadline)
            self.said.append(started)

    def _started(self, rule: Rule, timetable: Timetable, at: datetime, occurrence: int, fact: Fact | None) -> Started:
        petition, source = self.petition, self.petition.source
        basis = Basis(
            rule=rule.id,
            rule_version=rule.version,
            started_at=at,
            occurrence=occurrence,
            planned_on=fact.planned_on if fact else None,
            given_at=source.due_at if source else None,
            given_by=source.system if source else None,
        )
        due_at, derivation = acts.derive(rule, timetable, basis)
        is_finished = source is not None and source.closed_at is not None
        key = (rule.id,) if occurrence == 1 else (rule.id, occurrence)
        deadline = Deadline(
            id=derived(petition.id, "deadline", *key),
            petition_id=petition.id,
            basis=basis,
            due_at=due_at,
            due_without_extension_at=due_at,
            calendar=timetable.calendar.name,
            calendar_version=timetable.calendar.version,
            steps=due_only(rule, due_at) if is_finished else plan(rule, timetable, basis, due_at),
            is_urgent=rule.is_urgent or DANGER in petition.matter.traits or petition.matter.urgency == URGENT,
        )
        return Started(deadline, at, self.holder.office, rule, derivation)

    def _fits(self, rule: Rule) -> bool:
        matter = self.petition.matter
        return rule.subject.fits(
            kind=matter.kind,
            procedure=matter.procedure,
            jurisdiction=matter.jurisdiction,
            channel=matter.channel,
            urgency=matter.urgency,
            traits=matter.traits,
        )

    def _rule(self, deadline: Deadline) -> Rule:
        return self.rulebook.named(deadline.rule, version=deadline.basis.rule_version)

    def _timetable(self, deadline: Deadline) -> Timetable:
        return self.rulebook.calendar(deadline.calendar)
