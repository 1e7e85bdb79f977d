"""What Open311 clients send, read: filters of lists and the fields of a posted request. Pure.

An empty argument is as good as none. What is not right is found at once, all of it, and named as the client named it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake.domain import code as codes
from services.intake.domain.lodging import Lodging
from services.intake.domain.mistakes import Mistake
from services.intake.domain.open311 import (
    COMMUNE,
    DESCRIPTION_CHARACTERS_MAX,
    JURISDICTION,
    KIND,
    PAGES_MAX,
    REQUESTS_MAX,
    SPAN_MAX,
    STATUS_OPEN,
    STATUSES,
    URL_CHARACTERS_MAX,
    Page,
    Question,
    Topic,
)
from services.intake.domain.places import COMMUNE_DIGITS
from services.intake.wire.lodging import Petitioner, contact_of
from shared.contracts.words import Channel

Fields = Mapping[str, Sequence[str]]
"""Every value by its name; never an empty one."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.ASCII)
_COMMUNE = re.compile(rf"\d{{{COMMUNE_DIGITS}}}", re.ASCII)
_TRUE = "true"
_NAMES = {
    "text": "description",
    "latitude": "lat",
    "longitude": "long",
    "place": "address_string",
    "commune": f"attribute[{COMMUNE}]",
    "petitioner.name": "first_name",
    "petitioner.email": "email",
    "petitioner.phone": "phone",
    "files": "media",
}
"""What Open311 calls our fields."""


def name_of(field: str) -> str:
    """Return what a client calls one of our fields."""
    head, dot, rest = field.partition(".")
    return _NAMES.get(field) or f"{_NAMES.get(head, head)}{dot}{rest}"


