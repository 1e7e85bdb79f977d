"""A paper letter at the counter: its register number and its day, checked before anything is stored."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from services.intake.domain.mistakes import Mistake

LINES_MAX = 20
OLDEST_DAYS = 366
NUMBER_CHARACTERS_MAX = 40
CHANNELS = ("counter", "post")
LETTER_CHANNEL = "post"

# Letters, digits and the signs of Vietnamese registers (123/ĐT-TCD): nothing in which a sentence could be written.
_NUMBER = re.compile(rf"[^\W_][\w./-]{{0,{NUMBER_CHARACTERS_MAX - 1}}}")


@dataclass(frozen=True, slots=True)
class Registration:
    """What the register of an office says of a letter."""

    channel: str
    received_on: date
    register_number: str | None
    is_day_named: bool = True

    @property
    def year(self) -> int:
        return self.received_on.year


def register_number_of(written: str | None) -> str | None:
    """Return a register number in its one written form, None where there is none."""
    plain = "".join(unicodedata.normalize("NFC", written or "").split())
    return plain.upper() or None


def mistakes_in_registration(registration: Registration, *, today: date) -> list[Mistake]:
    """Return everything that is wrong with a registration on the legal day `today`."""
    number, oldest, found = registration.register_number, today - timedelta(days=OLDEST_DAYS), []
    if registration.channel not in CHANNELS:
        found.append(Mistake("channel", "not_listed", {"allowed": ", ".join(CHANNELS)}))
    if number is None and registration.channel == LETTER_CHANNEL:
        found.append(Mistake("register_number", "missing"))
    if number is not None and not _NUMBER.fullmatch(number):
        found.append(Mistake("register_number", "bad_register_number", {"limit": NUMBER_CHARACTERS_MAX}))
    if registration.received_on > today:
        found.append(Mistake("received_on", "future_day"))
    elif registration.received_on < oldest:
        found.append(Mistake("received_on", "old_day", {"low": oldest.isoformat()}))
    return found


def received_at(registration: Registration, *, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant from which time counts: now on the day itself, else the beginning of the legal day received."""
    if registration.received_on == now.astimezone(zone).date():
        return now
    return datetime.combine(registration.received_on, time.min, tzinfo=zone).astimezone(now.tzinfo)
