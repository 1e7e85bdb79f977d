"""What a mail server's answer means, and when it is tried again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.delivery import (
    ATTEMPTS_MAX,
    DELAY_MAX,
    FIRST_DELAY,
    GROWTH,
    JITTER,
    Failed,
    Reply,
    Sent,
    TryAgain,
    delay,
    masked,
    verdict,
)

NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
NOTICE = UUID("5e0c6f0e-5d63-5d0f-9b53-0a8f4a1c7b11")
ATTEMPTS = st.integers(min_value=1, max_value=ATTEMPTS_MAX)
AGAIN = TryAgain(NOW + delay(NOTICE, 1))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(250, is_taken=True), Sent()),
        (Reply(251, is_taken=True), Sent()),
        (Reply(421, is_taken=False), AGAIN),
        (Reply(450, is_taken=False), AGAIN),
        (Reply(451, is_taken=False), AGAIN),
        (Reply(452, is_taken=False), AGAIN),
        (Reply(499, is_taken=False), AGAIN),
        (Reply(500, is_taken=False), Failed("smtp_500")),
        (Reply(550, is_taken=False), Failed("smtp_550")),
        (Reply(552, is_taken=False), Failed("smtp_552")),
        (Reply(554, is_taken=False), Failed("smtp_554")),
        (Reply(599, is_taken=False), Failed("smtp_599")),
        (Reply(550, is_taken=False, is_ours=True), AGAIN),
        (Reply(None, is_taken=False), AGAIN),
        (Reply(None, is_taken=False, is_unknown=True), AGAIN),
    ],
    ids=repr,
)
def test_what_a_reply_means(reply: Reply, expected: Sent | Failed | TryAgain) -> None:
    assert verdict(reply, notice_id=NOTICE, attempts=1, now=NOW) == expected


@pytest.mark.parametrize("code", [None, 421, 451])
def test_the_last_attempt_ends_it(code: int | None) -> None:
    reply = Reply(code, is_taken=False)
    assert isinstance(verdict(reply, notice_id=NOTICE, attempts=ATTEMPTS_MAX - 1, now=NOW), TryAgain)
    assert verdict(reply, notice_id=NOTICE, attempts=ATTEMPTS_MAX, now=NOW) == Failed(f"gave_up_after_{ATTEMPTS_MAX}")


def test_what_is_taken_at_the_last_attempt_is_sent() -> None:
    assert verdict(Reply(250, is_taken=True), notice_id=NOTICE, attempts=ATTEMPTS_MAX, now=NOW) == Sent()


@given(notice_id=st.uuids(), attempts=ATTEMPTS)
def test_a_delay_is_spread_around_a_bounded_length(notice_id: UUID, attempts: int) -> None:
    middle = min(FIRST_DELAY * GROWTH ** (attempts - 1), DELAY_MAX)
    assert middle * (1 - JITTER) <= delay(notice_id, attempts) <= middle * (1 + JITTER)


@given(notice_id=st.uuids(), attempts=st.integers(min_value=1, max_value=ATTEMPTS_MAX))
def test_every_delay_is_at_least_twice_the_one_before_until_the_longest(notice_id: UUID, attempts: int) -> None:
    if FIRST_DELAY * GROWTH**attempts <= DELAY_MAX:
        assert delay(notice_id, attempts + 1) >= 2 * delay(notice_id, attempts)
    assert delay(notice_id, attempts) <= DELAY_MAX * (1 + JITTER)


@given(notice_id=st.uuids(), attempts=ATTEMPTS)
def test_the_same_attempt_of_the_same_notice_waits_the_same_time(notice_id: UUID, attempts: int) -> None:
    assert delay(notice_id, attempts) == delay(UUID(str(notice_id)), attempts)


@pytest.mark.parametrize("attempts", [1, 2, 9, ATTEMPTS_MAX])
def test_notices_that_failed_together_do_not_come_back_together(attempts: int) -> None:
    delays = sorted(delay(uuid5(NOTICE, str(number)), attempts) for number in range(1000))
    middle = min(FIRST_DELAY * GROWTH ** (attempts - 1), DELAY_MAX)
    assert len(set(delays)) > 500
    assert delays[0] < middle * 0.81
    assert delays[-1] > middle * 1.19
    assert middle * 0.98 < delays[500] < middle * 1.02


def test_all_attempts_together_take_more_than_a_day_and_less_than_two() -> None:
    whole = sum((delay(NOTICE, attempts) for attempts in range(1, ATTEMPTS_MAX)), timedelta())
    assert timedelta(days=1) < whole < timedelta(days=2)


@pytest.mark.parametrize("address", ["buoi@example.vn", "a@b.c", "nguyen.van.an@mail.hanoi.example"])
def test_a_masked_address_gives_nobody_away(address: str) -> None:
    name, _, domain = address.partition("@")
    assert masked(address) == f"{name[0]}…@{domain[0]}….{domain.rpartition('.')[2]}"