def fields_of(items: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what was sent by its name, without what is empty."""
    found: dict[str, list[str]] = {}
    for name, value in items:
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    return found


def first(fields: Fields, name: str) -> str | None:
    """Return the first value, None where there is none."""
    return next(iter(fields.get(name, ())), None)


def wants_extensions(fields: Fields) -> bool:
    """Whether more is asked for than the standard has."""
    return (first(fields, "extensions") or "").lower() == _TRUE


def question_of(fields: Fields, topics: Mapping[str, Topic], *, now: datetime) -> tuple[Question, list[Mistake]]:
    """Return which requests are asked for, and what cannot be read of it. Numbers of requests override everything else."""
    numbers = _listed(fields, "service_request_id")
    if numbers:
        return Question(now, now, codes=known_codes(numbers)), []
    start, before, mistakes = span_of(fields, now=now)
    page, wrong = page_of(fields)
    statuses = set(_listed(fields, "status"))
    if not statuses <= set(STATUSES):
        wrong.append(Mistake("status", "not_listed", {"allowed": ", ".join(STATUSES)}))
    named = _listed(fields, "service_code")
    question = Question(
        start=start,
        before=before,
        services=tuple(code for code in named if code in topics) if named else None,
        is_open=STATUS_OPEN in statuses if len(statuses) == 1 else None,
        page=page,
    )
    return question, mistakes + wrong


def known_codes(numbers: Sequence[str]) -> tuple[str, ...]:
    """Return those of `numbers` that may be codes of petitions, in their written form; what was never given out is nobody's."""
    return tuple(code for number in numbers[:REQUESTS_MAX] if (code := code_of(number)))


def code_of(number: str) -> str | None:
    """Return the code that was written, None where it is none."""
    try:
        return codes.parse(number)
    except codes.BadCode:
        return None


def span_of(fields: Fields, *, now: datetime) -> tuple[datetime, datetime, list[Mistake]]:
    """Return the first instant that is asked for and the first behind the last; the last 90 days where nothing is said."""
    start, mistakes = _instant(fields, "start_date")
    end, wrong = _instant(fields, "end_date")
    mistakes += wrong
    if end is None:
        end = now if start is None else min(max(now, start), start + SPAN_MAX)
    if start is None:
        start = end - SPAN_MAX
    if start > end:
        mistakes.append(Mistake("start_date", "start_after_end"))
    elif end - start > SPAN_MAX:
        mistakes.append(Mistake("start_date", "bad_span", {"limit": SPAN_MAX.days}))
    # Answers show whole seconds: what was requested within the last one of a range is part of it.
    return start, end.replace(microsecond=0) + timedelta(seconds=1), mistakes


def page_of(fields: Fields) -> tuple[Page, list[Mistake]]:
    """Return the part of the list that is asked for."""
    number, mistakes = _number(fields, "page", 1, PAGES_MAX)
    size, wrong = _number(fields, "page_size", REQUESTS_MAX, REQUESTS_MAX)
    return Page(number, size), mistakes + wrong


def _listed(fields: Fields, name: str) -> list[str]:
    """Return the parts of a list with commas; a name that is given twice is one list."""
    return [part.strip() for value in fields.get(name, ()) for part in value.split(",") if part.strip()]


def _instant(fields: Fields, name: str) -> tuple[datetime | None, list[Mistake]]:
    value = first(fields, name)
    if value is None:
        return None, []
    # In an address a plus that was not encoded arrives as a space.
    form = _INSTANT.fullmatch(value.replace(" ", "+"))
    if form is None:
        return None, [Mistake(name, "bad_instant")]
    if form[2] is None:
        return None, [Mistake(name, "naive_instant")]
    try:
        found = datetime.fromisoformat(form[0])
        _ = found - SPAN_MAX, found + SPAN_MAX + timedelta(days=1)  # what lies at the ends of all time cannot be counted with
    except (ValueError, OverflowError):
        return None, [Mistake(name, "bad_instant")]
    return found, []


def _number(fields: Fields, name: str, default: int, most: int) -> tuple[int, list[Mistake]]:
    value = first(fields, name)
    if value is None:
        return default, []
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= most:
        return default, [Mistake(name, "bad_number", {"low": 1, "high": most})]
    return int(value), []


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted request as a petition, and what is wrong with it so far."""

    lodging: Lodging
    mistakes: Sequence[Mistake]


def lodging_of(fields: Fields, topic: Topic, language: str) -> Posted:
    """Return the field report that was posted. The surname goes first, as Vietnamese names are written."""
    latitude, longitude, mistakes = _place(fields)
    commune, wrong = _commune(fields)
    name = " ".join(part for part in (first(fields, "last_name"), first(fields, "first_name")) if part)
    sent = Petitioner(name=name, email=first(fields, "email"), phone=first(fields, "phone"))
    contact, unreachable = contact_of(sent)
    text, too_long = words_of(fields, DESCRIPTION_CHARACTERS_MAX)
    lodging = Lodging(
        kind=KIND,
        jurisdiction=JURISDICTION,
        text=text or topic.name_vi,  # a description is optional: then the service says what is wrong there
        topic=topic.code,
        commune=commune,
        latitude=latitude,
        longitude=longitude,
        place=first(fields, "address_string"),
        contact=contact,
        channel=Channel.APP,
        language=language,
        urgency=None,
    )
    return Posted(lodging, [*mistakes, *wrong, *unreachable, *too_long])


def words_of(fields: Fields, limit: int) -> tuple[str, list[Mistake]]:
    """Return the description, and below it the address of a picture, which nobody here fetches."""
    description, url = first(fields, "description") or "", first(fields, "media_url") or ""
    mistakes = [
        Mistake(name, "too_long", {"length": len(value), "limit": most})
        for name, value, most in (("description", description, limit), ("media_url", url, URL_CHARACTERS_MAX))
        if len(value) > most
    ]
    line = f"media_url: {' '.join(url.split())}" if url else ""
    return "\n".join(part for part in (description, line) if part), mistakes


def _place(fields: Fields) -> tuple[float | None, float | None, list[Mistake]]:
    """Return the coordinates. Some location there must be: they, or words, or the number of an address."""
    mistakes = []
    degrees: dict[str, float | None] = {}
    for name in ("lat", "long"):
        value = first(fields, name)
        if value is not None and not _DEGREES.fullmatch(value):
            mistakes.append(Mistake(name, "bad_coordinate"))
        degrees[name] = float(value) if value is not None and _DEGREES.fullmatch(value) else None
    given = [name for name in ("lat", "long") if name in fields]
    if len(given) == 1:
        mistakes.append(Mistake("long" if given == ["lat"] else "lat", "one_of_two"))
    if not given and "address_string" not in fields and "address_id" not in fields:
        mistakes.append(Mistake("address_string", "no_location"))
    if mistakes:
        return None, None, mistakes
    return degrees["lat"], degrees["long"], []


def _commune(fields: Fields) -> tuple[str | None, list[Mistake]]:
    """Return the commune: the attribute, else the number of the address, which is that of its commune in every answer."""
    chosen = [value for name in (f"attribute[{COMMUNE}]", f"attribute[{COMMUNE}][]") for value in fields.get(name, ())]
    if len(set(chosen)) > 1:
        return None, [Mistake(COMMUNE, "one_value")]
    code = chosen[0] if chosen else first(fields, "address_id")
    if code is not None and not _COMMUNE.fullmatch(code):  # a name would be understood, but it is not in the list
        return None, [Mistake(COMMUNE if chosen else "address_id", "bad_commune", {"near": ""})]
    return code, []
