"""When somebody is told: a table of nights, weekends, outages and floods."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.telling import About, News
from services.notify.domain.timing import (
    DAY_BEGINS,
    DAY_ENDS,
    FLOOD,
    GATHERED,
    GATHERED_MAX,
    HELD,
    Heard,
    digest_at,
    flooded,
    person_at,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE)


MORNING, NIGHT, OPENING = at("2026-11-23 09:00"), at("2026-11-22 03:00"), at("2026-11-23 08:00")


def news(
    about: About = About.BREACH,
    *,
    is_urgent: bool = False,
    tell_from: datetime | None = None,
    amendment: str | None = None,
    office: str = "ward",
) -> News:
    return News(about, office, {}, is_urgent=is_urgent, tell_from=tell_from, amendment=amendment)


def heard(now: datetime, *, minutes: int = 0) -> Heard:
    return Heard(now - timedelta(minutes=minutes), now)


@pytest.mark.parametrize(
    ("told", "now", "minutes", "is_flood", "expected"),
    [
        (news(), MORNING, 0, False, None),  # live, the office is open
        (news(), MORNING, 15, False, None),  # still live
        (news(), MORNING, 16, False, MORNING + GATHERED),  # after an outage, by day
        (news(), MORNING, 0, True, MORNING + GATHERED),  # a flood
        (news(tell_from=OPENING), NIGHT, 0, False, OPENING),  # at night: when it opens
        (news(tell_from=OPENING), NIGHT, 48 * 60, True, OPENING),  # after an outage, at night
        (news(tell_from=OPENING), MORNING, 0, False, None),  # it has opened meanwhile
        (news(tell_from=OPENING), MORNING, 600, False, MORNING + GATHERED),  # the bus or we were away over the opening
        (news(tell_from=OPENING), OPENING, 1, False, None),  # at the very moment
        (news(is_urgent=True, tell_from=OPENING), NIGHT, 48 * 60, True, None),  # danger waits for nobody
        (news(About.REMINDER, tell_from=OPENING), NIGHT, 0, False, OPENING),
        (news(About.ESCALATION, tell_from=OPENING), NIGHT, 0, False, OPENING),
        (news(About.MOVED), MORNING, 0, False, MORNING + GATHERED),  # dates that move are told together
        (news(About.MOVED, tell_from=OPENING), NIGHT, 0, False, OPENING),
        (news(About.ROUTED, tell_from=OPENING), NIGHT, 48 * 60, True, None),  # not caused by time
    ],
)
def test_an_office_is_told_at_once_or_in_its_digest(
    told: News, now: datetime, minutes: int, expected: datetime | None, *, is_flood: bool
) -> None:
    assert digest_at(told, heard(now, minutes=minutes), is_flood=is_flood) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(news(), heard(MORNING))] * FLOOD, set()),
        ([(news(), heard(MORNING))] * (FLOOD + 1), {"ward"}),
        ([(news(is_urgent=True), heard(MORNING))] * 100, set()),  # these go by themselves in any case
        ([(news(About.MOVED), heard(MORNING))] * 100, set()),  # and these in the digest
        ([(news(About.PAUSED), heard(MORNING))] * 100, set()),  # of these no office is told
        ([(news(About.ROUTED), heard(MORNING))] * 100, set()),  # what people do is no flood of the clocks
        ([(news(tell_from=OPENING), heard(NIGHT))] * 100, set()),
        ([(news(office=f"ward-{number % 5}"), heard(MORNING)) for number in range(5 * FLOOD)], set()),
    ],
)
def test_a_flood_is_more_than_a_batch_would_tell_one_office_one_by_one(
    told: list[tuple[News, Heard]], expected: set[str]
) -> None:
    assert flooded(told) == expected


@pytest.mark.parametrize(
    ("told", "now", "minutes", "expected"),
    [
        (news(), at("2026-11-23 09:00"), 0, at("2026-11-23 09:00") + HELD),  # live
        (news(), at("2026-11-23 03:00"), 0, at("2026-11-23 03:00") + HELD),  # an office that works at night
        (news(tell_from=OPENING), at("2026-11-23 03:00"), 0, at("2026-11-23 07:00")),
        (news(), at("2026-11-23 03:00"), 60, at("2026-11-23 07:00")),  # caught up at night
        (news(), at("2026-11-23 06:59:59"), 60, at("2026-11-23 06:59:59") + GATHERED),  # gathering, it becomes day
        (news(), at("2026-11-23 07:00"), 60, at("2026-11-23 07:00") + GATHERED),
        (news(), at("2026-11-23 20:59"), 60, at("2026-11-23 20:59:30")),
        (news(), at("2026-11-23 20:59:30"), 60, at("2026-11-24 07:00")),
        (news(tell_from=OPENING), at("2026-11-22 22:00"), 0, at("2026-11-23 07:00")),
        (news(tell_from=OPENING), at("2026-11-22 12:00"), 0, at("2026-11-22 12:00") + HELD),  # people read on Sundays too
        (news(is_urgent=True, tell_from=OPENING), at("2026-11-23 03:00"), 0, at("2026-11-23 03:00") + HELD),
        (news(About.MOVED, amendment="a"), at("2026-11-23 09:00"), 0, at("2026-11-23 09:00") + GATHERED_MAX),
        (news(About.PAUSED), at("2026-12-31 23:00"), 60, at("2027-01-01 07:00")),
    ],
)
def test_a_petitioner_is_told_of_time_by_day(told: News, now: datetime, minutes: int, expected: datetime) -> None:
    assert person_at(told, heard(now, minutes=minutes), zone=ZONE) == expected


@given(now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)), minutes=st.integers(16, 10_000))  # noqa: DTZ001 - the zone follows
def test_nobody_is_woken_for_what_was_caught_up_and_nobody_waits_longer_than_a_night(now: datetime, minutes: int) -> None:
    told_at = person_at(news(), heard(now.replace(tzinfo=ZONE), minutes=minutes), zone=ZONE)
    assert DAY_BEGINS <= told_at.astimezone(ZONE).time() < DAY_ENDS
    assert timedelta() < told_at - now.replace(tzinfo=ZONE) <= timedelta(hours=10) + GATHERED
