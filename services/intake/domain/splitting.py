"""Whether words that were taken out of a petition still stand in what is left of it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

RUN = 4
"""So many words in a row, accents aside, are the same words and no chance."""
_WORD = re.compile(r"\w+")


def stays_in(remaining: str, parts: Iterable[str]) -> str | None:
    """Return the first words of a part that stand in `remaining`, None where none of RUN in a row do; of a short part all."""
    left = [_plain(word) for word in _words(remaining)]
    for part in parts:
        said = _words(part)
        runs = set(_runs(left, size := min(RUN, len(said))))
        plain = _runs([_plain(word) for word in said], size)
        found = next((place for place, run in enumerate(plain) if run in runs), None)
        if found is not None:
            return " ".join(said[found : found + size])
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text))


def _plain(word: str) -> str:
    parted = unicodedata.normalize("NFD", word.casefold().replace("đ", "d"))
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _runs(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + size]) for place in range(len(words) - size + 1)] if size else []
