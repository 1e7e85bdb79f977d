"""The words of a text as they are looked for: without accents and case, each as a keyed digest.

Nothing of a text can be read back from its digests, and without the key nobody can try out what they stand for.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from services.intake.domain.places import fold

WORDS_MAX = 2_000
"""Different words kept of one petition: a text of 20,000 characters rarely has half as many."""
_CACHED = 50_000
_WORD = re.compile(r"[^\W_]+")
_BYTES = 8


def digests(texts: Iterable[str | None], *, key: bytes) -> list[int]:
    """Return the digests of the different words of `texts`, in the order of their first use."""
    found: dict[int, None] = {}
    for text in texts:
        for word in _WORD.findall(unicodedata.normalize("NFC", text or "").casefold()):
            if len(found) == WORDS_MAX:
                return list(found)
            found[_digest(word, key)] = None
    return list(found)


@lru_cache(_CACHED)
def _digest(word: str, key: bytes) -> int:
    taken = hashlib.blake2b(fold(word).encode(), digest_size=_BYTES, key=key).digest()
    return int.from_bytes(taken, "big", signed=True)
