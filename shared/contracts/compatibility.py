"""Whether what is said now may be read by whoever read it before, and what was said before by whoever reads it now.

Events stay in streams for years, and services, agencies and the events themselves are of different ages: a change must be
harmless in both directions. So optional fields and new events may be added and words be mended; all else is a break.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

OPEN_LIST = "x-open"
"""Of a list of words: readers were told from the start that words may be added, and take an unknown one for "another"."""

_LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_EXACT = ("pattern", "multipleOf", "uniqueItems")
_WORDS = ("description", "title")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions. `place` is ``type: field``, `facts` fill its words (deploy/cli/events.py)."""

    code: str
    event: str
    place: str
    is_breaking: bool
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """One event as it is published: its schema, and where they are known its headers and its subjects."""

    schema: Schema
    headers: Schema | None = None
    subjects: frozenset[str] = frozenset()


def compare(old: Mapping[str, Published], new: Mapping[str, Published]) -> list[Change]:
    """Return every difference between two sets of events, those that break somebody first."""
    found: list[Change] = []
    for event in sorted({*old, *new}):
        if event not in new:
            found.append(Change("event_removed", event, "", is_breaking=True))
        elif event not in old:
            found.append(Change("event_added", event, "", is_breaking=False))
        else:
            found.extend(_of_event(event, old[event], new[event]))
    return sorted(found, key=lambda change: (not change.is_breaking, change.event, change.place, change.code))


def compare_schemas(event: str, old: Schema, new: Schema) -> list[Change]:
    """Return the differences between two schemas of one event's body."""
    return list(_Comparing(event, old, new).nodes(old, new, ""))


def _of_event(event: str, old: Published, new: Published) -> Iterator[Change]:
    yield from compare_schemas(event, old.schema, new.schema)
    if old.headers is not None and new.headers is not None:
        for change in compare_schemas(event, old.headers, new.headers):
            code = change.code.replace("field_", "header_")
            yield Change(code, event, f"header {change.place}", is_breaking=change.is_breaking, facts=change.facts)
    if old.subjects and new.subjects:
        for subject in sorted(old.subjects - new.subjects):
            facts = {"old": subject, "new": ", ".join(sorted(new.subjects))}
            yield Change("subject_changed", event, subject, is_breaking=True, facts=facts)
        if old.subjects <= new.subjects:
            for subject in sorted(new.subjects - old.subjects):
                yield Change("subject_added", event, subject, is_breaking=False)


