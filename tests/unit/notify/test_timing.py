"""When somebody is told: a table of nights, weekends, outages and floods."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notify.domain.telling import About, News
from services.notify.domain.timing import GATHERED, Heard, digest_at, person_at

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE)


MORNING, NIGHT, OPENING = at("2026-11-23 09:00"), at("2026-11-22 03:00"), at("2026-11-23 08:00")


def news(about: About = About.BREACH, *, is_urgent: bool = False, tell_from: datetime | None = None) -> News:
    return News(about, "ward", {}, is_urgent=is_urgent, tell_from=tell_from)


@pytest.mark.parametrize(
    ("told", "now", "late_by", "others", "expected"),
    [
        (news(), MORNING, 0, 1, None),  # live, the office is open
        (news(tell_from=OPENING), NIGHT, 0, 1, OPENING),  # at night: when it opens
        (news(tell_from=OPENING), NIGHT, 48, 400, OPENING),  # after an outage, at night
        (news(), MORNING, 48, 1, MORNING + GATHERED),  # after an outage, by day
        (news(), MORNING, 0, 21, MORNING + GATHERED),  # a flood
        (news(is_urgent=True, tell_from=OPENING), NIGHT, 48, 400, None),  # danger waits for nobody
        (news(About.MOVED), MORNING, 0, 1, MORNING + GATHERED),  # dates that move are told together
        (news(About.ROUTED, tell_from=OPENING), NIGHT, 48, 400, None),  # not caused by time
        (news(tell_from=OPENING), MORNING, 0, 1, None),  # heard after the opening that it waited for
    ],
)
def test_an_office_is_told_at_once_or_in_its_digest(
    told: News, now: datetime, late_by: int, others: int, expected: datetime | None
) -> None:
    heard = Heard(now - timedelta(hours=late_by), now, now)
    assert digest_at(told, heard, of_office={"ward": others}) == expected


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        (news(), at("2026-11-23 03:00"), at("2026-11-23 03:00")),
        (news(tell_from=OPENING), at("2026-11-23 03:00"), at("2026-11-23 07:00")),
        (news(tell_from=OPENING), at("2026-11-22 22:00"), at("2026-11-23 07:00")),
        (news(tell_from=OPENING), at("2026-11-22 12:00"), at("2026-11-22 12:00")),
        (news(tell_from=OPENING, is_urgent=True), at("2026-11-23 03:00"), at("2026-11-23 03:00")),
        (news(About.ANSWERED), at("2026-11-23 03:00"), at("2026-11-23 03:00")),
    ],
)
def test_a_petitioner_is_told_of_time_by_day(told: News, now: datetime, expected: datetime) -> None:
    assert person_at(told, Heard(now, now, now), zone=ZONE) == expected
