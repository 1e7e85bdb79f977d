"""What the answer of a mail server or gateway means, and when to try again. SMTP codes: RFC 5321, 4.2."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

FIRST_DELAY = timedelta(seconds=5)
GROWTH = 3
DELAY_MAX = timedelta(hours=4)
ATTEMPTS_MAX = 16  # about a day and a half
FALLBACK_AFTER = 5
"""So many attempts by one way, some three minutes, where there is another way."""
JITTER = 0.2
TAKEN = 250
_PERMANENT = range(500, 600)
_SPREAD = 1000
_BITS = 64
_NO_TIME = timedelta(0)
SHOWN_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as the mail server, gateway or push service gets it. It holds an address, so it is never shown.

    `sender` is where what cannot be delivered comes back to (mail); `key` is the same for every attempt at one message, so that a
    gateway knows a repeat.
    """

    sender: str
    to: str = field(repr=False)
    content: bytes = field(repr=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt ended, `why` in a word of ours or the class of the error; `took` is the time from beginning to end.

    `is_unknown`: the mail was handed over but no answer came, so it may have been taken. `is_ours`: the refusal is about us (our
    sender address, our sign-in), not about this mail, and passes when an operator mends it. `is_final`: it will never be taken.
    `is_away`: who should take it does not work just now. `gone` names devices that are no more; `provider_id` is the gateway's
    own name for the message.
    """

    code: int | None
    is_taken: bool
    why: str = ""
    is_unknown: bool = False
    is_ours: bool = False
    took: timedelta = _NO_TIME
    is_final: bool = False
    is_away: bool = False
    gone: tuple[str, ...] = ()
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be delivered, and will not be tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class NextWay:
    """Not this way: the next one is tried at once."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """At this instant."""

    at: datetime


def verdict(
    reply: Reply, *, notice_id: UUID, attempts: int, now: datetime, has_other: bool = False
) -> Sent | Failed | NextWay | TryAgain:
    """Return what follows from the reply to the `attempts`-th attempt by this way (from 1); `has_other`: there is another way."""
    if reply.is_taken:
        return Sent()
    reason = _final(reply)
    if reason is None and attempts >= (FALLBACK_AFTER if has_other else ATTEMPTS_MAX):
        reason = f"gave_up_after_{attempts}"
    if reason is None:
        return TryAgain(now + delay(notice_id, attempts))
    return NextWay(reason) if has_other else Failed(reason)


def _final(reply: Reply) -> str | None:
    """Return why a message will never be taken by this way, None where it may be yet."""
    if reply.is_final:
        return reply.why
    if reply.code is not None and reply.code in _PERMANENT and not reply.is_ours:
        return f"smtp_{reply.code}"
    return None


def delay(notice_id: UUID, attempts: int) -> timedelta:
    """Return the time to the next attempt: growing, and spread by the notice's id so that not all come at once."""
    grown = min(FIRST_DELAY.total_seconds() * GROWTH ** min(attempts - 1, ATTEMPTS_MAX), DELAY_MAX.total_seconds())
    spread = (notice_id.int >> (attempts % _BITS)) % _SPREAD / _SPREAD  # 0 to 1, the same for the same attempt
    return timedelta(seconds=grown * (1 - JITTER + 2 * JITTER * spread))


def masked(address: str) -> str:
    """Return an address as the delivery log keeps it: enough to recognise one's own, too little to find anybody's."""
    if "@" not in address:
        return f"…{address[-SHOWN_DIGITS:]}" if address.startswith("+") else "…"
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"
