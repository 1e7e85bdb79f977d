"""What is published of each event: its JSON schema as it stands, and which field came with which revision.

Invariant: a stored schema only grows. `store` refuses to write one that breaks whoever reads the event, so what is stored is
what every event of this type fits that was ever said. A revision is one day's additions; a break needs another type, `…v2`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from shared.contracts.compatibility import OPEN_LIST, Change, Schema, compare_schemas
from shared.contracts.envelope import EventBody, event_types
from shared.contracts.words import OPEN_LISTS

FOLDER = Path(__file__).with_name("schemas")
REVISIONS = "x-revisions"


@dataclass(frozen=True, slots=True)
class Revision:
    """What came with one revision of an event: optional fields, and words of lists as ``field=word``."""

    number: int
    published_on: date
    added: tuple[str, ...] = ()


def schema_of(model: type[EventBody]) -> dict[str, Any]:
    """Return the JSON schema of what the code writes."""
    schema = model.model_json_schema(mode="serialization") | {"$id": model.TYPE, "additionalProperties": True}
    for name, described in schema.get("$defs", {}).items():
        if name in OPEN_LISTS:
            described[OPEN_LIST] = True
    return schema


def stored(event_type: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Return the stored schema of an event, its revisions in it. Raises FileNotFoundError where it was never published."""
    found: dict[str, Any] = json.loads((folder / f"{event_type}.json").read_text(encoding="utf-8"))
    return found


def without_history(schema: Schema) -> dict[str, Any]:
    """Return a stored schema as a schema alone."""
    return {key: value for key, value in schema.items() if key != REVISIONS}


def revisions_of(schema: Schema) -> tuple[Revision, ...]:
    """Return the revisions of a stored schema, the first one first."""
    return tuple(
        Revision(number=place, published_on=date.fromisoformat(each["on"]), added=tuple(each.get("added", ())))
        for place, each in enumerate(schema.get(REVISIONS, ()), start=1)
    )


def revision_of_field(revisions: tuple[Revision, ...], place: str) -> int:
    """Return with which revision a field came; a field within one that was added came with it."""
    for revision in reversed(revisions):
        if any(place == added or place.startswith((f"{added}.", f"{added}[")) for added in revision.added):
            return revision.number
    return 1


class Breaking(Exception):  # noqa: N818 - it is what happened, not a kind of error of ours
    """What was to be stored breaks whoever reads the event."""

    def __init__(self, changes: list[Change]) -> None:
        super().__init__(", ".join(f"{change.event} {change.place}: {change.code}" for change in changes))
        self.changes = changes


def revised(event_type: str, model: type[EventBody], *, before: Schema | None, today: date) -> dict[str, Any]:
    """Return what is to be stored of an event; `before` is what is stored now. Raises Breaking."""
    schema = schema_of(model)
    if before is None:
        return schema | {REVISIONS: [{"on": today.isoformat()}]}
    changes = compare_schemas(event_type, without_history(before), schema)
    breaking = [change for change in changes if change.is_breaking]
    if breaking:
        raise Breaking(breaking)
    history = [dict(each) for each in before.get(REVISIONS, ())]
    added = [change.place for change in changes if change.code == "field_added"]
    added += [f"{change.place}={change.facts['word']}" for change in changes if change.code == "word_added"]
    if added:
        if len(history) > 1 and history[-1]["on"] == today.isoformat():
            history[-1]["added"] = [*history[-1]["added"], *added]
        else:
            history.append({"on": today.isoformat(), "added": added})
    return schema | {REVISIONS: history}


def due(today: date, *, models: Mapping[str, type[EventBody]] | None = None, folder: Path = FOLDER) -> Iterator[tuple[Path, str]]:
    """Yield each file of `folder` that is not what the contracts give, with what it is to hold. Raises Breaking."""
    for event_type, model in sorted((models or event_types()).items()):
        path = folder / f"{event_type}.json"
        before = stored(event_type, folder) if path.exists() else None
        text = json.dumps(revised(event_type, model, before=before, today=today), indent=2, ensure_ascii=False) + "\n"
        if before is None or path.read_text(encoding="utf-8") != text:
            yield path, text
