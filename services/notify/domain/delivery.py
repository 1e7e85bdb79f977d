"""What a mail server's answer means, and when to try again. SMTP codes: RFC 5321, 4.2."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

FIRST_DELAY = timedelta(seconds=5)
GROWTH = 3
DELAY_MAX = timedelta(hours=4)
ATTEMPTS_MAX = 16  # about a day and a half
JITTER = 0.2
_PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt ended: `code` None means that the server did not answer, and what is then known."""

    code: int | None
    is_taken: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be delivered, and will not be tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """At this instant."""

    at: datetime


def verdict(reply: Reply, *, notice_id: UUID, attempts: int, now: datetime) -> Sent | Failed | TryAgain:
    """Return what follows from the reply to the `attempts`-th attempt (from 1)."""
    if reply.is_taken:
        return Sent()
    if reply.code is not None and reply.code in _PERMANENT:
        return Failed(f"smtp_{reply.code}")
    if attempts >= ATTEMPTS_MAX:
        return Failed(f"gave_up_after_{attempts}")
    return TryAgain(now + delay(notice_id, attempts))


def delay(notice_id: UUID, attempts: int) -> timedelta:
    """Return the time to the next attempt: growing, and spread by the notice's id so that not all come at once."""
    grown = min(FIRST_DELAY.total_seconds() * GROWTH ** min(attempts - 1, ATTEMPTS_MAX), DELAY_MAX.total_seconds())
    spread = (notice_id.int >> (attempts % 64)) % 1000 / 1000  # 0 to 1, the same for the same attempt
    return timedelta(seconds=grown * (1 - JITTER + 2 * JITTER * spread))
