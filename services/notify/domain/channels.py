"""By which way a petitioner is told, in which order, and when he is left in peace.

Each notice goes by one way: the first that he wants and has. One that is refused, bounces or stays away gives way to the next, so
nobody is told twice and nobody is not told.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.domain.telling import About


class Channel(StrEnum):
    """Ways to reach people."""

    EMAIL = "email"
    SMS = "sms"
    ZALO = "zalo"
    PUSH = "push"


BY_PHONE = frozenset({Channel.SMS, Channel.ZALO})
"""Ways that need a mobile number."""
ORDER = (Channel.PUSH, Channel.EMAIL, Channel.ZALO, Channel.SMS)
"""Who has said nothing is told by the first of these that he has: by web push only who has asked for it."""
AWAY_MAX = timedelta(minutes=10)
"""A way that is down is waited for so long, where there is another one."""
NIGHT_BEGINS, NIGHT_ENDS = time(21), time(7)

MUST_TELL: Mapping[About, str] = {
    About.LODGED: "biên nhận: không có mã thì không tra cứu được · the receipt: without its code nobody can look",
    About.ANSWERED: "Luật Khiếu nại Đ. 32, Luật Tiếp công dân Đ. 28",
    About.ENDED: "Luật Khiếu nại Đ. 27, Luật Tố cáo Đ. 24, Luật Tiếp công dân Đ. 28",
    About.BREACH: "Luật Khiếu nại Đ. 33",
    About.MOVED: "Luật Tố cáo Đ. 30, Luật Khiếu nại Đ. 28",
    About.PAUSED: "Nghị định 124/2020 Đ. 28b, Luật Tố cáo Đ. 34",
}
"""What the law has somebody told, and where; it cannot be switched off, and goes by a way that lasts where there is one."""
OPTIONAL = frozenset({About.ROUTED, About.ESCALATION})
"""What a petitioner may switch off. Of a denunciation nothing: notices of one cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when to when, on the wall clock, `channels` stay silent; over midnight where it ends before it begins."""

    begins: time = NIGHT_BEGINS
    ends: time = NIGHT_ENDS
    channels: frozenset[Channel] = frozenset({Channel.SMS, Channel.ZALO, Channel.PUSH})


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a petitioner wants. `language` None: that of the petition; `quiet` None: at any hour."""

    channels: tuple[Channel, ...] = ORDER
    language: str | None = None
    muted: frozenset[About] = frozenset()
    quiet: Quiet | None = Quiet()


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser that is told: where, and with which keys. It is as good as an address, so it is never shown."""

    id: UUID
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


def must_tell(about: About, *, is_sealed: bool) -> bool:
    """Return whether the law has somebody told of it."""
    return is_sealed or about not in OPTIONAL


def is_muted(about: About, wanted: Preferences, *, is_sealed: bool) -> bool:
    """Return whether a petitioner does not want to hear of it, and need not."""
    return about in wanted.muted and not must_tell(about, is_sealed=is_sealed)


def ways(wanted: Preferences, has: Collection[Channel], *, given_up: Collection[Channel], is_must: bool) -> list[Channel]:
    """Return the ways that are left, best first; what must be told goes by web push only where nothing else is left."""
    left = [channel for channel in wanted.channels if channel in has and channel not in given_up]
    if is_must:
        left.sort(key=lambda channel: channel is Channel.PUSH)
    return left


def quiet_until(quiet: Quiet | None, channel: Channel, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a way may be used again, None where it may be now."""
    if quiet is None or channel not in quiet.channels or quiet.begins == quiet.ends:
        return None
    local = now.astimezone(zone)
    begins, ends, clock = quiet.begins, quiet.ends, local.time()
    is_quiet = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not is_quiet:
        return None
    day = local.date() if clock < ends else local.date() + timedelta(days=1)
    return datetime.combine(day, ends, tzinfo=zone)
