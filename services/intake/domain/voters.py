"""Petitions of voters, as the minutes of meetings list them: what a line must say, and when two say the same.

Two texts are alike when their sets of three-word shingles, folded, have a Jaccard index of at least 0.8.
"""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.intake.domain.mistakes import Mistake
from services.intake.domain.places import Communes, fold

ALIKE = 0.8
SHINGLE_WORDS = 3
TEXT_CHARACTERS_MAX = 5_000
SESSION_CHARACTERS_MAX = 200
NUMBER_CHARACTERS_MAX = 40
OLDEST_DAYS = 10 * 366
SYSTEM = "voters"
_SHINGLE_BYTES = 8
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class VotersLine:
    """One petition of a meeting, as its line says it; `met_on` is None where the line names no day that can be read."""

    line: int
    session: str
    met_on: date | None
    commune: str
    text: str
    office: str
    number: str


def folded(text: str) -> str:
    """Return the words of `text` as they are compared: without accents, case, punctuation and repeated spaces."""
    letters = (letter if unicodedata.category(letter)[0] in "LN" else " " for letter in fold(text))
    return " ".join("".join(letters).split())


def digest(text: str, *, key: bytes) -> bytes:
    """Return the keyed digest of the folded text: equal texts, equal digests; nothing of it can be read back."""
    return hashlib.blake2b(folded(text).encode(), digest_size=_DIGEST_BYTES, key=key).digest()


def shingles(text: str, *, key: bytes) -> frozenset[int]:
    """Return the keyed digests of the three-word shingles of the folded text; a shorter text is one shingle."""
    words = folded(text).split()
    runs = range(max(1, len(words) - SHINGLE_WORDS + 1))
    parts = {" ".join(words[start : start + SHINGLE_WORDS]) for start in runs}
    return frozenset(_number(part, key) for part in parts)


def likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the Jaccard index of two sets of shingles."""
    whole = len(one | other)
    return len(one & other) / whole if whole else 1.0


def _number(shingle: str, key: bytes) -> int:
    taken = hashlib.blake2b(shingle.encode(), digest_size=_SHINGLE_BYTES, key=key).digest()
    return int.from_bytes(taken, "big", signed=True)


def commune_of(written: str, communes: Communes) -> str:
    """Return the five-digit code of a commune written as its code (also without leading zeros) or its name."""
    plain = written.strip()
    if plain.isascii() and plain.isdigit():
        return plain.zfill(5)
    return communes.named(plain) or plain


def office_of(written: str, offices: Mapping[str, str]) -> str | None:
    """Return the code of an office written as its code or its name; None where there is no such office."""
    return offices.get(fold(written))


def mistakes_in_line(line: VotersLine, *, communes: Communes, offices: Mapping[str, str], today: date) -> list[Mistake]:
    """Return everything that is wrong with a line, whose commune is a code already."""
    found = []
    for field, value, limit in (
        ("text", line.text, TEXT_CHARACTERS_MAX),
        ("session", line.session, SESSION_CHARACTERS_MAX),
        ("number", line.number, NUMBER_CHARACTERS_MAX),
    ):
        if not folded(value):
            found.append(Mistake(field, "missing"))
        elif len(value) > limit:
            found.append(Mistake(field, "too_long", {"length": len(value), "limit": limit}))
        elif "\x00" in value:
            found.append(Mistake(field, "bad_signs"))
    found += _in_day(line.met_on, today)
    wrong = communes.mistake(line.commune, today=today) if line.commune else Mistake("commune", "missing")
    found += [wrong] if wrong else []
    if line.office and office_of(line.office, offices) is None:
        found.append(Mistake("office", "unknown_office"))
    return found


def _in_day(day: date | None, today: date) -> list[Mistake]:
    if day is None:
        return [Mistake("met_on", "bad_day")]
    if day > today:
        return [Mistake("met_on", "future_day")]
    oldest = today - timedelta(days=OLDEST_DAYS)
    return [Mistake("met_on", "old_day", {"low": oldest.isoformat()})] if day < oldest else []
