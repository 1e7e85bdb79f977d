"""Taking out of a text what shows who wrote it, before verifiers or the public see it (Law on Denunciations art. 40(3), 56(2)).

What the vault knows of the petitioner is found however it is written: without accents, in capitals, with other spacing. Telephone
numbers, addresses of mail and numbers of papers are taken out whoever's they are. The rest is a person's judgement: `also` names
what else must go, `keep` what may stay. Invariant: nothing of `also` and nothing that the vault knows is left, unless it is kept.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MASK = "█████"
_PART_CHARACTERS_MIN = 4
_NAME_WORDS_MIN = 2

_PHONE = re.compile(r"(?<!\w)(?:\+?84|0)(?:[ .\u00a0-]{0,2}\d){8,10}(?!\d)")
_EMAIL = re.compile(r"[^\s@,;<>()]+@[\w-]+(?:\.[\w-]+)+")
_PAPER = re.compile(r"(?<!\d)(?:\d{12}|\d{9})(?!\d)")
_BETWEEN = r"[\W_]{1,5}"


class Trace(StrEnum):
    """What was taken out."""

    NAME = "name"
    PLACE = "place"
    PHONE = "phone"
    EMAIL = "email"
    PAPER = "paper"
    ALSO = "also"


@dataclass(frozen=True, slots=True)
class Personal:
    """What the vault knows of who wrote it."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    place: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Stripped:
    """The text that is left, and how often what was taken out of it."""

    text: str
    found: Mapping[Trace, int]


def strip(text: str, personal: Personal, *, also: Sequence[str] = (), keep: Sequence[str] = ()) -> Stripped:
    """Return the text without its author."""
    plain = unicodedata.normalize("NFC", text)
    kept = {_flat(item).strip() for item in keep}
    spans = sorted(
        (start, end, trace) for start, end, trace in _spans(plain, personal, also) if _flat(plain[start:end]).strip() not in kept
    )
    found: Counter[Trace] = Counter()
    parts, at = [], 0
    for start, end, trace in spans:
        if end <= at:
            continue
        if start >= at:  # what overlaps with the one before is one mask with it
            parts += [plain[at:start], MASK]
            found[trace] += 1
        at = end
    return Stripped("".join([*parts, plain[at:]]), dict(found))


def _spans(plain: str, personal: Personal, also: Sequence[str]) -> Iterator[tuple[int, int, Trace]]:
    for pattern, trace in ((_PHONE, Trace.PHONE), (_EMAIL, Trace.EMAIL), (_PAPER, Trace.PAPER)):
        yield from ((*match.span(), trace) for match in pattern.finditer(plain))
    flat = _flat(plain)
    words = [
        *((name, Trace.NAME) for name in _names(personal.name)),
        *((part, Trace.PLACE) for place in (personal.place, personal.address) for part in _parts(place)),
        *((item, Trace.ALSO) for item in (personal.email, personal.phone, *also) if item),
    ]
    for written, trace in words:
        loosely = _loosely(written)
        if loosely is not None:
            yield from ((*match.span(), trace) for match in loosely.finditer(flat))
    yield from _given_name(plain, personal.name)


def _names(name: str | None) -> Iterator[str]:
    """Yield the name, and every end of it of two words or more: people are called by their last ones."""
    words = (name or "").split()
    for start in range(len(words) - _NAME_WORDS_MIN + 1):
        yield " ".join(words[start:])
    if words[:-1]:
        yield f"{words[0]} {words[-1]}"
    if len(words) == 1:
        yield words[0]


def _given_name(plain: str, name: str | None) -> Iterator[tuple[int, int, Trace]]:
    """Yield where the given name stands alone with a capital: without one, "mận" is a plum."""
    given = unicodedata.normalize("NFC", (name or "")).split()[-1:]
    for word in given:
        forms = "|".join(map(re.escape, (word[:1].upper() + word[1:], word.upper())))
        pattern = re.compile(rf"(?<!\w)(?:{forms})(?!\w)")
        yield from ((*match.span(), Trace.NAME) for match in pattern.finditer(plain))


def _parts(place: str | None) -> Iterator[str]:
    if place:
        yield place
        yield from (part for part in re.split(r"[,;–—]", place) if len(part.strip()) >= _PART_CHARACTERS_MIN)


def _loosely(written: str) -> re.Pattern[str] | None:
    """Return a pattern for flat text that does not care what stands between the words."""
    words = re.findall(r"[^\W_]+", _flat(written))
    return re.compile(rf"(?<!\w){_BETWEEN.join(map(re.escape, words))}(?!\w)") if words else None


def _flat(text: str) -> str:
    """Return text without accents in lower case, as many characters as before: a place in it is a place in the text."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", text))


def _plain(letter: str) -> str:
    lowered = letter.lower()
    base = unicodedata.normalize("NFD", "d" if lowered == "đ" else lowered)[0]
    return base if len(base) == 1 else letter
