"""The tracking code that people read over the phone: eleven random symbols and a check symbol, ``HN8K-2FQ7-XM3P``.

The alphabet has 31 symbols (no I, L, O, S, U), and 31 is prime. A code is right when the sum of its symbols' values, weighted
1 to 12, is a multiple of 31. As all weights differ and none is a multiple of 31, every single wrong symbol and every swap
of two symbols, adjacent or not, is noticed. 31^11 codes (54 bits) of true randomness: none can be guessed from another.
"""

import re
from operator import mul

from shared.kernel.refusals import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRTVWXYZ"
RANDOM_SYMBOLS = 11
LENGTH = RANDOM_SYMBOLS + 1
GROUP_LENGTH = 4
ENTROPY_BYTES = 16

_BASE = len(ALPHABET)
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "U": "V"})
_SEPARATORS = str.maketrans("", "", " -.\t\u00a0\u2010\u2011\u2013")
GROUPED = re.compile(r"[A-Za-z0-9]{4}(-[A-Za-z0-9]{4}){2}")
"""What nobody writes but for a code."""
_WEIGHTS = range(1, LENGTH)
_CHECK_INVERSE = pow(LENGTH, -1, _BASE)


class BadCode(Malformed):
    """The code was misread or mistyped; no such code was ever given out."""

    code = "bad_code"


def mint(entropy: bytes) -> str:
    """Return the code that `entropy` (at least 16 random bytes) stands for."""
    number = int.from_bytes(entropy, "big")
    symbols = []
    for _ in range(RANDOM_SYMBOLS):
        number, value = divmod(number, _BASE)
        symbols.append(ALPHABET[value])
    body = "".join(symbols)
    return _grouped(body + _check_symbol(body))


def parse(text: str, *, field: str = "code") -> str:
    """Return the code in its one written form. Lower case, spaces, O for 0, I or L for 1, S for 5 and U for V are understood.

    Raises BadCode, naming `field`, where the length, a symbol or the check symbol is wrong.
    """
    symbols = text.upper().translate(_SEPARATORS).translate(_MISREAD)
    if len(symbols) != LENGTH:
        raise BadCode(f"a code has {LENGTH} symbols", errors=[_mistake("length", field)])
    if any(symbol not in _VALUES for symbol in symbols):
        raise BadCode("a symbol does not occur in codes", errors=[_mistake("symbol", field)])
    if _check_symbol(symbols[:RANDOM_SYMBOLS]) != symbols[RANDOM_SYMBOLS]:
        raise BadCode("the check symbol does not fit", errors=[_mistake("check_symbol", field)])
    return _grouped(symbols)


def _check_symbol(body: str) -> str:
    total = sum(map(mul, _WEIGHTS, map(_VALUES.__getitem__, body)))
    return ALPHABET[-total * _CHECK_INVERSE % _BASE]


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + GROUP_LENGTH] for start in range(0, LENGTH, GROUP_LENGTH))


_REMEDIES = {
    "length": ("Mã hồ sơ có 12 ký tự, ví dụ HN8K-2FQ7-XM3P", "A code has 12 symbols, for example HN8K-2FQ7-XM3P"),
    "symbol": ("Mã chỉ gồm chữ số và chữ cái không dấu", "A code has only digits and plain letters"),
    "check_symbol": ("Ký tự kiểm tra không khớp: xin đọc lại mã từng ký tự", "Check symbol does not fit: read it again"),
}


def _mistake(reason: str, field: str) -> dict[str, str]:
    vietnamese, english = _REMEDIES[reason]
    return {"field": field, "reason": reason, "remedy": f"{vietnamese} · {english}"}
