"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Satisfies `shared.kernel.clock.Clock`; ``clock.set(instant)`` jumps, ``clock.advance(timedelta(days=1))`` walks."""

    def __init__(self, now: datetime) -> None:
        self._now = _aware(now)

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Jump to `now`, backwards too: a machine's clock does so as well."""
        self._now = _aware(now)

    def advance(self, length: timedelta) -> datetime:
        """Move on by `length` and return the new instant."""
        self._now += length
        return self._now


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant!r}")
    return instant.astimezone(UTC)
