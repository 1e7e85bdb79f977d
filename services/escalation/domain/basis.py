"""What a due moment is counted from: everything that a recount needs, and nothing else."""

from dataclasses import dataclass, replace
from datetime import date, datetime

Days = tuple[date, date]
"""From (left out) to (counted again): the days of one suspension."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Rule, start, pauses and extensions of one deadline.

    `occurrence` numbers the runnings of a repeating rule; `planned_on` is the day that a call announces; `given_at` the due
    moment that a source gives, and `given_by` that source; `extended_by` is in the rule's own unit.
    """

    rule: str
    rule_version: int
    started_at: datetime
    occurrence: int = 1
    planned_on: date | None = None
    given_at: datetime | None = None
    given_by: str | None = None
    pauses: tuple[Days, ...] = ()
    extended_by: int = 0
    extension_acts: int = 0

    def paused(self, from_on: date, to_on: date) -> "Basis":
        """Return it with one more suspension; none where it began and ended on the same day."""
        return self if to_on <= from_on else replace(self, pauses=(*self.pauses, (from_on, to_on)))

    def extended(self, amount: int) -> "Basis":
        """Return it with more time."""
        return replace(self, extended_by=self.extended_by + amount, extension_acts=self.extension_acts + 1)

    def without_extension(self) -> "Basis":
        """Return it as if no time had been added: on time is always reported twice."""
        return replace(self, extended_by=0)
