"""One petition's clocks as its facts and the law give them: what should have been said, and how each clock should stand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.audit.domain.entry import Entry
from services.audit.domain.recount.clock import Clock, Expected, Named
from services.audit.domain.recount.days import TICK, Days, due
from services.audit.domain.recount.law import Amended, Law, RuleData, fits
from services.audit.domain.recount.provisions import may_extend, may_pause
from services.audit.domain.recount.steps import Planned, plan_of
from services.audit.domain.recount.tree import Ladder, Tree
from shared.kernel.ids import derived

REVIVED_BY = {"reopened": {"answered", "closed", "refused", "guided", "terminated"}}
SAID_AS = {"lapsed": "ended", "in_force": "ended"}
"""Steps that are said by another verb."""


@dataclass(slots=True)
class Reckoning:
    """The clocks of one petition while its facts are told; `named` is what escalation named when it set each of them."""

    law: Law
    tree: Tree
    named: Mapping[UUID, Named]
    petition_id: UUID
    lodged_at: datetime
    matter: dict[str, Any]
    known_at: Mapping[tuple[UUID, datetime], datetime] = field(default_factory=dict)
    """When escalation said that a deadline climbed: by the directory as it was known then."""
    holder: Ladder | None = None
    clocks: list[Clock] = field(default_factory=list)
    said: list[Expected] = field(default_factory=list)

    def hear(self, fact: str, at: datetime, entry: Entry) -> None:
        """Apply a fact of intake or routing."""
        body = entry.facts
        if fact == "received":
            self._place(at, body)
            return
        holder = _holder(body)
        if holder is not None and fact in ("transferred", "returned"):
            self.tell(at - TICK)
            self.holder = holder
            for clock in self.clocks:
                clock.rung = 0
        traits = body.get("traits")
        if isinstance(traits, list):
            self.matter["traits"] = self.matter["traits"] | set(traits)
        for clock in list(self.clocks):
            self._touch(clock, fact, at, body)
        self._start(at, fact=fact, planned_on=body.get("planned_on"))

    def catch_up(self, said: Sequence[Expected]) -> None:
        """Bring clocks as far as escalation had brought them before it heard of what comes next.

        An act may be recorded after steps that time had brought meanwhile: those stand, and are judged by what was known then.
        """
        for item in said:
            clock = next((clock for clock in self.clocks if clock.id == item.deadline_id), None)
            if clock is not None and clock.is_running and any(_is_said(step, item) for step in clock.steps[clock.place :]):
                self._advance(clock, item.effective_at)

    def acknowledge(self, deadline_id: UUID, level: int, at: datetime) -> None:
        """Note that a level was acknowledged, after what time had said before."""
        for clock in self.clocks:
            if clock.id == deadline_id:
                self._advance(clock, at - TICK)
                clock.acknowledged = max(clock.acknowledged, level)

    def amend(self, amended: Amended, *, only: UUID | None = None, without: Collection[UUID] = ()) -> None:
        """Re-date what runs and was not overdue before, by a changed calendar or changed rules.

        What is not re-dated counts by the changed calendar from then on, and what stands still by the changed rule.
        """
        for clock in self.clocks:
            touches = (amended.calendar is not None and clock.calendar[0] == amended.calendar[0]) or clock.rule[
                "id"
            ] in amended.rules
            if touches and clock.id not in without and only in (None, clock.id):
                self._amend(clock, amended)

    def _amend(self, clock: Clock, amended: Amended) -> None:
        rule, started_on = clock.rule, self._days(clock).local(clock.started_at)
        if amended.rules:
            rule = self.law.governing(rule["id"], started_on, newest=amended.newest) or rule
        clock.calendar = amended.calendar or clock.calendar
        breaks = [step.at for step in clock.steps[clock.place :] if step.kind != "reminded"]
        was_due = any(at < amended.at for at in (*breaks, *filter(None, [clock.breached_at])))
        if clock.outcome is None and clock.paused_since is not None:
            clock.rule = rule
        elif clock.outcome is None and not was_due and self._due(clock, rule=rule) != clock.due_at:
            self._advance(clock, amended.at - TICK)
            clock.rule = rule
            self._move(clock, amended.at, "calendar_amended" if amended.calendar else "rule_amended")

    def tell(self, through: datetime) -> None:
        """Say what time brings up to an instant."""
        before = -1
        while len(self.said) > before:  # a breach may start another clock, which time may have reached as well
            before = len(self.said)
            for clock in list(self.clocks):
                self._advance(clock, through)

    def _place(self, at: datetime, body: Mapping[str, Any]) -> None:
        holder = _holder(body)
        if self.holder is not None:
            self.tell(at - TICK)
        was_placed, self.holder = self.holder is not None, holder or self.holder
        for name in ("kind", "procedure", "urgency"):
            if body.get(name):
                self.matter[name] = body[name]
        if not body.get("procedure") and body.get("kind"):
            self.matter["procedure"] = procedure_of(str(body["kind"]))
        self.matter["traits"] = self.matter["traits"] | set(body.get("traits") or ())
        for clock in self.clocks if was_placed else ():
            if clock.outcome is None and not fits(clock.rule, self.matter):
                self._end(clock, "void", at, "reclassified")
        self._start(self.lodged_at, fact="received")
        closed_at = self.matter["closed_at"]
        for clock in self.clocks if closed_at is not None else ():
            self._touch(clock, "closed", closed_at, {})

    def _touch(self, clock: Clock, fact: str, at: datetime, body: Mapping[str, Any]) -> None:
        """Let a fact revive, end, pause, resume or lengthen a clock."""
        rule = clock.rule
        if clock.outcome is not None:
            if clock.ended_fact in REVIVED_BY.get(fact, ()):
                self._revive(clock, fact, at)
            return
        if fact in rule["met_by"] or fact in rule["void_by"]:
            self._advance(clock, at - TICK)
            if clock.outcome is None:
                on_time = clock.paused_since is not None or at <= clock.due_at
                self._end(clock, "void" if fact in rule["void_by"] else "met" if on_time else "late", at, fact)
            return
        if clock.paused_since is not None:
            if any(pause["start"] == clock.paused_by and pause["end"] == fact for pause in rule["pauses"]):
                self._resume(clock, at)
            return
        if any(pause["start"] == fact for pause in rule["pauses"]):
            self._pause(clock, fact, at, body)
        elif fact == "extended" and body.get("rule") == rule["id"]:
            self._extend(clock, at, body)

    def _pause(self, clock: Clock, fact: str, at: datetime, body: Mapping[str, Any]) -> None:
        days = self._days(clock)
        if not may_pause(clock, days, fact, at, body):
            return
        self._advance(clock, at - TICK)
        clock.paused_since, clock.paused_by = days.local(at), fact
        clock.breached_at, clock.rung, clock.acknowledged = None, 0, 0
        self._say(clock, "paused", at, clock.plan)

    def _resume(self, clock: Clock, at: datetime) -> None:
        self._unpause(clock, at)
        self._move(clock, at, "resumed")

    def _unpause(self, clock: Clock, at: datetime) -> None:
        today = self._days(clock).local(at)
        if clock.paused_since is not None and today > clock.paused_since:
            clock.pauses.append((clock.paused_since, today))
        clock.paused_since = None

    def _extend(self, clock: Clock, at: datetime, body: Mapping[str, Any]) -> None:
        if not may_extend(clock, self._days(clock), at, body):
            return
        self._advance(clock, at - TICK)
        clock.extended_by += int(body["amount"])
        clock.extensions += 1
        self._move(clock, at, "extended")

    def _revive(self, clock: Clock, fact: str, at: datetime) -> None:
        was_paused, ended_at = clock.paused_since is not None, clock.ended_at or at
        clock.outcome, clock.ended_at, clock.ended_fact = None, None, ""
        if was_paused:
            self._unpause(clock, ended_at)
            self._move(clock, at, fact)
        elif clock.breached_at is None:
            self._move(clock, at, fact, due_at=clock.due_at)
        else:
            clock.steps = [step for step in clock.steps[clock.place :] if step.at > at]
            clock.place, clock.plan = 0, clock.plan + 1
            self._say(clock, "moved", at, clock.plan, fact, clock.due_at)

    def _move(self, clock: Clock, at: datetime, reason: str, *, due_at: datetime | None = None) -> None:
        clock.due_at = due_at or self._due(clock)
        clock.plan += 1
        clock.place, clock.rung, clock.acknowledged, clock.breached_at = 0, 0, 0, None
        clock.steps = plan_of(clock.rule, self._days(clock), self._basis(clock), clock.due_at, after=at)
        self._say(clock, "moved", at, clock.plan, reason, clock.due_at)

    def _start(self, at: datetime, *, fact: str = "", breach_of: str = "", planned_on: object = None) -> None:
        office = self.holder.office if self.holder else ""
        present = self.law.present_calendar(self.matter["jurisdiction"], office)
        if present is None:
            return
        any_days = self.law.calendar(*present)
        if any_days is None:
            return
        for rule in self.law.starting(self.matter, any_days.local(at), fact=fact, breach_of=breach_of):
            runnings = sum(1 for clock in self.clocks if clock.rule["id"] == rule["id"])
            needs_day = rule["limit"]["unit"] == "planned" or rule["limit"]["direction"] == "before"
            if (runnings and not rule["repeats"]) or (needs_day and not planned_on):
                continue
            key = (rule["id"],) if not runnings else (rule["id"], runnings + 1)
            deadline_id = derived(self.petition_id, "deadline", *key)
            planned = date.fromisoformat(str(planned_on)) if planned_on else None
            named = self.named.get(deadline_id, Named(present))
            by = self.law.version(rule["id"], named.rule_version) or rule
            clock = Clock(deadline_id, by, runnings + 1, at, named.calendar, planned)
            clock.due_at = self._due(clock)
            only_due = self.matter["closed_at"] is not None
            basis = self._basis(clock)
            clock.steps = plan_of(by, self._days(clock), basis, clock.due_at, after=at, is_history=only_due)
            self.clocks.append(clock)
            self._say(clock, "set", at, clock.due_at)

    def _advance(self, clock: Clock, through: datetime) -> None:
        while clock.is_running and clock.place < len(clock.steps) and clock.steps[clock.place].at <= through:
            step = clock.steps[clock.place]
            clock.place += 1
            match step.kind:
                case "reminded":
                    self._say(clock, "reminded", step.at, clock.plan, step.number)
                case "breached":
                    clock.breached_at = step.at
                    self._say(clock, "breached", step.at, clock.plan)
                    self._start(step.at, breach_of=clock.rule["id"])
                case "escalated":
                    self._climb(clock, step)
                case _:
                    self._end(clock, step.kind, step.at, "time")

    def _climb(self, clock: Clock, step: Planned) -> None:
        if self.holder is None or (step.climb and clock.acknowledged >= step.number):
            return
        known_at = self.known_at.get((clock.id, step.at), step.at)
        to = self.tree.rung_above(self.holder, clock.rung, at=step.at, known_at=known_at)
        if to is None and clock.rung and not step.climb:
            to = clock.rung
        if to is not None:
            clock.rung = to
            self._say(clock, "escalated", step.at, clock.plan, step.number, step.climb, self.holder.superiors[to - 1])

    def _end(self, clock: Clock, outcome: str, at: datetime, fact: str) -> None:
        self._advance(clock, at - TICK)
        clock.outcome, clock.ended_at, clock.ended_fact = outcome, at, fact
        self._say(clock, "met" if outcome == "met" else "ended", at, outcome)

    def _say(self, clock: Clock, verb: str, at: datetime, *detail: object) -> None:
        self.said.append(Expected(clock.id, verb, at, detail))

    def _days(self, clock: Clock) -> Days:
        found = self.law.calendar(*clock.calendar)
        if found is None:
            raise LookupError(f"calendar {clock.calendar[0]} {clock.calendar[1]}")
        return found

    def _basis(self, clock: Clock) -> dict[str, Any]:
        return {
            "started_at": clock.started_at,
            "pauses": tuple(clock.pauses),
            "extended_by": clock.extended_by,
            "is_rolled": clock.rule["is_rolled"],
            "planned_on": clock.planned_on,
            "given_at": self.matter["due_at"],
        }

    def _due(self, clock: Clock, *, rule: RuleData | None = None) -> datetime:
        by = rule or clock.rule
        return due(by["limit"], self._days(clock), **{**self._basis(clock), "is_rolled": by["is_rolled"]})


def _is_said(step: Planned, item: Expected) -> bool:
    return (SAID_AS.get(step.kind, step.kind), step.at) == (item.verb, item.effective_at)


def _holder(body: Mapping[str, Any]) -> Ladder | None:
    route = body.get("route")
    if isinstance(route, Mapping):
        return Ladder(str(route["office"]), tuple(route["superiors"]))
    if "from_office" in body and "superiors" in body:
        return Ladder(str(body["office"]), tuple(body["superiors"]))
    return None


def procedure_of(kind: str) -> str:
    """Return the procedure of a kind where nobody has said another one."""
    return "complaint.first" if kind == "complaint" else f"{kind}.ordinary"
