"""Legal acts on one clock: suspend, continue, extend, revive, re-date. What no law provides for is refused with the article.

Invariant: a pause never shortens; nothing but such an act gives a deadline another due moment.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.escalation.domain import counting
from services.escalation.domain.basis import Basis
from services.escalation.domain.deadline import Deadline, Pausing, Progress
from services.escalation.domain.petition import Fact
from services.escalation.domain.plan import plan
from services.escalation.domain.rules import Extension, Pause, Rule
from services.escalation.domain.timetable import Timetable
from shared.kernel.refusals import Refused


class Reason(StrEnum):
    """Why a due moment is another one."""

    RESUMED = "resumed"
    EXTENDED = "extended"
    REOPENED = "reopened"
    CALENDAR_AMENDED = "calendar_amended"
    RULE_AMENDED = "rule_amended"


@dataclass(frozen=True, slots=True)
class Derived:
    """A derivation as canonical JSON, with its digest."""

    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The clock stands still; there is no due moment until the decision to continue."""

    deadline: Deadline
    effective_at: datetime
    office: str
    ground: str | None
    withdraws_breach: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """The deadline has another due moment, or runs again towards the old one."""

    deadline: Deadline
    effective_at: datetime
    office: str
    rule: Rule
    reason: Reason
    from_due_at: datetime
    derived: Derived
    withdraws_breach: bool = False
    amendment_id: UUID | None = None


def derive(rule: Rule, timetable: Timetable, basis: Basis) -> tuple[datetime, Derived]:
    """Count the due moment and write down how."""
    result = counting.count(rule, timetable, basis)
    text = counting.canonical(counting.derivation(rule, timetable, basis, result))
    return result.due_at, Derived(text, counting.digest(text))


def pause_for(rule: Rule, deadline: Deadline, timetable: Timetable, fact: Fact) -> Pause:
    """Return the provision by which a fact pauses the clock. Raises Refused where there is none."""
    pause = rule.pause_begun_by(fact.name)
    if pause is None:
        raise _refused("pause_not_provided", "the law knows no suspension of this step", rule, rule.citation)
    if deadline.pausing is not None:
        raise _refused("suspended_already", "it is suspended already", rule, pause.citation)
    if pause.grounds and fact.ground not in pause.grounds:
        listed = ", ".join(sorted(pause.grounds))
        raise _refused("ground_not_listed", "this is no ground for a suspension", rule, pause.citation, possible=listed)
    on, started_on = timetable.local_date(fact.at), timetable.local_date(deadline.basis.started_at)
    if on < pause.since or (started_on < pause.since and not pause.reaches_pending):
        raise _refused("pause_not_in_force", f"suspension exists since {pause.since}", rule, pause.citation)
    if deadline.ending is not None or fact.at > deadline.due_at or fact.at < deadline.basis.started_at:
        raise _refused("not_running", "the clock does not run at that time", rule, pause.citation)
    return pause


def suspend(deadline: Deadline, timetable: Timetable, fact: Fact, *, office: str) -> tuple[Deadline, Paused]:
    """Stop the clock from the day of the fact on. A breach that was recorded although the act was true before it is withdrawn."""
    was_breached = deadline.progress.breached_at is not None
    progress = Progress(deadline.progress.next_step)
    pausing = Pausing(timetable.local_date(fact.at), fact.name)
    paused = replace(deadline, pausing=pausing, progress=progress)
    return paused, Paused(paused, fact.at, office, fact.ground, was_breached)


def resume(deadline: Deadline, rule: Rule, timetable: Timetable, fact: Fact, *, office: str) -> tuple[Deadline, Moved]:
    """Let the remainder run on from the day of the decision to continue."""
    since_on = deadline.pausing.since_on if deadline.pausing else timetable.local_date(fact.at)
    basis = deadline.basis.paused(since_on, timetable.local_date(fact.at))
    running = replace(deadline, pausing=None)
    return recounted(running, rule, timetable, basis, Reason.RESUMED, at=fact.at, office=office)


