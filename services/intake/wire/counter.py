"""The body of `POST /counter/petitions`: petitions as at the other door, each with what the register says of its letter."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.intake.domain.counter import LINES_MAX, Registration, register_number_of
from services.intake.domain.lodging import Lodging
from services.intake.domain.mistakes import Mistake
from services.intake.wire.lodging import parse_lodging

DEFAULT_CHANNEL = "counter"


@dataclass(frozen=True, slots=True)
class SentLine:
    """A letter as it was sent: with `lodging` None where it cannot be read."""

    line: int
    lodging: Lodging | None
    registration: Registration
    has_name_on_receipt: bool
    mistakes: list[Mistake]


def parse_counter(body: bytes, *, today: date) -> tuple[list[SentLine], list[Mistake]]:
    """Return the letters in their order, or what is wrong with the request as a whole."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [], [Mistake("body", "not_json")]
    petitions = sent.get("petitions") if isinstance(sent, dict) else None
    if not isinstance(petitions, list) or not 1 <= len(petitions) <= LINES_MAX:
        return [], [Mistake("petitions", "too_many_lines", {"limit": LINES_MAX})]
    unknown = [Mistake(str(name), "unknown_field") for name in sent if name != "petitions"]
    return ([], unknown) if unknown else ([_line(number, item, today) for number, item in enumerate(petitions, start=1)], [])


def _line(number: int, sent: Any, today: date) -> SentLine:
    fields: dict[str, Any] = dict(sent) if isinstance(sent, dict) else {}
    mistakes: list[Mistake] = [] if isinstance(sent, dict) else [Mistake("petitions", "not_an_object")]
    written = fields.pop("register_number", None)
    if written is not None and not isinstance(written, str):
        mistakes.append(Mistake("register_number", "not_a_text"))
        written = None
    day = fields.pop("received_on", None)
    received_on = _day(day, today)
    if received_on is None:
        mistakes.append(Mistake("received_on", "bad_iso_day"))
    named = fields.pop("name_on_receipt", False)
    if not isinstance(named, bool):
        mistakes.append(Mistake("name_on_receipt", "not_true_or_false"))
    fields.setdefault("channel", DEFAULT_CHANNEL)
    lodging, unreadable = parse_lodging(orjson.dumps(fields))
    channel = lodging.channel if lodging else DEFAULT_CHANNEL
    registration = Registration(str(channel), received_on or today, register_number_of(written), is_day_named=day is not None)
    return SentLine(number, lodging, registration, named is True, [*mistakes, *unreadable])


def _day(sent: Any, today: date) -> date | None:
    """Return the day received, today where none is named; None where it cannot be read."""
    if sent is None:
        return today
    try:
        return date.fromisoformat(sent) if isinstance(sent, str) else None
    except ValueError:
        return None