class _Comparing:
    """Two schemas walked side by side; `$ref` is followed in each."""

    def __init__(self, event: str, old: Schema, new: Schema) -> None:
        self._event = event
        self._roots = (old, new)
        self._open: list[tuple[str, str]] = []

    def nodes(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        """Yield what differs between two schemas that stand in the same place."""
        refs = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(refs) and refs in self._open:
            return  # a schema within itself: it is being compared already
        self._open.append(refs)
        default_old, default_new = old.get("default", _ABSENT), new.get("default", _ABSENT)
        words_old, words_new = ({key: each.get(key) for key in _WORDS if key in each} for each in (old, new))
        if place and default_old != default_new:
            facts = {"old": _shown(default_old), "new": _shown(default_new)}
            yield self._change("default_changed", place, facts=facts)
        if words_old != words_new:
            yield self._change("words_changed", place, is_breaking=False)
        yield from self._alternatives(self._kinds(0, old), self._kinds(1, new), place)
        self._open.pop()

    def _kinds(self, side: int, schema: Schema) -> dict[str, Schema]:
        """Return the alternatives of a schema by what they are: string, object, null …"""
        resolved = schema
        while "$ref" in resolved:
            name = str(resolved["$ref"]).rsplit("/", 1)[1]
            resolved = self._roots[side].get("$defs", {})[name]
        options = resolved.get("anyOf") or resolved.get("oneOf")
        if options:
            found: dict[str, Schema] = {}
            for option in options:
                for kind, each in self._kinds(side, option).items():
                    found[kind if kind not in found else f"{kind} {each.get('title', len(found))}"] = each
            return found
        named = resolved.get("type", _kind_of_words(resolved))
        return dict.fromkeys(named if isinstance(named, list) else [str(named)], resolved)

    def _alternatives(self, old: dict[str, Schema], new: dict[str, Schema], place: str) -> Iterator[Change]:
        gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
        facts = {"old": " | ".join(sorted(old)), "new": " | ".join(sorted(new))}
        if gone == ["number"] and come == ["integer"]:
            yield self._change("type_narrowed", place, facts=facts)
        elif gone == ["integer"] and come == ["number"]:
            yield self._change("type_widened", place, facts=facts)
        elif gone and come:
            yield self._change("type_changed", place, facts=facts)
        elif gone:
            yield self._change("type_narrowed", place, facts=facts)
        elif come:
            yield self._change("type_widened", place, facts=facts)
        for kind in sorted(old.keys() & new.keys()):
            yield from self._same_kind(old[kind], new[kind], place)

    def _same_kind(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        yield from self._words(old, new, place)
        yield from self._constraints(old, new, place)
        if old.get("format") != new.get("format"):
            facts = {"old": str(old.get("format", "-")), "new": str(new.get("format", "-"))}
            yield self._change("format_changed", place, facts=facts)
        if "properties" in old or "properties" in new:
            yield from self._fields(old, new, place)
        if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
            yield from self.nodes(old["items"], new["items"], f"{place}[]")
        extra_old, extra_new = (each.get("additionalProperties", True) for each in (old, new))
        if isinstance(extra_old, Mapping) and isinstance(extra_new, Mapping):
            yield from self.nodes(extra_old, extra_new, f"{place}.*")
        elif extra_old != extra_new:
            code = "constraint_tightened" if extra_old is True else "constraint_loosened"
            yield self._change(code, place, facts=_facts("additionalProperties", extra_old, extra_new))

    def _words(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        listed_old, listed_new = _listed(old), _listed(new)
        if listed_old is None or listed_new is None:
            if listed_old != listed_new:
                code = "type_widened" if listed_new is None else "type_narrowed"
                facts = {"old": _shown(listed_old, "any"), "new": _shown(listed_new, "any")}
                yield self._change(code, place, facts=facts)
            return
        for word in (word for word in listed_old if word not in listed_new):
            yield self._change("word_removed", place, facts={"word": str(word)})
        for word in (word for word in listed_new if word not in listed_old):
            yield self._change("word_added", place, is_breaking=not old.get(OPEN_LIST, False), facts={"word": str(word)})
        if old.get(OPEN_LIST, False) != new.get(OPEN_LIST, False):
            yield self._change("list_closed" if old.get(OPEN_LIST) else "list_opened", place)

    def _constraints(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        for keys, is_tighter_upwards in ((_LEAST, True), (_MOST, False)):
            for key in keys:
                before, after = old.get(key), new.get(key)
                if before == after:
                    continue
                is_tighter = before is None or (after is not None and (after > before) is is_tighter_upwards)
                code = "constraint_tightened" if is_tighter else "constraint_loosened"
                yield self._change(code, place, facts=_facts(key, before, after))
        for key in _EXACT:
            if old.get(key) != new.get(key):
                code = "constraint_loosened" if new.get(key) is None else "constraint_tightened"
                yield self._change(code, place, facts=_facts(key, old.get(key), new.get(key)))

    def _fields(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        fields_old, fields_new = old.get("properties", {}), new.get("properties", {})
        required_old, required_new = set(old.get("required", ())), set(new.get("required", ()))
        for name in fields_old:
            here = f"{place}.{name}" if place else name
            if name not in fields_new:
                yield self._change("field_removed", here)
                continue
            if name in required_new - required_old:
                yield self._change("field_became_required", here)
            elif name in required_old - required_new:
                yield self._change("field_became_optional", here)
            yield from self.nodes(fields_old[name], fields_new[name], here)
        for name in (name for name in fields_new if name not in fields_old):
            here = f"{place}.{name}" if place else name
            code = "field_added_required" if name in required_new else "field_added"
            yield self._change(code, here, is_breaking=name in required_new)

    def _change(self, code: str, place: str, *, is_breaking: bool = True, facts: Mapping[str, str] | None = None) -> Change:
        return Change(code, self._event, place, is_breaking=is_breaking, facts=facts or {})


def _kind_of_words(schema: Schema) -> str:
    words = _listed(schema)
    return "any" if not words else "string" if all(isinstance(word, str) for word in words) else "any"


def _listed(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    words = schema.get("enum")
    return list(words) if words is not None else None


def _facts(key: str, old: object, new: object) -> dict[str, str]:
    return {"constraint": key, "old": _shown(old), "new": _shown(new)}


def _shown(value: object, absent: str = "-") -> str:
    return absent if value is _ABSENT or value is None else str(value)
