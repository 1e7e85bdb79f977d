"""Due moments per second: counting, planning, derivation, by unit of the limit and for a whole petition.

Run: ``python -m tests.bench.bench_calendar``
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from services.escalation.domain.clocks import Clocks, Petition
from services.escalation.domain.counting import canonical, count, derivation, digest
from services.escalation.domain.deadline import Holder
from services.escalation.domain.plan import plan
from services.escalation.domain.rules import Limit, Unit
from services.escalation.wire.rulebook import load_rulebook
from tests.bench.proc import report

RULES = Path(__file__).resolve().parents[2] / "services" / "escalation" / "rules"
SECONDS_PER_CASE = 1.0
START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def rate(work: Callable[[datetime], object]) -> int:
    """Return how often per CPU second `work` is done, each time from another start within two years."""
    done, began = 0, time.process_time()
    while time.process_time() - began < SECONDS_PER_CASE:
        for step in range(200):
            work(START + timedelta(minutes=613 * ((done + step) % 1700)))
        done += 200
    return round(done / (time.process_time() - began))


def main() -> None:
    rulebook = load_rulebook(RULES)
    timetable = rulebook.timetable("hanoi", "hanoi")
    rule = next(rule for rule in rulebook.rules if rule.id == "KN1.ACCEPT" and rule.version == 2)
    pause = timedelta(days=3)

    def whole(at: datetime) -> None:
        petition = Petition(uuid4(), "code", "complaint", "hanoi", "web", "normal", at, uuid4())
        Clocks(petition).route(
            rulebook, Holder("hanoi-00070", ("hanoi",)), kind="complaint", urgency="normal", at=at, lodged_by="x"
        )

    def derived(at: datetime) -> str:
        return digest(canonical(derivation(rule, timetable, at, count(rule.limit, timetable, at))))

    report(
        "calendar",
        {
            "add 8 working hours /s": rate(lambda at: timetable.add(at, timedelta(hours=8))),
            "add 8 working hours with a pause /s": rate(
                lambda at: timetable.add(at, timedelta(hours=8), pauses=[(at, at + pause)])
            ),
            "working time between /s": rate(lambda at: timetable.between(at, at + timedelta(days=40))),
            "add 7 working days /s": rate(lambda at: timetable.add_working_days(at.date(), 7)),
            "8 working hours with each span /s": rate(lambda at: count(Limit(8, Unit.WORKING_HOUR), timetable, at)),
            "7 working days with each day /s": rate(lambda at: count(Limit(7, Unit.WORKING_DAY), timetable, at)),
            "45 calendar days /s": rate(lambda at: count(Limit(45, Unit.CALENDAR_DAY), timetable, at)),
            "7 working days with derivation and digest /s": rate(derived),
            "plan of all steps /s": rate(lambda at: plan(rule, timetable, at, at + timedelta(days=10))),
            "all clocks of a complaint at receipt /s": rate(whole),
        },
    )


if __name__ == "__main__":
    main()
