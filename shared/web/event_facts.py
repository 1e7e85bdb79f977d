"""What the pages of events show: read from the same contracts, schemas and words as the AsyncAPI document."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.contracts.asyncapi import subjects_of
from shared.contracts.asyncapi_common import HEADERS, example_headers
from shared.contracts.conversation import Part, hearers, speaker_of
from shared.contracts.envelope import event_types
from shared.contracts.meanings import Meaning, listed_words, meaning_of
from shared.contracts.published import Revision, revision_of_field, revisions_of, stored

SERVICES = {
    "intake": ("Tiếp nhận", "Lodging"),
    "routing": ("Phân loại và giải quyết", "The procedure"),
    "escalation": ("Thời hạn", "Time"),
    "notify": ("Thông báo", "Telling"),
    "audit": ("Nhật ký", "Remembering"),
}
"""In the order in which a petition meets them."""
ENGLISH = "en"
_TYPES = {
    "string": ("chữ", "text"),
    "integer": ("số nguyên", "whole number"),
    "number": ("số", "number"),
    "boolean": ("đúng/sai", "true or false"),
    "object": ("đối tượng", "object"),
    "array": ("danh sách", "list"),
    "date-time": ("thời điểm", "instant"),
    "date": ("ngày", "day"),
    "uuid": ("định danh", "id"),
}


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field as it is shown. `words` are those of a list, with what each means; `since` is the revision, None: the first one."""

    name: str
    type: str
    meaning: str
    is_required: bool
    default: str | None
    words: tuple[tuple[str, str], ...]
    is_open: bool
    since: Revision | None


def index_facts(part: Part, *, language: str) -> dict[str, Any]:
    """Return what the index shows: for each service its events."""
    services = []
    for name, titles in SERVICES.items():
        said = [each for each in sorted(event_types()) if speaker_of(each) == name]
        events = [_line(each, name, language) for each in said]
        services.append({"name": name, "title": _chosen(titles, language), "events": events})
    return {"services": services, "own": part.service}


def _line(event_type: str, service: str, language: str) -> dict[str, object]:
    meaning = meaning_of(event_type)
    return {
        "type": event_type,
        "href": f"/{service}/events/{_tail(event_type)}",
        "tail": _tail(event_type),
        "title": meaning.title.of(language) if meaning else _tail(event_type),
        "meaning": meaning.meaning.of(language) if meaning else "",
    }


def event_facts(part: Part, event_type: str, *, language: str) -> dict[str, Any]:
    """Return what the page of an event shows."""
    meaning, schema = meaning_of(event_type), stored(event_type)
    revisions = revisions_of(schema)
    example = json.dumps(meaning.example, indent=2, ensure_ascii=False) if meaning else ""
    headers = "\n".join(f"{name}: {value}" for name, value in example_headers(event_type).items())
    return {
        "event": _line(event_type, part.service, language),
        "when": meaning.when.of(language) if meaning else "",
        "said_by": {"name": part.service, "title": _chosen(SERVICES[part.service], language)},
        "heard_by": [{"name": each, "title": _chosen(SERVICES[each], language)} for each in hearers().get(event_type, ())],
        "subjects": [subject for _, subject in subjects_of(event_type, meaning)],
        "may_be_sealed": meaning is not None and meaning.may_be_sealed,
        "sections": list(_Body(schema, meaning, revisions, language).sections()),
        "headers": list(_headers(language)),
        "example": example,
        "example_headers": headers,
        "revisions": [_revision(each) for each in reversed(revisions)],
        "others": [_line(each, part.service, language) for each in part.said()],
    }


@dataclass(frozen=True, slots=True)
class _Body:
    """The body of an event, to be shown in a language."""

    schema: Mapping[str, Any]
    meaning: Meaning | None
    revisions: tuple[Revision, ...]
    language: str

    def sections(self) -> Iterator[dict[str, object]]:
        """Yield the body's own fields, then those of each object within it."""
        yield {"name": "", "fields": list(self._fields(self.schema, owner=None))}
        for name, nested in self._definitions().items():
            if "properties" in nested:
                yield {"name": name, "fields": list(self._fields(nested, owner=name))}

    def _definitions(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.schema.get("$defs", {})
        return found

    def _fields(self, schema: Mapping[str, Any], *, owner: str | None) -> Iterator[FieldFacts]:
        required, definitions = set(schema.get("required", ())), self._definitions()
        for name, each in schema.get("properties", {}).items():
            words = self.meaning.field(name, owner=owner) if self.meaning else None
            number = revision_of_field(self.revisions, name) if owner is None else 1
            listed = _list_of(each, definitions)
            yield FieldFacts(
                name=name,
                type=_type(each, definitions, self.language),
                meaning=words.of(self.language) if words else str(each.get("description", "")),
                is_required=name in required,
                default=json.dumps(each["default"], ensure_ascii=False) if each.get("default") not in (None, []) else None,
                words=tuple(_listed(listed, definitions, self.language)) if listed else (),
                is_open=bool(listed and definitions[listed].get("x-open")),
                since=self.revisions[number - 1] if number > 1 else None,
            )


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any], language: str) -> str:
    """Return what a field holds, in words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[1]
        return name if "properties" in definitions[name] else _type(definitions[name], definitions, language)
    if "anyOf" in schema:
        options = [_type(each, definitions, language) for each in schema["anyOf"] if each.get("type") != "null"]
        return f"{' | '.join(options)} | null"
    if "enum" in schema:
        return _chosen(("từ trong danh sách", "word of a list"), language)
    kind = str(schema.get("format", schema.get("type", "")))
    words = _chosen(_TYPES.get(kind, (kind, kind)), language)
    if kind == "array":
        return f"{words}: {_type(schema['items'], definitions, language)}"
    return words


def _list_of(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str | None:
    """Return the name of the list that a field's words are of."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[1]
        return name if "enum" in definitions[name] else None
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if isinstance(schema.get("items"), Mapping) else [])]
    return next((found for each in inner if (found := _list_of(each, definitions))), None)


def _listed(name: str, definitions: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    told = listed_words(name)
    for word in definitions[name]["enum"]:
        yield word, told[word].of(language) if word in told else ""


def _headers(language: str) -> Iterator[dict[str, object]]:
    for name, each in HEADERS["properties"].items():
        vietnamese, _, english = str(each.get("description", "")).partition(" · ")
        meaning = (english or vietnamese) if language == ENGLISH else vietnamese
        yield {"name": name, "meaning": meaning, "is_required": name in HEADERS["required"]}


def _revision(revision: Revision) -> dict[str, object]:
    on: date = revision.published_on
    return {"number": revision.number, "on": on, "added": revision.added}


def _tail(event_type: str) -> str:
    return event_type.split(".", 2)[2]


def _chosen(words: tuple[str, str], language: str) -> str:
    return words[1] if language == ENGLISH else words[0]
