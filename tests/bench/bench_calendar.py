"""Due moments per second: counting, planning, derivation, by unit of the limit and for a whole petition; and a million in bulk.

A library that knows holidays but no worked Saturday stands beside it: fast and wrong on the starts that are counted here.
Run: ``python -m tests.bench.bench_calendar``
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import holidays

from services.escalation.domain import acts
from services.escalation.domain.basis import Basis
from services.escalation.domain.clocks import Clocks
from services.escalation.domain.counting import due
from services.escalation.domain.petition import Fact, Matter, Petition
from services.escalation.domain.plan import plan
from services.escalation.domain.rules import Limit, Unit
from services.escalation.domain.timetable import Timetable
from services.escalation.domain.tree import Holder, Tree
from services.escalation.wire.rulebook import load_rulebook
from tests.bench.proc import report

RULES = Path(__file__).resolve().parents[2] / "services" / "escalation" / "rules"
SECONDS_PER_CASE = 1.0
START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
A_MILLION = 1_000_000


def rate(work: Callable[[datetime], object]) -> int:
    """Return how often per CPU second `work` is done, each time from another start within two years."""
    done, began = 0, time.process_time()
    while time.process_time() - began < SECONDS_PER_CASE:
        for step in range(200):
            work(START + timedelta(minutes=613 * ((done + step) % 1700)))
        done += 200
    return round(done / (time.process_time() - began))


def bulk(timetable: Timetable) -> int:
    """Return how many due days a CPU second gives for a million starts over three years."""
    first = date(2025, 1, 1).toordinal()
    starts = [first + number % 1095 for number in range(A_MILLION)]
    began = time.process_time()
    timetable.bulk_working_days(starts, 7)
    return round(A_MILLION / (time.process_time() - began))


def wrong_by_library(timetable: Timetable) -> int:
    """Return on how many starts of 2026 a library with holidays alone gives another seventh working day."""
    off = holidays.country_holidays("VN", years=(2026, 2027))
    wrong = 0
    for number in range(365):
        day = start = date(2026, 1, 1) + timedelta(days=number)
        left = 7
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in off
        wrong += day != timetable.add_working_days(start, 7)
    return wrong


def main() -> None:
    rulebook = load_rulebook(RULES)
    timetable = rulebook.timetable("hanoi", "hanoi")
    rule = rulebook.named("KN1.ACCEPT", version=2)
    pause = timedelta(days=3)

    def basis(at: datetime) -> Basis:
        return Basis(rule.id, rule.version, at)

    def limited(amount: int, unit: Unit) -> int:
        return rate(lambda at: due(Limit(amount, unit), timetable, basis(at)))

    def whole(at: datetime) -> None:
        matter = Matter("complaint", "complaint.first", "hanoi", "web", "normal")
        clocks = Clocks(Petition(uuid4(), "code", matter, at, uuid4()), rulebook, Tree())
        clocks.hear(Fact("received", at, "routed", holder=Holder("hanoi-00070", ("hanoi",))))

    single = limited(7, Unit.WORKING_DAY)
    report(
        "calendar",
        {
            "7 working days, a million starts in bulk /s": bulk(timetable),
            "7 working days, one due moment /s": single,
            "7 working days, one due moment us": round(1e6 / single, 2),
            "45 calendar days, one due moment /s": limited(45, Unit.CALENDAR_DAY),
            "8 working hours, one due moment /s": limited(8, Unit.WORKING_HOUR),
            "8 working hours with a pause /s": rate(lambda at: timetable.add(at, timedelta(hours=8), pauses=[(at, at + pause)])),
            "working time between /s": rate(lambda at: timetable.between(at, at + timedelta(days=40))),
            "7 working days with derivation and digest /s": rate(lambda at: acts.derive(rule, timetable, basis(at))),
            "plan of all steps /s": rate(lambda at: plan(rule, timetable, basis(at), at + timedelta(days=10))),
            "all clocks of a complaint at receipt /s": rate(whole),
            "starts of 2026 that a library without worked Saturdays gets wrong": wrong_by_library(timetable),
        },
    )


if __name__ == "__main__":
    main()
