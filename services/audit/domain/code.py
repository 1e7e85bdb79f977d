"""The code that people know a petition by, in one form for comparing: as written, misread, or read over the phone."""

_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "U": "V"})


def code_key(text: str) -> str:
    """Return letters and digits of `text` in capitals, with those that codes do not use read as those that they do."""
    return "".join(symbol for symbol in text.upper() if symbol.isalnum()).translate(_MISREAD)
