"""One petition's clocks against a naive reference that is written only here: day by day, with the story kept as a list of facts."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.escalation.domain.deadline import Breached, advance
from services.escalation.domain.tree import Holder
from tests.unit.escalation.parts import WARD, act, hanoi, petition, routed, rulebook

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LODGED = hanoi("2026-07-06 09:00")
OFF = {date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 24), date(2027, 1, 1)}
WORKED = {date(2026, 8, 22)}
OTHER = Holder("hanoi-so-xd", ("hanoi",))


def works(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in OFF)


@dataclass
class Naive:
    """What the law says of one clock, counted day by day on every question."""

    started_on: date
    limit: int
    is_working: bool
    pauses: list[tuple[date, date]] = field(default_factory=list)
    paused_since: date | None = None
    extended: int = 0
    ended_at: datetime | None = None
    breached: bool = False

    def unpause(self, today: date) -> None:
        if self.paused_since is not None and today > self.paused_since:
            self.pauses.append((self.paused_since, today))
        self.paused_since = None

    def is_paused(self, day: date) -> bool:
        return any(begin <= day < end for begin, end in self.pauses)

    def due_at(self) -> datetime:
        day, left = self.started_on, self.limit + self.extended
        while left:
            day += timedelta(days=1)
            if not self.is_paused(day) and (works(day) or not self.is_working):
                left -= 1
        if not works(day):
            while not works(day) or self.is_paused(day):
                day += timedelta(days=1)
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZONE).astimezone(UTC) - timedelta(microseconds=1)


class OnePetition(RuleBasedStateMachine):
    """A complaint lives; after every act both tellings agree on due moments, states and breaches."""

    def __init__(self) -> None:
        super().__init__()
        self.now = LODGED
        self.clocks = routed(petition("complaint", LODGED))
        self.naive = {"KN1.ACCEPT": Naive(date(2026, 7, 6), 7, is_working=True)}

    @property
    def resolve(self) -> Naive | None:
        return self.naive.get("KN1.RESOLVE")

    @property
    def is_running(self) -> bool:
        return self.resolve is not None and self.resolve.ended_at is None and self.resolve.paused_since is None

    @rule(hours=st.integers(1, 24 * 9), is_noticed=st.booleans())
    def time_passes(self, hours: int, is_noticed: bool) -> None:
        self.now += timedelta(hours=hours)
        if is_noticed:
            self.sweep()

    @precondition(lambda self: self.resolve is None)
    @rule()
    def accept(self) -> None:
        self.hear("accepted")
        naive = self.naive["KN1.ACCEPT"]
        naive.ended_at = naive.ended_at or self.now
        self.naive["KN1.RESOLVE"] = Naive(self.now.astimezone(ZONE).date(), 30, is_working=False)

    @precondition(lambda self: self.is_running)
    @rule()
    def suspend(self) -> None:
        naive = self.naive["KN1.RESOLVE"]
        self.hear("suspended", ground="KN11A.OTHER_BODY")
        if self.now <= naive.due_at():
            naive.paused_since = self.now.astimezone(ZONE).date()

    @precondition(lambda self: self.resolve is not None and self.resolve.paused_since is not None)
    @rule()
    def resume(self) -> None:
        self.hear("resumed")
        self.naive["KN1.RESOLVE"].unpause(self.now.astimezone(ZONE).date())

    @precondition(lambda self: self.is_running)
    @rule(amount=st.integers(1, 20))
    def extend(self, amount: int) -> None:
        naive = self.naive["KN1.RESOLVE"]
        self.hear("extended", rule="KN1.RESOLVE", amount=amount, ground="KN3A.FOREIGN")
        if self.now <= naive.due_at() and not naive.extended and amount <= 15:
            naive.extended = amount

    @rule(holder=st.sampled_from([WARD, OTHER]))
    def transfer(self, holder: Holder) -> None:
        self.hear("transferred", holder=holder)

    @rule(fact=st.sampled_from(["commented", "papers_requested", "contested"]))
    def remark(self, fact: str) -> None:
        self.hear(fact)

    @precondition(lambda self: self.resolve is not None)
    @rule()
    def answer(self) -> None:
        self.hear("answered")
        for naive in self.naive.values():
            if naive.ended_at is None:
                naive.ended_at = self.now
                naive.unpause(self.now.astimezone(ZONE).date())

    @precondition(lambda self: self.resolve is not None and self.resolve.ended_at is not None)
    @rule()
    def reopen(self) -> None:
        self.hear("reopened")
        self.naive["KN1.RESOLVE"].ended_at = None

    def hear(self, name: str, **details: object) -> None:
        self.clocks.hear(act(name, self.now, **details))

    def sweep(self) -> None:
        for place, deadline in enumerate(self.clocks.deadlines):
            self.clocks.deadlines[place], said = advance(deadline, self.clocks.holder, self.clocks.tree, through=self.now)
            for fact in said:
                if isinstance(fact, Breached):
                    self.clocks.breached(fact)

    @invariant()
    def both_tell_the_same(self) -> None:
        for name, naive in self.naive.items():
            deadline = next(item for item in self.clocks.deadlines if item.rule == name)
            assert (deadline.ending is not None) == (naive.ended_at is not None), name
            assert (deadline.pausing.since_on if deadline.pausing and not deadline.ending else None) == naive.paused_since, name
            if naive.ended_at is None and naive.paused_since is None:
                assert deadline.due_at == naive.due_at(), name
            if deadline.ending is not None and naive.ended_at is not None:
                assert deadline.ending.at == naive.ended_at, name

    def teardown(self) -> None:
        """At the end of time whatever still runs is overdue, and nothing else is."""
        self.now += timedelta(days=400)
        self.sweep()
        for name, naive in self.naive.items():
            deadline = next(item for item in self.clocks.deadlines if item.rule == name)
            if naive.ended_at is None and naive.paused_since is None:
                assert deadline.progress.breached_at is not None, name


OnePetition.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
TestOnePetition = OnePetition.TestCase


def test_the_reference_knows_the_holidays_of_the_time_it_covers() -> None:
    calendar = rulebook().calendar("hanoi")
    day = date(2026, 7, 1)
    while day < date(2027, 2, 1):
        assert works(day) == calendar.is_working_day(day), day
        day += timedelta(days=1)
