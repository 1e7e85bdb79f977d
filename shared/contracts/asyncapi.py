"""The AsyncAPI 3 document of one service: what it says and hears, from its contracts and its consumer; and many as one.

Nothing here is written down a second time: schemas are the stored ones, subjects and headers the envelope's, words the table's.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.contracts.asyncapi_common import COMMON, EXAMPLE_ID, HEADERS, example_headers
from shared.contracts.conversation import Part, speaker_of
from shared.contracts.envelope import SEALED_ROOT, SUBJECT_ROOT, event_types
from shared.contracts.meanings import Meaning, listed_words, meaning_of
from shared.contracts.published import REVISIONS, revision_of_field, revisions_of, stored

VERSION = "3.0.0"
MEDIA_TYPE = "application/json"
_DEFS = "#/$defs/"
_SCHEMAS = "#/components/schemas/"


def document(part: Part) -> dict[str, Any]:
    """Return the document of one service."""
    said, heard = part.said(), part.heard()
    shown = [*said, *heard]
    schemas: dict[str, Any] = {}
    for each in shown:
        schemas |= _schemas(each)
    title = f"Cầu Nối: {part.service}"
    operations = {
        key: operation
        for action, types in (("send", said), ("receive", heard))
        for each in types
        for key, operation in _operations(part, action, each)
    }
    return _whole(
        title,
        channels=dict(channel for each in shown for channel in _channels(part, each)),
        operations=operations,
        messages={each: _message(each) for each in shown},
        schemas=schemas,
    )


def merged(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return several services' documents as one. Raises ValueError where two say different things of one name."""
    found: dict[str, dict[str, Any]] = {"channels": {}, "operations": {}, "messages": {}, "schemas": {}}
    for each in documents:
        parts = {**each, **each["components"]}
        for name, known in found.items():
            for key, value in parts[name].items():
                if known.setdefault(key, value) != value:
                    raise ValueError(f"two services say different things of {name} {key}")
    return _whole("Cầu Nối", **{name: dict(sorted(each.items())) for name, each in found.items()})


def _whole(title: str, *, channels: Any, operations: Any, messages: Any, schemas: Any) -> dict[str, Any]:
    latest = max(revision.published_on for each in messages for revision in revisions_of(stored(each)))
    common = dict(COMMON)
    components = {**common.pop("components"), "messages": messages, "schemas": {**schemas, "CloudEventHeaders": HEADERS}}
    info = {"title": title, "version": latest.isoformat(), **common.pop("info")}
    whole = {"asyncapi": VERSION, "info": info, **common}
    return whole | {"channels": channels, "operations": operations, "components": components}


def subjects_of(event_type: str, meaning: Meaning | None) -> list[tuple[str, str]]:
    """Return the roots and subjects under which an event is said, its parameters in braces."""
    tail = event_type.removeprefix(f"{SUBJECT_ROOT}.")
    roots = [SUBJECT_ROOT, SEALED_ROOT] if meaning is not None and meaning.may_be_sealed else [SUBJECT_ROOT]
    return [(root, f"{root}.{tail}.{{office}}.{{{aggregate_of(meaning)}}}") for root in roots]


def aggregate_of(meaning: Meaning | None) -> str:
    """Return what the last part of the subject is called."""
    return "petition_id" if meaning is not None and meaning.may_be_sealed else "aggregate_id"


def _channels(part: Part, event_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    meaning = meaning_of(event_type)
    streams = {root: name for name, root in part.streams.items()}
    for root, subject in subjects_of(event_type, meaning):
        last = aggregate_of(meaning)
        channel: dict[str, Any] = {
            "address": subject,
            "servers": [{"$ref": "#/servers/nats"}],
            "messages": {event_type: {"$ref": f"#/components/messages/{event_type}"}},
            "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in ("office", last)},
            "tags": [{"name": speaker_of(event_type)}],
            "x-stream": streams[root],
        }
        if meaning is not None:
            channel["title"] = str(meaning.title)
        if root == SEALED_ROOT:
            channel["description"] = (
                "Về đơn tố cáo: luồng niêm phong, có quyền riêng. · Of denunciations: sealed, with rights of its own."
            )
        yield _channel_key(root, event_type), channel


def _channel_key(root: str, event_type: str) -> str:
    return f"{root}.{event_type.removeprefix(f'{SUBJECT_ROOT}.')}"


def _operations(part: Part, action: str, event_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    meaning = meaning_of(event_type)
    verb = "says" if action == "send" else "hears"
    for root, _ in subjects_of(event_type, meaning):
        key = _channel_key(root, event_type)
        operation: dict[str, Any] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{key}"},
            "messages": [{"$ref": f"#/channels/{key}/messages/{event_type}"}],
            "tags": [{"name": part.service}],
        }
        if meaning is not None:
            operation["summary"] = str(meaning.when)
        if action == "receive" and part.consumer:
            operation["x-consumer"] = part.consumer
        yield f"{part.service}.{verb}.{key}", operation


def _message(event_type: str) -> dict[str, Any]:
    schema, meaning = stored(event_type), meaning_of(event_type)
    message: dict[str, Any] = {
        "name": event_type,
        "contentType": MEDIA_TYPE,
        "payload": {"$ref": f"{_SCHEMAS}{event_type}"},
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "tags": [{"name": speaker_of(event_type)}],
        REVISIONS: schema[REVISIONS],
    }
    if meaning is not None:
        example = {"name": "example", "headers": example_headers(event_type), "payload": dict(meaning.example)}
        message |= {
            "title": str(meaning.title),
            "summary": str(meaning.meaning),
            "description": str(meaning.when),
            "examples": [example],
            "x-sealed": meaning.may_be_sealed,
        }
    return message


def _schemas(event_type: str) -> dict[str, Any]:
    """Return the schemas of an event by their names, with words in both languages and what came later marked."""
    whole, meaning = stored(event_type), meaning_of(event_type)
    body = {key: value for key, value in whole.items() if key not in ("$defs", "$id", REVISIONS)}
    revisions = revisions_of(whole)
    found = {event_type: _worded(body, meaning, owner=None)}
    for name, each in found[event_type].get("properties", {}).items():
        number = revision_of_field(revisions, name)
        if number > 1:
            each["x-since"] = {"revision": number, "on": revisions[number - 1].published_on.isoformat()}
    for name, nested in whole.get("$defs", {}).items():
        found[name] = _worded(nested, meaning, owner=name)
    return found


def _worded(schema: Mapping[str, Any], meaning: Meaning | None, *, owner: str | None) -> dict[str, Any]:
    """Return a schema whose fields, and whose words where it is a list, are told in both languages."""
    told: dict[str, Any] = _pointing(schema)
    for name, each in told.get("properties", {}).items():
        words = meaning.field(name, owner=owner) if meaning is not None else None
        if words is not None:
            each["description"] = str(words)
    if owner is not None and "enum" in told:
        listed = listed_words(owner)
        told["x-words"] = {word: str(listed[word]) for word in told["enum"] if word in listed}
    if owner is None and meaning is not None:
        told["description"] = str(meaning.meaning)
    return told


def _pointing(value: Any) -> Any:
    """Return a copy whose `$ref`s point to the components of the document."""
    if isinstance(value, Mapping):
        return {
            key: each.replace(_DEFS, _SCHEMAS) if key == "$ref" and isinstance(each, str) else _pointing(each)
            for key, each in value.items()
        }
    return [_pointing(each) for each in value] if isinstance(value, list) else value


__all__ = ["EXAMPLE_ID", "document", "event_types", "merged", "subjects_of"]
