"""The clocks of one petition: facts heard in, deadlines set, moved to another office and ended, said out.

Invariants: a rule starts at most one clock per petition, whoever accepts it again; a transfer moves the duty and never the due
moment; before an act is applied, everything that time brought before it is said, so the story is the same for every rhythm of the
sweep.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.escalation.domain import counting
from services.escalation.domain.deadline import Deadline, Ended, Holder, TimeSaid, advance, end
from services.escalation.domain.plan import breach_only, plan
from services.escalation.domain.rules import Act, Rule, Rulebook, Start, Unit
from services.escalation.domain.timetable import Timetable
from shared.kernel.ids import derived


@dataclass(frozen=True, slots=True)
class Source:
    """What the system that a petition was imported from says of its time."""

    system: str
    due_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Petition:
    """What the clocks need to know of a petition. `holder` is None until it was routed."""

    id: UUID
    code: str
    kind: str
    jurisdiction: str
    channel: str
    urgency: str
    lodged_at: datetime
    correlation_id: UUID
    is_sealed: bool = False
    source: Source | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A clock started: everything `deadline.set` says."""

    deadline: Deadline
    effective_at: datetime
    office: str
    rule: Rule
    calendar: str
    calendar_version: str
    derivation: str
    sha256: str


Said = Started | TimeSaid | Ended


@dataclass(slots=True)
class Clocks:
    """A petition with its deadlines, changed by the facts it hears. `said` collects what became true, in order."""

    petition: Petition
    deadlines: list[Deadline] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    @property
    def holder(self) -> Holder:
        """The office that has the duty; nobody before the petition was routed."""
        return self.petition.holder or Holder(office="")

    def route(self, rulebook: Rulebook, holder: Holder, *, kind: str, urgency: str, at: datetime, lodged_by: str) -> None:
        """The petition found its office: clocks that run from receipt start, counted from when it was lodged.

        Where the source already knows its end (import), the deadline ends at once: the sweep never fires on finished history.
        """
        if self.petition.holder is not None:
            self.transfer(holder, at=at)
            return
        self.petition = replace(self.petition, holder=holder, kind=kind, urgency=urgency)
        self._start(rulebook, Start.RECEIVED, self.petition.lodged_at)
        source = self.petition.source
        if source is not None and source.closed_at is not None:
            self._end(Act.CLOSED, at=source.closed_at, ended_by=lodged_by)

    def transfer(self, holder: Holder, *, at: datetime) -> None:
        """Move the duty: what time brought up to the transfer was the old office's, what it brings later is the new one's."""
        self._advance(at)
        self.petition = replace(self.petition, holder=holder)

    def act(self, rulebook: Rulebook, act: Act, *, at: datetime, ended_by: str) -> None:
        """Apply an act of the procedure: it ends clocks, and acceptance starts others."""
        self._end(act, at=at, ended_by=ended_by)
        if act is Act.ACCEPTED:
            self._start(rulebook, Start.ACCEPTED, at)

    def _advance(self, through: datetime) -> None:
        brought = [advance(deadline, self.holder, through=through) for deadline in self.deadlines]
        self._take(brought)

    def _end(self, act: Act, *, at: datetime, ended_by: str) -> None:
        brought = [end(deadline, self.holder, act, at=at, ended_by=ended_by) for deadline in self.deadlines]
        self._take(brought)

    def _take(self, brought: Sequence[tuple[Deadline, Sequence[TimeSaid | Ended]]]) -> None:
        """Keep the deadlines as they are now, and say what came of them in the order in which it became true."""
        self.deadlines = [deadline for deadline, _ in brought]
        facts = [fact for _, said in brought for fact in said]
        self.said.extend(sorted(facts, key=lambda fact: (fact.effective_at, fact.deadline.rule)))

    def _start(self, rulebook: Rulebook, start: Start, at: datetime) -> None:
        holder = self.holder
        known = {deadline.rule for deadline in self.deadlines}
        timetable, rules = _rules(rulebook, self.petition, holder, start, at)
        for rule in rules:
            if rule.id not in known and timetable is not None:
                started = _started(rule, timetable, self.petition, holder, at)
                self.deadlines.append(started.deadline)
                self.said.append(started)


def _rules(
    rulebook: Rulebook, petition: Petition, holder: Holder, start: Start, at: datetime
) -> tuple[Timetable | None, Sequence[Rule]]:
    """Return the rules whose clocks the fact starts, in force on its legal day. A due moment given by the source goes first."""
    has_given = petition.source is not None and petition.source.due_at is not None
    fitting = [
        rule
        for rule in rulebook.rules
        if rule.start is start
        and (rule.limit.unit is Unit.SOURCE) == has_given
        and rule.fits(kind=petition.kind, jurisdiction=petition.jurisdiction, channel=petition.channel, urgency=petition.urgency)
    ]
    if not fitting:
        return None, []
    timetable = rulebook.timetable(petition.jurisdiction, holder.office)
    day = timetable.local_date(at)
    return timetable, [rule for rule in fitting if rule.is_in_force_on(day)]


def _started(rule: Rule, timetable: Timetable, petition: Petition, holder: Holder, at: datetime) -> Started:
    source = petition.source
    if source is not None and source.due_at is not None:
        result = counting.given(source.due_at, source=source.system)
    else:
        result = counting.count(rule.limit, timetable, at, is_rolled=rule.is_rolled)
    is_finished = source is not None and source.closed_at is not None
    text = counting.canonical(counting.derivation(rule, timetable, at, result))
    deadline = Deadline(
        id=derived(petition.id, "deadline", rule.id),
        petition_id=petition.id,
        rule=rule.id,
        due_at=result.due_at,
        steps=breach_only(result.due_at) if is_finished else plan(rule, timetable, at, result.due_at),
        endings=rule.endings,
    )
    calendar = timetable.calendar
    return Started(deadline, at, holder.office, rule, calendar.name, calendar.version, text, counting.digest(text))
