"""The law as it is and as two amendments make it: to escalation a rulebook, to audit data."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from services.audit.domain.recount.days import Days
from services.audit.domain.recount.law import Law as AuditLaw
from services.audit.domain.recount.tree import Tree as AuditTree
from services.escalation.domain.rulebook import Rulebook
from services.escalation.wire.amendments import CALENDAR, RULE, amended
from services.escalation.wire.calendars import calendar_content
from services.escalation.wire.rulebook import Law, read_law
from tests.unit.escalation.parts import RULES

AUDIT_TREE = AuditTree({}, {"hanoi": ZoneInfo("Asia/Ho_Chi_Minh")})
AMENDED_RULE = "KN1.RESOLVE"
DAYS_OFF = """
calendar: hanoi
days_off:
  - {day: 2026-07-16, name: Nghỉ đột xuất, source: Quyết định 1, announced_on: 2026-07-01}
  - {day: 2026-08-28, name: Nghỉ đột xuất, source: Quyết định 1, announced_on: 2026-07-01}
"""


@dataclass(frozen=True, eq=False)
class Laws:
    """One state of the law, and every calendar wording that was in force up to it."""

    law: Law
    earlier: "Laws | None" = None

    @cached_property
    def rulebook(self) -> Rulebook:
        return self.law.rulebook()

    @cached_property
    def present(self) -> tuple[str, str]:
        return "hanoi", self.rulebook.calendar("hanoi").calendar.version

    @cached_property
    def calendars(self) -> dict[tuple[str, str], Days]:
        content = calendar_content(self.rulebook.calendar("hanoi").calendar)
        return {**(self.earlier.calendars if self.earlier else {}), self.present: Days.of(content)}

    @cached_property
    def as_data(self) -> AuditLaw:
        entries = [entry.model_dump(mode="json", by_alias=True) for entry in self.law.rules]
        return AuditLaw(entries, self.calendars, {"hanoi": self.present})

    def amended(self, kind: str) -> "Laws":
        return Laws(amended(self.law, kind, DAYS_OFF if kind == CALENDAR else self._longer_limit()), self)

    def _longer_limit(self) -> str:
        """Return a rule's second version, which is five days longer and reaches what is pending."""
        first = next(entry for entry in self.law.rules if entry.id == AMENDED_RULE)
        last_day, first_day = date(2026, 7, 14), date(2026, 7, 15)
        limit = first.limit.model_copy(update={"amount": first.limit.amount + 5})
        second = {"version": first.version + 1, "limit": limit, "effective_from": first_day, "reaches_pending": True}
        entries = [
            first.model_copy(update={"effective_to": last_day}),
            first.model_copy(update={**second, "pending_citation": "Điều 2"}),
        ]
        dumped = ", ".join(entry.model_dump_json(by_alias=True) for entry in entries)
        return f'{{"source": "Luật 1", "announced_on": "2026-07-01", "rules": [{dumped}]}}'


AS_IT_IS = Laws(read_law(RULES))
_BY_CALENDAR, _BY_RULE = AS_IT_IS.amended(CALENDAR), AS_IT_IS.amended(RULE)
AMENDED = {
    (AS_IT_IS, CALENDAR): _BY_CALENDAR,
    (AS_IT_IS, RULE): _BY_RULE,
    (_BY_CALENDAR, RULE): _BY_CALENDAR.amended(RULE),
    (_BY_RULE, CALENDAR): _BY_RULE.amended(CALENDAR),
}
