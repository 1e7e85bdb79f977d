"""When a webhook's delivery is tried again, and how its endpoint is treated."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.webhook_rules import (
    FAILING_FROM,
    HELD_MAX,
    JITTER,
    PAUSE_AFTER,
    PAUSE_FAILURES_MIN,
    RETRY_AFTER_MAX,
    SCHEDULE,
    SLOW,
    WARN_AFTER,
    Again,
    Answer,
    Delivered,
    Health,
    Measure,
    Parked,
    Policy,
    Why,
    health_after,
    verdict,
)

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
POLICY = Policy()
KEY = UUID("5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11")
OK = Answer(Why.ANSWERED, 204)
ERROR = Answer(Why.ANSWERED, 500)
TIMED_OUT = Answer(Why.TIMED_OUT, took=timedelta(seconds=15))
DAY = timedelta(days=1)


def judged(answer: Answer, attempts: int, *, first: datetime = NOW, now: datetime = NOW) -> Delivered | Parked | Again:
    return verdict(answer, delivery_id=KEY, attempts=attempts, first_tried_at=first, now=now, policy=POLICY)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    hours = [step / timedelta(hours=1) for step in SCHEDULE]
    assert hours == pytest.approx([0, 5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_delivered(status: int) -> None:
    assert judged(Answer(Why.ANSWERED, status), 1) == Delivered()


@pytest.mark.parametrize("status", [100, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_everything_else_is_tried_again(status: int) -> None:
    assert isinstance(judged(Answer(Why.ANSWERED, status), 1), Again)


@given(st.uuids(), st.integers(1, 9))
def test_each_attempt_waits_as_the_schedule_says_give_or_take_a_tenth(key: UUID, attempts: int) -> None:
    again = verdict(ERROR, delivery_id=key, attempts=attempts, first_tried_at=NOW, now=NOW, policy=POLICY)
    assert isinstance(again, Again)
    assert abs(again.at - NOW - SCHEDULE[attempts]) <= JITTER * SCHEDULE[attempts]


def test_deliveries_that_failed_together_are_not_tried_again_together() -> None:
    tries = {verdict(ERROR, delivery_id=uuid4(), attempts=5, first_tried_at=NOW, now=NOW, policy=POLICY) for _ in range(50)}
    assert len(tries) > 40


@given(st.uuids())
def test_the_tenth_failure_three_days_on_is_the_last(key: UUID) -> None:
    at = NOW
    for attempts in range(1, 10):
        again = verdict(ERROR, delivery_id=key, attempts=attempts, first_tried_at=NOW, now=at, policy=POLICY)
        assert isinstance(again, Again)
        at = again.at
    assert verdict(ERROR, delivery_id=key, attempts=10, first_tried_at=NOW, now=at, policy=POLICY) == Parked(
        "gave_up_after_10: http_500"
    )


def test_attempts_that_were_pulled_forward_do_not_shorten_the_three_days() -> None:
    assert isinstance(judged(ERROR, 10, now=NOW + DAY), Again)
    assert isinstance(judged(ERROR, 25, now=NOW + 4 * DAY), Parked)


def test_retry_after_is_honoured_within_a_bound_and_never_shortens_the_schedule() -> None:
    def wait(seconds: float, attempts: int) -> timedelta:
        again = judged(Answer(Why.ANSWERED, 429, retry_after=timedelta(seconds=seconds)), attempts)
        assert isinstance(again, Again)
        return again.at - NOW

    assert wait(90, 1) == timedelta(seconds=90)
    assert wait(10**8, 1) == RETRY_AFTER_MAX
    assert wait(1, 2) >= SCHEDULE[2] * (1 - JITTER)


def after(*answers: Answer, before: Health | None = None, every: timedelta = timedelta(0)) -> tuple[Health, Measure]:
    given_ = [(answer, NOW + number * every) for number, answer in enumerate(answers)]
    return health_after(before or Health(), given_, policy=POLICY)


def test_a_refusal_of_one_delivery_says_nothing_of_the_endpoint_and_one_that_is_overloaded_is_left_alone() -> None:
    assert after(ERROR)[0].held_until is None
    held = [after(Answer(Why.ANSWERED, status))[0].held_until for status in (429, 502, 503, 504)]
    assert all(until is not None and until > NOW for until in held)
    assert after(Answer(Why.ANSWERED, 503, retry_after=timedelta(minutes=7)))[0].held_until == NOW + timedelta(minutes=7)


def test_an_endpoint_is_left_alone_ever_longer_up_to_a_bound() -> None:
    waits = []
    for number in range(1, 40):
        until = after(*[TIMED_OUT] * number)[0].held_until
        assert until is not None
        waits.append(until - NOW)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=1), HELD_MAX)


def test_one_that_times_out_or_is_slow_gets_one_delivery_at_a_time_until_it_is_quick_again() -> None:
    slow = Answer(Why.ANSWERED, 204, took=SLOW + timedelta(seconds=1))
    assert [after(answer)[0].slots(4) for answer in (OK, slow, TIMED_OUT, ERROR)] == [4, 1, 1, 1]
    assert after(TIMED_OUT, OK, every=DAY)[0].slots(4) == 4


def test_it_is_warned_once_after_a_day_and_paused_after_three() -> None:
    health, measures = Health(), []
    for hour in range(0, 80, 4):
        at = NOW + timedelta(hours=hour)
        health, measure = health_after(health, [(ERROR, at)], policy=POLICY)
        if measure is not Measure.NONE:
            measures.append((measure, at - NOW))
    assert measures[0] == (Measure.WARN, WARN_AFTER)
    assert [measure for measure, _ in measures].count(Measure.WARN) == 1
    assert next(since for measure, since in measures if measure is Measure.PAUSE) == PAUSE_AFTER


def test_a_clock_that_jumps_days_ahead_pauses_nobody() -> None:
    health, _ = after(ERROR)
    _, measure = health_after(health, [(ERROR, NOW + 30 * DAY)], policy=POLICY)
    assert measure is Measure.NONE
    _, measure = after(*[ERROR] * PAUSE_FAILURES_MIN, every=30 * DAY)
    assert measure is Measure.PAUSE


def test_410_pauses_at_once() -> None:
    assert after(Answer(Why.ANSWERED, 410))[1] is Measure.GONE


def test_the_first_good_answer_after_a_failure_of_the_endpoint_lets_what_waits_go() -> None:
    assert after(*[ERROR] * FAILING_FROM, OK, every=DAY)[1] is Measure.RECOVER
    assert after(ERROR, OK, every=DAY)[1] is Measure.NONE
    assert after(*[ERROR] * FAILING_FROM, OK, every=DAY)[0].failing_since is None


ANSWERS = st.sampled_from([OK, ERROR, TIMED_OUT, Answer(Why.ANSWERED, 429, retry_after=timedelta(minutes=3))])


@given(st.lists(st.tuples(ANSWERS, st.integers(0, 10**6)), max_size=30), st.integers(0, 30))
def test_answers_recorded_in_two_parts_leave_the_same_health_as_in_one(steps: list[tuple[Answer, int]], cut: int) -> None:
    given_ = sorted(((answer, NOW + timedelta(seconds=at)) for answer, at in steps), key=lambda pair: pair[1])
    calm = Policy(warn_after=365 * DAY, pause_after=365 * DAY)
    whole, _ = health_after(Health(), given_, policy=calm)
    half, _ = health_after(Health(), given_[:cut], policy=calm)
    assert health_after(half, given_[cut:], policy=calm)[0] == whole
