"""Published events keep their meaning: each stored schema still reads what the code writes, and the code what the schema allows.

`python -m tests.contract.test_schemas` stores the schema of an event that is new. A stored one may gain optional fields only.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import shared.contracts
from shared.contracts import EventBody, event_types

FOLDER = Path(shared.contracts.__file__).parent / "schemas"
TYPES = sorted(event_types())


def _schema(model: type[EventBody]) -> dict[str, Any]:
    return model.model_json_schema(mode="serialization") | {"$id": model.TYPE, "additionalProperties": True}


def _stored(event_type: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((FOLDER / f"{event_type}.json").read_text(encoding="utf-8"))
    return stored


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
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == TYPES


@pytest.mark.parametrize("event_type", TYPES)
def test_the_code_reads_what_the_stored_schema_allows(event_type: str) -> None:
    stored = _stored(event_type)
    for is_full in (False, True):
        example = _examples(stored, stored.get("$defs", {}), is_full=is_full)
        Draft202012Validator(stored).validate(example)
        event_types()[event_type].model_validate_json(json.dumps(example))


@pytest.mark.parametrize("event_type", TYPES)
def test_the_stored_schema_reads_what_the_code_writes(event_type: str) -> None:
    model = event_types()[event_type]
    current = _schema(model)
    for is_full in (False, True):
        example = _examples(current, current.get("$defs", {}), is_full=is_full)
        written = json.loads(model.model_validate_json(json.dumps(example)).model_dump_json())
        Draft202012Validator(_stored(event_type)).validate(written)


@pytest.mark.parametrize("event_type", TYPES)
def test_a_published_event_asks_for_no_more_than_it_did(event_type: str) -> None:
    stored, current = _stored(event_type), _schema(event_types()[event_type])
    assert set(stored["properties"]) <= set(current["properties"])
    assert _required_to_read(event_types()[event_type]) <= set(stored.get("required", []))


def _required_to_read(model: type[EventBody]) -> set[str]:
    return set(model.model_json_schema(mode="validation").get("required", []))


def _store_new() -> None:
    FOLDER.mkdir(exist_ok=True)
    for event_type, model in event_types().items():
        path = FOLDER / f"{event_type}.json"
        if not path.exists():
            path.write_text(json.dumps(_schema(model), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            sys.stdout.write(f"stored {path.name}\n")


if __name__ == "__main__":
    _store_new()
