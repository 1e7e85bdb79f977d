"""What tests lean on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.testing import FakeClock, wait_until

AT = datetime(2026, 7, 1, 8, 0, tzinfo=timezone(timedelta(hours=7)))


def test_a_fake_clock_stands_still_until_it_is_moved() -> None:
    clock = FakeClock(AT)
    assert clock.now() == AT
    assert clock.now().tzinfo is UTC
    assert clock.advance(timedelta(hours=1)) == clock.now() == AT + timedelta(hours=1)
    clock.set(AT)
    assert clock.now() == AT


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FakeClock(AT.replace(tzinfo=None))


async def test_waiting_returns_the_first_true_answer() -> None:
    answers = iter([None, 0, "found"])

    async def ask() -> object:
        return next(answers)

    assert await wait_until(ask) == "found"
    assert await wait_until(lambda: 7) == 7


async def test_waiting_ends_with_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"not within 0.01 s: the moon \(last answer: False\)"):
        await wait_until(lambda: False, 0.01, what="the moon")
