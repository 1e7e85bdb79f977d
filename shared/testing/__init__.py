"""What tests of every part use: a clock that is set by hand, and waiting on a condition instead of sleeping."""

from shared.testing.clock import FakeClock
from shared.testing.waiting import wait_until

__all__ = ["FakeClock", "wait_until"]
