"""Published events keep their meaning: each stored schema still reads what the code writes, and the code what the schema allows.

`caunoi events docs` stores the schema of an event that is new, and optional fields that were added; it refuses everything else.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deploy.cli.changes import told
from shared.contracts import event_types
from shared.contracts.compatibility import compare_schemas
from shared.contracts.published import FOLDER, Breaking, due, revisions_of, schema_of, stored, without_history
from shared.kernel.clock import SystemClock

TYPES = sorted(event_types())


def _examples(schema: dict[str, Any], definitions: dict[str, Any], *, is_full: bool) -> Any:
    """Return the smallest or the fullest value that `schema` allows."""
    if "$ref" in schema:
        return _examples(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, is_full=is_full)
    if "anyOf" in schema:
        options = schema["anyOf"]
        return _examples(options[0 if is_full else -1], definitions, is_full=is_full)
    if "enum" in schema:
        return schema["enum"][-1 if is_full else 0]
    match schema.get("type"):
        case "object":
            if "properties" not in schema:  # words with numbers, whatever the words
                return {"x": _examples(schema["additionalProperties"], definitions, is_full=is_full)} if is_full else {}
            names = schema["properties"] if is_full else schema.get("required", [])
            return {name: _examples(schema["properties"][name], definitions, is_full=is_full) for name in names}
        case "array":
            return [_examples(schema["items"], definitions, is_full=is_full)] if is_full else []
        case "string":
            formats = {
                "uuid": "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11",
                "date-time": "2026-07-01T08:00:00+07:00",
                "date": "2026-07-01",
            }
            return formats.get(schema.get("format", ""), "x")
        case "integer" | "number":
            return 3
        case "boolean":
            return True
        case _:
            return None


def test_every_event_has_a_stored_schema_and_every_schema_an_event() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == TYPES, "caunoi events docs"


@pytest.mark.parametrize("event_type", TYPES)
def test_nothing_that_was_published_is_broken(event_type: str) -> None:
    changes = compare_schemas(event_type, without_history(stored(event_type)), schema_of(event_types()[event_type]))
    breaking = [told(change, language="en") for change in changes if change.is_breaking]
    assert not breaking, "\n".join(breaking)


def test_what_is_stored_is_what_the_code_writes() -> None:
    assert [path.name for path, _ in due(date(2026, 12, 1))] == [], "caunoi events docs"


@pytest.mark.parametrize("event_type", TYPES)
def test_the_code_reads_what_the_stored_schema_allows(event_type: str) -> None:
    schema = stored(event_type)
    for is_full in (False, True):
        example = _examples(schema, schema.get("$defs", {}), is_full=is_full)
        Draft202012Validator(schema).validate(example)
        event_types()[event_type].model_validate_json(json.dumps(example))


@pytest.mark.parametrize("event_type", TYPES)
def test_the_stored_schema_reads_what_the_code_writes(event_type: str) -> None:
    model = event_types()[event_type]
    current = schema_of(model)
    for is_full in (False, True):
        example = _examples(current, current.get("$defs", {}), is_full=is_full)
        written = json.loads(model.model_validate_json(json.dumps(example)).model_dump_json())
        Draft202012Validator(stored(event_type)).validate(written)


@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_of_its_first_revision_still_fits(event_type: str) -> None:
    schema = stored(event_type)
    added = {name for revision in revisions_of(schema)[1:] for name in revision.added}
    oldest = {name: value for name, value in schema["properties"].items() if name not in added}
    example = _examples(schema | {"properties": oldest}, schema.get("$defs", {}), is_full=True)
    Draft202012Validator(schema).validate(example)
    event_types()[event_type].model_validate_json(json.dumps(example))


def _store(folder: Path = FOLDER) -> None:
    try:
        for path, text in list(due(SystemClock().now().date(), folder=folder)):
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"stored {path.name}\n")
    except Breaking as breaking:
        sys.exit("\n".join(told(change, language="en") for change in breaking.changes))


if __name__ == "__main__":
    _store()
