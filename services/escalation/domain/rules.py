"""Rules of law as frozen policies: which fact starts a clock, how long it runs, what pauses, lengthens and ends it.

Facts are words: `received`, `accepted`, `suspended`, the recorded steps of the file; the reader of rule files checks that a
contract stands behind each. Invariant: a published version of a rule never changes. A new text of the law is a new version with
its own dates, chosen by the legal day of the fact that starts the clock; the version stays with the deadline.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

RECEIVED = "received"
ACCEPTED = "accepted"
CONTESTED = "contested"
ANSWERED = "answered"
CLOSED = "closed"
REFUSED = "refused"
GUIDED = "guided"
TERMINATED = "terminated"
REOPENED = "reopened"
EXTENDED = "extended"
DANGER = "danger"
"""The trait of a petition about which people are told at any hour."""
URGENT = "urgent"

Facts = frozenset[str]
NONE: Facts = frozenset()


class Unit(StrEnum):
    """How a limit is counted. SOURCE: the source gives the due moment; PLANNED: due on the day that the starting fact names."""

    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    SOURCE = "source"
    PLANNED = "planned"


class Nature(StrEnum):
    """What the passing of a limit means: a duty is breached, a petitioner's window lapses, an effect comes into force."""

    DUTY = "duty"
    WINDOW = "window"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time in the unit in which the law counts it; `is_before` counts back from the planned day."""

    amount: int
    unit: Unit
    is_before: bool = False

    def __str__(self) -> str:
        match self.unit:
            case Unit.SOURCE:
                return "given by source"
            case Unit.PLANNED:
                return "on the planned day"
        return f"{self.amount} {self.unit}{' before' if self.is_before else ''}"

    @property
    def needs_planned_day(self) -> bool:
        """Whether it is counted from a day that the starting fact announces."""
        return self.is_before or self.unit is Unit.PLANNED

    def longer_by(self, amount: int) -> "Limit":
        """Return the limit with an extension in its own unit."""
        return Limit(self.amount + amount, self.unit, self.is_before) if amount else self


@dataclass(frozen=True, slots=True)
class Endings:
    """Which facts end the clock in fulfilment, and which only because the step fell away."""

    met_by: Facts
    void_by: Facts = NONE


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension that the law provides for: from `start` to `end`, on one of `grounds` (none listed: no ground is needed).

    Decided since `since`; `reaches_pending` is the transitional clause by which clocks that had started before are paused too.
    """

    start: str
    end: str
    since: date
    citation: str
    grounds: Facts = NONE
    reaches_pending: bool = False
    pending_citation: str = ""
    who: Facts = NONE


@dataclass(frozen=True, slots=True)
class Extension:
    """More time that the law allows on one of `grounds`: `per_act` at most each time, `acts_max` times, `ceiling` in all."""

    grounds: Facts
    per_act: int
    acts_max: int
    ceiling: int
    since: date
    citation: str
    who: Facts = NONE


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the ladder: so many working days after the due day, what the office above is to do, and where that stands.

    Where it is not acknowledged within `acknowledge_within_days` it climbs on. Without a basis it is an internal warning.
    """

    days: int
    action: str = "inform_superior"
    basis: str | None = None
    acknowledge_within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Warnings:
    """When the office is reminded (percent of the working time) and how an overdue step climbs.

    `also` is a second limit of which the office is reminded where it ends before the deadline.
    """

    reminders: tuple[int, ...] = ()
    ladder: tuple[Rung, ...] = ()
    also: Limit | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Of which petitions a rule speaks. Empty sets mean any; `with_traits` must all be there, `without_traits` none."""

    kinds: Facts = NONE
    procedures: Facts = NONE
    jurisdictions: Facts = NONE
    channels: Facts = NONE
    urgencies: Facts = NONE
    with_traits: Facts = NONE
    without_traits: Facts = NONE

    def fits(
        self, *, kind: str, procedure: str, jurisdiction: str, channel: str, urgency: str, traits: Iterable[str] = ()
    ) -> bool:
        """Whether the rule speaks about such a petition."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.procedures or procedure in self.procedures)
            and (not self.jurisdictions or jurisdiction in self.jurisdictions)
            and (not self.channels or channel in self.channels)
            and (not self.urgencies or urgency in self.urgencies)
            and self.with_traits.issubset(traits)
            and self.without_traits.isdisjoint(traits)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule. `is_urgent`: people are told at any hour."""

    id: str
    version: int
    step: str
    limit: Limit
    start: Facts
    endings: Endings
    warnings: Warnings
    citation: str
    confirmation: str
    effective_from: date
    effective_to: date | None = None
    subject: Subject = Subject()
    name_vi: str = ""
    name_en: str = ""
    note_vi: str = ""
    note_en: str = ""
    nature: Nature = Nature.DUTY
    actor: str = "resolver"
    start_overdue: Facts = NONE
    repeats: bool = False
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    is_urgent: bool = False
    is_rolled: bool = True
    """Whether a period that ends on a day off ends with the next working day (Civil Code 91/2015/QH13, art. 148(5))."""
    reaches_pending: bool = False
    """Transitional clause: this version governs also what had started before `effective_from` and was pending then."""
    pending_citation: str = ""

    @property
    def is_service_level(self) -> bool:
        """Whether no confirmed source stands behind the limit: then it is the office's own promise, without a legal claim."""
        return self.confirmation in {"UNCONFIRMED", "DESIGN"}

    @property
    def concerns_petitioner(self) -> bool:
        """Whether the petitioner waits for it: what runs from receipt, acceptance or a contest, not the duties between."""
        return self.nature is Nature.DUTY and not self.repeats and self.start <= {RECEIVED, ACCEPTED, CONTESTED}

    def is_in_force_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def pause_begun_by(self, fact: str) -> Pause | None:
        """Return the suspension that a fact begins, None where it pauses nothing."""
        return next((pause for pause in self.pauses if pause.start == fact), None)
