"""What a mail server's answer means, and when to try again. SMTP codes: RFC 5321, 4.2."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

FIRST_DELAY = timedelta(seconds=5)
GROWTH = 3
DELAY_MAX = timedelta(hours=4)
ATTEMPTS_MAX = 16  # about a day and a half
JITTER = 0.2
TAKEN = 250
_PERMANENT = range(500, 600)
_SPREAD = 1000
_BITS = 64
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the server gets it. It holds an address and a person's name, so it is never shown."""

    sender: str
    to: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt ended, `why` in a word of ours or the class of the error; `took` is the time from beginning to end.

    `is_unknown`: the mail was handed over but no answer came, so it may have been taken. `is_ours`: the refusal is about us (our
    sender address, our sign-in), not about this mail, and passes when an operator mends it.
    """

    code: int | None
    is_taken: bool
    why: str = ""
    is_unknown: bool = False
    is_ours: bool = False
    took: timedelta = _NO_TIME


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
    if reply.code is not None and reply.code in _PERMANENT and not reply.is_ours:
        return Failed(f"smtp_{reply.code}")
    if attempts >= ATTEMPTS_MAX:
        return Failed(f"gave_up_after_{attempts}")
    return TryAgain(now + delay(notice_id, attempts))


def delay(notice_id: UUID, attempts: int) -> timedelta:
    """Return the time to the next attempt: growing, and spread by the notice's id so that not all come at once."""
    grown = min(FIRST_DELAY.total_seconds() * GROWTH ** min(attempts - 1, ATTEMPTS_MAX), DELAY_MAX.total_seconds())
    spread = (notice_id.int >> (attempts % _BITS)) % _SPREAD / _SPREAD  # 0 to 1, the same for the same attempt
    return timedelta(seconds=grown * (1 - JITTER + 2 * JITTER * spread))


def masked(address: str) -> str:
    """Return an address as the delivery log keeps it: enough to recognise one's own, too little to find anybody's."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"
