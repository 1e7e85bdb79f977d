"""By which way, in which order, and when a telephone stays silent."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.channels import (
    MUST_TELL,
    OPTIONAL,
    ORDER,
    Channel,
    Preferences,
    Quiet,
    is_muted,
    quiet_until,
    ways,
)
from services.notify.domain.delivery import Failed, NextWay, Reply, masked, verdict
from services.notify.domain.telling import About
from services.notify.wire.messages import mobile, plain, segments

HANOI, BERLIN = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin")
CHANNELS = st.sampled_from(list(Channel))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(now=INSTANTS, begins=TIMES, ends=TIMES, channel=CHANNELS)
def test_quiet_hours_end_within_a_day_and_are_over_then(now: datetime, begins: time, ends: time, channel: Channel) -> None:
    quiet = Quiet(begins, ends, frozenset(Channel))
    until = quiet_until(quiet, channel, now=now, zone=HANOI)
    if until is not None:
        assert timedelta(0) < until - now <= timedelta(days=1)
        assert until.astimezone(HANOI).time() == ends
        assert quiet_until(quiet, channel, now=until, zone=HANOI) is None, "what waited goes, and does not wait again"
    elif begins != ends:
        clock = now.astimezone(HANOI).time()
        assert not (begins <= clock < ends if begins < ends else clock >= begins or clock < ends)


@given(begins=TIMES, ends=TIMES, day=st.dates(), channel=CHANNELS)
def test_every_moment_between_is_quiet_and_the_ends_are_not(begins: time, ends: time, day: datetime, channel: Channel) -> None:
    quiet = Quiet(begins, ends, frozenset(Channel))
    at = datetime.combine(day, begins, tzinfo=HANOI)
    assert (quiet_until(quiet, channel, now=at, zone=HANOI) is not None) == (begins != ends)
    assert quiet_until(quiet, channel, now=datetime.combine(day, ends, tzinfo=HANOI), zone=HANOI) is None
    assert quiet_until(Quiet(begins, ends, frozenset()), channel, now=at, zone=HANOI) is None
    assert quiet_until(None, channel, now=at, zone=HANOI) is None


@pytest.mark.parametrize("day", [29, 28])  # on 29 March 2026 an hour is left out there
def test_where_clocks_change_it_ends_at_the_hour_of_the_wall_clock(day: int) -> None:
    now = datetime(2026, 3, day, 0, 30, tzinfo=BERLIN)
    until = quiet_until(Quiet(), Channel.SMS, now=now, zone=BERLIN)
    assert until is not None
    assert until.astimezone(BERLIN).time() == time(7)


@given(
    wanted=st.lists(CHANNELS, unique=True),
    has=st.sets(CHANNELS),
    given_up=st.sets(CHANNELS),
    is_must=st.booleans(),
)
def test_ways_are_those_that_he_wants_and_has_and_that_were_not_given_up(
    wanted: list[Channel], has: set[Channel], given_up: set[Channel], is_must: bool
) -> None:
    left = ways(Preferences(tuple(wanted)), has, given_up=given_up, is_must=is_must)
    assert set(left) == set(wanted) & has - given_up
    assert len(left) == len(set(left))
    if is_must and Channel.PUSH in left:
        assert left[-1] is Channel.PUSH, "what must be told goes by a way that lasts where there is one"
    lasting = [channel for channel in left if channel is not Channel.PUSH or not is_must]
    assert lasting == [channel for channel in wanted if channel in lasting]


def test_by_default_a_mail_comes_before_what_costs_money_and_web_push_only_who_asked_has() -> None:
    assert ORDER == (Channel.PUSH, Channel.EMAIL, Channel.ZALO, Channel.SMS)


@given(about=st.sampled_from(list(About)), is_sealed=st.booleans())
def test_only_what_no_law_has_can_be_switched_off_and_of_a_denunciation_nothing(about: About, is_sealed: bool) -> None:
    assert is_muted(about, Preferences(muted=frozenset(About)), is_sealed=is_sealed) is (about in OPTIONAL and not is_sealed)
    assert not is_muted(about, Preferences(), is_sealed=is_sealed)
    assert not set(MUST_TELL) & OPTIONAL


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0912 345 678", "+84912345678"),
        ("+84 912-345-678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("024 3825 4321", None),
        ("1900 1009", None),
        ("12", None),
        ("", None),
        (None, None),
        ("+44 7400 123456", "+447400123456"),
    ],
)
def test_numbers_are_written_in_one_way_and_only_those_that_take_messages(written: str | None, number: str | None) -> None:
    assert mobile(written) == number


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("đ" * 70, 1),
        ("đ" * 71, 2),
        ("đ" * 134, 2),
        ("đ" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_of_a_message_are_counted_as_networks_do(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_words_without_accents_take_less_room() -> None:
    words = "Đơn của Ông/Bà đã được chuyển đến Phường Hoàn Kiếm… và “Ủy ban”"
    assert plain(words)[:61] == "Don cua Ong/Ba da duoc chuyen den Phuong Hoan Kiem... va “Uy "
    assert segments(plain("Đơn đã có trả lời " * 8)) < segments("Đơn đã có trả lời " * 8)


@pytest.mark.parametrize(
    ("reply", "attempts", "expected"),
    [
        (Reply(550, is_taken=False), 1, NextWay("smtp_550")),
        (Reply(None, is_taken=False, why="refused_x", is_final=True), 1, NextWay("refused_x")),
        (Reply(451, is_taken=False), 5, NextWay("gave_up_after_5")),
    ],
)
def test_where_there_is_another_way_it_is_taken_sooner(reply: Reply, attempts: int, expected: NextWay) -> None:
    now = datetime(2026, 11, 16, tzinfo=UTC)
    from uuid import UUID

    assert verdict(reply, notice_id=UUID(int=1), attempts=attempts, now=now, has_other=True) == expected
    alone = verdict(reply, notice_id=UUID(int=1), attempts=attempts, now=now)
    assert alone == Failed(expected.reason) if attempts == 1 else not isinstance(alone, Failed)


def test_a_number_in_the_log_shows_its_last_digits_only() -> None:
    assert masked("+84912345678") == "…678"
    assert masked("") == "…"
