"""When somebody is told: at once, by day, or in one digest instead of four hundred mails at three in the morning.

What time causes is told to an office while it is open; outside its hours, late (after an outage) or in a flood it goes into the
office's digest. What cannot wait goes at once, at any hour. Petitioners are told of time by day, of all that goes together in one
mail: for that it waits a moment.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.domain.telling import BY_TIME, About, News

CAUGHT_UP = timedelta(minutes=15)
"""What is heard later than this after it became true was caught up: others will come with it."""
GATHERED = timedelta(seconds=30)
"""What was caught up waits so long, after the last that came, for what belongs to it."""
GATHERED_MAX = timedelta(minutes=10)
"""Whatever still comes: after this it goes. A petitioner hears of an amendment after this, so that all moved dates are in it."""
HELD = timedelta(seconds=2)
"""A petitioner's mail waits so long: one moment may end several limits, and open the way to the next step of the law."""
FLOOD = 20
"""More notices than this to one office in one batch become a digest."""
DAY_BEGINS, DAY_ENDS = time(7), time(21)
_NOT_SINGLE = frozenset({About.MOVED})
_NOT_TO_OFFICE = frozenset({About.PAUSED})


@dataclass(frozen=True, slots=True)
class Heard:
    """When a piece of news became true, and when it is heard here: late where escalation, the bus or we were away."""

    effective_at: datetime
    now: datetime

    @property
    def is_late(self) -> bool:
        return self.now - self.effective_at > CAUGHT_UP


def digest_at(news: News, heard: Heard, *, is_flood: bool) -> datetime | None:
    """Return when the office's digest with this news goes out; None: it is a notice of its own, at once."""
    if news.about not in BY_TIME or news.is_urgent:
        return None
    if waits_for_opening(news, now=heard.now):
        return news.tell_from
    return heard.now + GATHERED if heard.is_late or is_flood or news.about in _NOT_SINGLE else None


def waits_for_opening(news: News, *, now: datetime) -> bool:
    """Return whether the office is closed, so that it is told when it opens."""
    return news.tell_from is not None and news.tell_from > now


def flooded(told: Iterable[tuple[News, Heard]]) -> frozenset[str]:
    """Return the offices that would get a flood of notices by themselves from one batch."""
    single = Counter(
        news.office
        for news, heard in told
        if news.about in BY_TIME - _NOT_TO_OFFICE and not news.is_urgent and digest_at(news, heard, is_flood=False) is None
    )
    return frozenset(office for office, number in single.items() if office is not None and number > FLOOD)


def person_at(news: News, heard: Heard, *, zone: ZoneInfo) -> datetime:
    """Return when a petitioner is told of what time caused.

    By day nearly at once; what came to pass out of hours, or was caught up, when the day begins.
    """
    held = GATHERED_MAX if news.amendment else GATHERED if heard.is_late else HELD
    at = heard.now + held
    can_wait = not news.is_urgent and (heard.is_late or news.tell_from is not None)
    return _by_day(at, zone) if can_wait else at


def _by_day(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return at
    day = local.date() if local.time() < DAY_BEGINS else local.date() + timedelta(days=1)
    return datetime.combine(day, DAY_BEGINS, tzinfo=zone)
