"""The formats that can be imported: what each row of a file says, in the words of intake's doors.

`jsonl`: one JSON object per line. `reference` (the source's own number) and `opened_at` are required; all instants need a time
zone. Further fields: kind, jurisdiction (default hanoi), text, topic, commune, latitude, longitude, place, language,
petitioner {name, email, phone}, office (code), due_at, closed_at, label.

`boston311`: the City of Boston's service requests as CSV; times are local, departments become offices.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.cli.importing.lines import Mistake, Row, Source, csv_records, json_objects

BOSTON = ZoneInfo("America/New_York")
_TIMES = {"opened_at": "opened_at", "target_at": "due_at", "closed_at": "closed_at"}
_COLUMNS = frozenset({*_TIMES, "case_id", "on_time", "title", "reason", "type", "department", "address", "latitude", "longitude"})
_OFFICE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_TOPIC_CHARACTERS_MAX = 64


def jsonl(source: Source) -> Iterator[Row | Mistake]:
    """Yield each line's object as it is: intake's doors check its fields."""
    yield from json_objects(source)


def boston311(source: Source) -> Iterator[Row | Mistake]:
    """Yield Boston's records."""
    for item in csv_records(source, columns=_COLUMNS):
        yield item if isinstance(item, Mistake) else _boston(item)


FORMATS: dict[str, Callable[[Source], Iterator[Row | Mistake]]] = {"jsonl": jsonl, "boston311": boston311}


def _boston(row: Row) -> Row | Mistake:
    said: Mapping[str, str] = row.values
    values: dict[str, Any] = {
        "reference": said["case_id"],
        "kind": "field_report",
        "jurisdiction": "boston",
        "language": "en",
        "text": _text(said),
        "topic": _slug(said["type"]),
        "place": said["address"].strip() or None,
        "office": _office(said["department"]),
        "label": said["on_time"] or None,
    }
    try:
        for column, field in _TIMES.items():
            name = column
            values[field] = _instant(said[column])
        for name in ("latitude", "longitude"):
            values[name] = float(said[name]) if said[name] else None
    except ValueError as error:
        remedy = "degrees, as 42.35" if name in ("latitude", "longitude") else "local time, as 2015-01-31T08:30:00"
        return Mistake(row.line, name, str(error), remedy, reference=said["case_id"])
    return Row(row.line, values)


def _instant(local: str) -> str | None:
    """Return an instant with its zone; what was written without one is Boston's time, an hour that occurs twice its first."""
    if not local:
        return None
    written = datetime.fromisoformat(local)
    if written.tzinfo is not None:
        return written.isoformat()
    instant = written.replace(tzinfo=BOSTON)
    if _is_skipped(instant):
        raise ValueError(f"{local} does not exist: clocks were put forward")
    return instant.isoformat()


def _is_skipped(instant: datetime) -> bool:
    back = datetime.fromtimestamp(instant.timestamp(), tz=BOSTON)
    return back.replace(tzinfo=None) != instant.replace(tzinfo=None)


def _office(department: str) -> str | None:
    """Return the office code; what is no code (as `No Q`) means that no department has it."""
    return f"boston-{department}" if _OFFICE.fullmatch(department) else None


def _text(said: Mapping[str, str]) -> str:
    """Return type and title in one line, without saying the same twice."""
    parts = [said["reason"], said["type"], said["title"]]
    return ": ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _slug(words: str) -> str | None:
    slug = _NO_WORD.sub("-", words.lower()).strip("-")
    return slug[:_TOPIC_CHARACTERS_MAX].rstrip("-") or None