def extension_for(rule: Rule, deadline: Deadline, timetable: Timetable, fact: Fact) -> Extension:
    """Return the provision by which the limit may be extended so. Raises Refused naming the article."""
    if not rule.extensions:
        raise _refused("extension_not_provided", "the law knows no extension of this step", rule, rule.citation)
    found = next((item for item in rule.extensions if fact.ground in item.grounds), None)
    if found is None:
        listed = ", ".join(sorted({ground for item in rule.extensions for ground in item.grounds}))
        article = rule.extensions[0].citation
        raise _refused("ground_not_listed", "this is no ground for an extension", rule, article, possible=listed)
    if timetable.local_date(fact.at) < found.since:
        raise _refused("extension_not_provided", f"this extension exists since {found.since}", rule, found.citation)
    if not deadline.is_running or fact.at > deadline.due_at:
        raise _refused("not_running", "only a running, not yet overdue limit is extended", rule, found.citation)
    if deadline.basis.extension_acts >= found.acts_max:
        raise _refused("extended_before", f"it may be extended {found.acts_max} times", rule, found.citation, most=found.acts_max)
    total = rule.limit.amount + deadline.basis.extended_by + fact.amount
    if not 1 <= fact.amount <= found.per_act or total > found.ceiling:
        most = min(found.per_act, found.ceiling - rule.limit.amount - deadline.basis.extended_by)
        words = f"at most {most} {rule.limit.unit} more"
        raise _refused("beyond_ceiling", words, rule, found.citation, most=most, ceiling=found.ceiling)
    return found


def extend(deadline: Deadline, rule: Rule, timetable: Timetable, fact: Fact, *, office: str) -> tuple[Deadline, Moved]:
    """Add time to the limit, counted from the same start."""
    basis = deadline.basis.extended(fact.amount)
    return recounted(deadline, rule, timetable, basis, Reason.EXTENDED, at=fact.at, office=office)


def revive(
    deadline: Deadline, rule: Rule, timetable: Timetable, reason: Reason, *, at: datetime, office: str
) -> tuple[Deadline, Moved]:
    """Let an ended clock run again towards the same due moment. What time had said stays said.

    A suspension that was open when the clock ended had ended with it.
    """
    if deadline.pausing is not None and deadline.ending is not None:
        basis = deadline.basis.paused(deadline.pausing.since_on, timetable.local_date(deadline.ending.at))
        running = replace(deadline, ending=None, pausing=None)
        return recounted(running, rule, timetable, basis, reason, at=at, office=office)
    running = replace(deadline, ending=None)
    if deadline.progress.breached_at is None:
        return recounted(running, rule, timetable, deadline.basis, reason, at=at, office=office, due_at=deadline.due_at)
    steps = tuple(step for step in deadline.steps[deadline.progress.next_step :] if step.at > at)
    revived = replace(running, steps=steps, plan=deadline.plan + 1, progress=replace(deadline.progress, next_step=0))
    return revived, Moved(revived, at, office, rule, reason, deadline.due_at, derive(rule, timetable, deadline.basis)[1])


def recounted(
    deadline: Deadline,
    rule: Rule,
    timetable: Timetable,
    basis: Basis,
    reason: Reason,
    *,
    at: datetime,
    office: str,
    due_at: datetime | None = None,
    amendment_id: UUID | None = None,
) -> tuple[Deadline, Moved]:
    """Give the deadline the plan that follows from `basis`; `due_at` only where the old due moment is to stay as it was."""
    basis = replace(basis, rule_version=rule.version)
    counted_at, derived = derive(rule, timetable, basis)
    due_at = due_at or counted_at
    plain = basis.without_extension()
    without = due_at if plain == basis else counting.due(rule.limit, timetable, plain, is_rolled=rule.is_rolled)
    was_breached = deadline.progress.breached_at is not None
    moved = replace(
        deadline,
        basis=basis,
        due_at=due_at,
        due_without_extension_at=without,
        calendar=timetable.calendar.name,
        calendar_version=timetable.calendar.version,
        steps=plan(rule, timetable, basis, due_at, after=at),
        plan=deadline.plan + 1,
        progress=Progress(),
    )
    said = Moved(moved, at, office, rule, reason, deadline.due_at, derived, was_breached, amendment_id)
    return moved, said


def _refused(code: str, words: str, rule: Rule, article: str, **facts: object) -> Refused:
    return Refused(words, code=code, facts={"rule": rule.id, "article": article, **facts})
