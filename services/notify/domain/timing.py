"""When somebody is told: at once, in decent hours, or in one digest instead of four hundred mails at three in the morning.

What time causes is told to an office while it is open; outside its hours, late (after an outage) or in a flood it goes into the
office's digest. What cannot wait goes at once, at any hour. Petitioners are told of time by day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.domain.telling import About, News

CAUGHT_UP = timedelta(minutes=15)
"""What is told later than this after it became true was caught up: others will come with it."""
GATHERED = timedelta(seconds=30)
"""A digest that could go at once waits so long for what belongs to it."""
FLOOD = 20
"""More notices than this to one office in one batch become a digest."""
DAY_BEGINS, DAY_ENDS = time(7), time(21)
BY_TIME = frozenset({About.REMINDER, About.BREACH, About.ESCALATION, About.MOVED, About.PAUSED})
ALWAYS_DIGEST = frozenset({About.MOVED})


@dataclass(frozen=True, slots=True)
class Heard:
    """When a piece of news became true, when it was recorded, and when it is heard here."""

    effective_at: datetime
    recorded_at: datetime
    now: datetime


def digest_at(news: News, heard: Heard, *, of_office: Mapping[str, int]) -> datetime | None:
    """Return when the office's digest with this news goes out; None: it is a notice of its own, at once.

    `of_office` counts the notices of this batch by office.
    """
    if news.about not in BY_TIME or news.is_urgent:
        return None
    opens_at = max(news.tell_from or heard.now, heard.now)
    is_late = heard.recorded_at - heard.effective_at > CAUGHT_UP
    is_flood = of_office.get(news.office or "", 0) > FLOOD
    if opens_at > heard.now:
        return opens_at
    return heard.now + GATHERED if is_late or is_flood or news.about in ALWAYS_DIGEST else None


def person_at(news: News, heard: Heard, *, zone: ZoneInfo) -> datetime:
    """Return when a petitioner is told: by day at once; what came to pass out of hours, or was caught up, when the day begins."""
    local = heard.now.astimezone(zone)
    is_late = heard.recorded_at - heard.effective_at > CAUGHT_UP
    can_wait = news.about in BY_TIME and not news.is_urgent and (is_late or news.tell_from is not None)
    if not can_wait or DAY_BEGINS <= local.time() < DAY_ENDS:
        return heard.now
    day = local.date() if local.time() < DAY_BEGINS else local.date() + timedelta(days=1)
    return datetime.combine(day, DAY_BEGINS, tzinfo=zone)
