"""The one place that reads the clock; tests give their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns now, as an aware instant."""


def utc_now() -> datetime:
    """Return now."""
    return datetime.now(UTC)  # noqa: TID251 - the door to the clock
