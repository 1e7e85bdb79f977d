"""An answer as it is kept, sealed: the whole as people read it, and its parts with the requests that they answer.

Answers of before there were parts are plain text, and stay readable.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from services.routing.domain.facts import Answered

_PARTS = ("text", "points", "grounds", "appeal", "evidence")


def kept(fact: Answered, requests: Sequence[str]) -> bytes:
    """Return an answer as it is kept; `requests` are what its points answer, none where they are somebody else's."""
    parts = {
        "text": fact.text,
        "points": [{"number": number, "request": _of(requests, number), "answer": said} for number, said in fact.points],
        "grounds": fact.grounds,
        "appeal": fact.appeal,
        "evidence": fact.evidence,
    }
    return orjson.dumps(parts)


def read_kept(said: bytes) -> Mapping[str, Any]:
    """Return the parts of an answer that was kept; of an old one the text alone."""
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict) and set(_PARTS) <= found.keys():
        return found
    return {"text": said.decode(), "points": [], "grounds": [], "appeal": None, "evidence": []}


def _of(requests: Sequence[str], number: int) -> str | None:
    return requests[number - 1] if 0 < number <= len(requests) else None
