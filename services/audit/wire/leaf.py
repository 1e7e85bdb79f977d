"""From an event to its leaf: a record in one canonical wording (RFC 8785), and the entry that commits to it.

Invariant: the same event has the same bytes for ever. What is changed here changes the past: the tests hold the wording fast.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import rfc8785

from services.audit.domain.said import Said
from shared.tlog.verify import entry_for

INTEGER_END = 2**53
PLAIN_MIN, PLAIN_END = 1e-3, 1e15
DEPTH_MAX = 32
"""Bodies that are nested deeper travel as base64: how deep a program can read must not decide what the bytes are."""


def record_of(said: Said) -> bytes:
    """Return the record of an event: what a leaf commits to, and what its holder shows to prove it."""
    record: dict[str, Any] = {
        "id": str(said.id),
        "type": said.type,
        "source": said.source,
        "subject": str(said.aggregate_id),
        "version": said.version,
        "time": _instant(said.recorded_at),
        "effectiveat": _instant(said.effective_at),
        "actor": said.actor,
        "correlationid": str(said.correlation_id),
        "office": said.office,
        "sealed": said.is_sealed,
    }
    if said.cause_id is not None:
        record["cause"] = f"{said.cause_id} {said.cause_source} {said.cause_version}"
    if said.authority is not None:
        record["authority"] = said.authority
    data = _object(said.body)
    if data is not None:
        try:
            return canonical({**record, "data": data})
        except rfc8785.CanonicalizationError:  # a number or a text that I-JSON does not know
            pass
    return canonical({**record, "data_base64": b64encode(said.body).decode()})


def entry_of(said: Said) -> bytes:
    """Return the entry of an event: what the log's bundles hold."""
    return entry_for(said.salt, record_of(said))


def canonical(value: dict[str, Any]) -> bytes:
    """Return `value` as RFC 8785 writes it. Raises rfc8785.CanonicalizationError.

    Where nothing in it is written in two ways, orjson gives the same bytes fifty times as fast.
    """
    if _is_plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # a text that is no Unicode: rfc8785 names it
            pass
    return rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    """Whether every name is ASCII (then all orders agree) and every number is written in one way everywhere."""
    match value:
        case str() | bool() | None:
            return True
        case int():
            return abs(value) < INTEGER_END
        case float():
            return PLAIN_MIN <= abs(value) < PLAIN_END and not value.is_integer()
        case dict():
            return all(name.isascii() and _is_plain(inner) for name, inner in value.items())
        case _:
            return all(map(_is_plain, value))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _object(body: bytes) -> dict[str, Any] | None:
    """Return a body that is one JSON object and can be read in one way only, None for every other."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_unambiguous, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _is_deeper(found, DEPTH_MAX) else None


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_number(_name: str) -> None:
    raise ValueError("not a number of JSON")


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether `value` is nested deeper than `levels`."""
    here: list[Any] = [value]
    for _ in range(levels):
        here = [inner for outer in here for inner in _inner(outer)]
        if not here:
            return False
    return True


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    return [inner for inner in value if isinstance(inner, dict | list)]
