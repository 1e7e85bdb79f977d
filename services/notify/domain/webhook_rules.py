"""Webhooks: what an agency's answer means, when a delivery is tried again, and how an endpoint that fails is treated.

A delivery has its own schedule; beside it the endpoint has its health. An endpoint that does not answer well is asked less, one
delivery at a time, and after days in a row not at all: then a person resumes it. So a dead endpoint costs its deliveries no
attempt that they could still need. Standard Webhooks 1.0 gives schedule and status codes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

_NOW = timedelta(0)
SCHEDULE = (
    _NOW,
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Before each attempt: three days in all."""
JITTER = 0.1
RETRY_AFTER_MAX = timedelta(hours=24)
SLOW = timedelta(seconds=3)
"""Who answers slower than this gets one delivery at a time."""
HELD_FIRST, HELD_MAX = timedelta(seconds=1), timedelta(minutes=10)
"""How long an endpoint is left alone after a failure that is about all of it, twice as long each time."""
FAILING_FROM = 5
"""So many failures in a row, whatever their kind, are about the endpoint and not about single deliveries."""
PAUSE_FAILURES_MIN = 8
"""A clock that jumps days ahead pauses nobody: it takes this many failures too."""
WARN_AFTER, PAUSE_AFTER = timedelta(hours=24), timedelta(hours=72)
BODY_BYTES_MAX = 20 * 1000
"""Larger events are not sent (Standard Webhooks: payloads below 20 kB)."""
_SLOW_DOWN = frozenset({429, 502, 503, 504})
_GONE = 410
_GOOD = range(200, 300)
_ELSEWHERE = range(300, 400)
_SPREAD, _BITS, _DOUBLINGS_MAX = 1000, 64, 20


class Why(StrEnum):
    """What came of an attempt."""

    ANSWERED = "answered"
    TIMED_OUT = "timed_out"
    NOT_FOUND = "name_not_found"
    FORBIDDEN = "address_forbidden"
    NOT_CONNECTED = "not_connected"
    NOT_TRUSTED = "certificate_not_trusted"
    BROKEN = "connection_broken"
    BROKEN_OFF = "broken_off"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: a status where somebody answered, and how long it took. `retry_after` is what was asked for."""

    why: Why
    status: int | None = None
    took: timedelta = _NOW
    retry_after: timedelta | None = None

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status in _GOOD

    @property
    def is_gone(self) -> bool:
        return self.status == _GONE

    @property
    def is_slow(self) -> bool:
        return self.why is Why.TIMED_OUT or self.took > SLOW

    @property
    def name(self) -> str:
        """A word for the log and for reasons: ``http_503``, ``timed_out``."""
        if self.status is None:
            return str(self.why)
        return f"redirect_{self.status}" if self.status in _ELSEWHERE else f"http_{self.status}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a city may set."""

    schedule: tuple[timedelta, ...] = SCHEDULE
    warn_after: timedelta = WARN_AFTER
    pause_after: timedelta = PAUSE_AFTER


@dataclass(frozen=True, slots=True)
class Delivered:
    """The endpoint has it."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Not tried any more by itself; a person may send it again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Again:
    """To be tried again at this instant."""

    at: datetime


def verdict(
    answer: Answer, *, delivery_id: UUID, attempts: int, first_tried_at: datetime, now: datetime, policy: Policy
) -> Delivered | Parked | Again:
    """Return what follows from the answer to the `attempts`-th attempt (from 1)."""
    if answer.is_good:
        return Delivered()
    is_last = attempts >= len(policy.schedule)
    # Attempts that were pulled forward, because the endpoint answered again, do not shorten the time that a delivery has.
    if is_last and now - first_tried_at >= sum(policy.schedule, _NOW) * (1 - JITTER) and not answer.is_gone:
        return Parked(f"gave_up_after_{attempts}: {answer.name}")
    planned = policy.schedule[min(attempts, len(policy.schedule) - 1)]
    wanted = min(answer.retry_after or _NOW, RETRY_AFTER_MAX)
    return Again(now + max(_spread(planned, delivery_id, attempts), wanted))


def _spread(length: timedelta, delivery_id: UUID, attempts: int) -> timedelta:
    """Spread a delay by the delivery's id, so that not all come at once; the same for the same attempt."""
    part = (delivery_id.int >> (attempts % _BITS)) % _SPREAD / _SPREAD
    return length * (1 - JITTER + 2 * JITTER * part)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint does. `failures` are those in a row; until `held_until` nothing is sent to it."""

    failures: int = 0
    failing_since: datetime | None = None
    held_until: datetime | None = None
    is_slow: bool = False
    warned_at: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None

    def slots(self, grown: int) -> int:
        """Return how many deliveries may be under way at once, where its answers have earned it `grown`."""
        return 1 if self.is_slow or self.failures else grown


class Measure(StrEnum):
    """What is to be done about an endpoint."""

    NONE = "none"
    RECOVER = "recover"
    """It answers again: what waits for a later attempt goes now."""
    WARN = "warn"
    PAUSE = "failing"
    GONE = "gone"


def health_after(before: Health, answers: Iterable[tuple[Answer, datetime]], *, policy: Policy) -> tuple[Health, Measure]:
    """Return an endpoint's health after these answers, each with its end, in the order of these; and what is to be done."""
    health, measure = before, Measure.NONE
    for answer, ended_at in sorted(answers, key=lambda pair: pair[1]):
        if answer.is_good:
            if health.failures >= FAILING_FROM:
                measure = Measure.RECOVER
            health = Health(is_slow=answer.is_slow, last_success_at=ended_at, last_failure_at=health.last_failure_at)
            continue
        health = _failed(health, answer, ended_at)
        if answer.is_gone:
            return health, Measure.GONE
    return _judged(health, measure, policy)


def _judged(health: Health, measure: Measure, policy: Policy) -> tuple[Health, Measure]:
    if health.failing_since is None or health.last_failure_at is None:
        return health, measure
    failed_for = health.last_failure_at - health.failing_since
    if failed_for >= policy.pause_after and health.failures >= PAUSE_FAILURES_MIN:
        return health, Measure.PAUSE
    if failed_for >= policy.warn_after and health.failures >= FAILING_FROM and health.warned_at is None:
        return replace(health, warned_at=health.last_failure_at), Measure.WARN
    return health, measure


def _failed(before: Health, answer: Answer, ended_at: datetime) -> Health:
    failures = before.failures + 1
    return replace(
        before,
        failures=failures,
        failing_since=before.failing_since or ended_at,
        held_until=_held_until(before, answer, failures, ended_at),
        is_slow=answer.is_slow,
        last_failure_at=ended_at,
        last_failure=answer.name,
    )


def _held_until(before: Health, answer: Answer, failures: int, ended_at: datetime) -> datetime | None:
    is_about_all = answer.status is None or answer.status in _SLOW_DOWN or failures >= FAILING_FROM
    if not is_about_all:
        return before.held_until
    grown: timedelta = min(HELD_FIRST * 2 ** min(failures - 1, _DOUBLINGS_MAX), HELD_MAX)
    until = ended_at + max(grown, min(answer.retry_after or _NOW, RETRY_AFTER_MAX))
    return max(until, before.held_until or until)
