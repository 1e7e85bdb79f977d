"""Each way to break whoever reads an event is found and named; what breaks nobody is let through."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from typer.testing import CliRunner

from deploy.cli.changes import WORDS, told
from deploy.cli.main import build
from shared.contracts.compatibility import Change, Published, compare, compare_schemas
from shared.contracts.envelope import EventBody
from shared.contracts.published import FOLDER, Breaking, due, revision_of_field, revisions_of, stored

OFFICE = {"type": "string"}
NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
KINDS = {"type": "string", "enum": ["report", "complaint"]}
LATER = date(2026, 12, 24)


def schema(*required: str, definitions: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required), "$defs": definitions or {}}


def nested(kind: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose list of routes each name a kind of petition."""
    routes = {"type": "array", "items": {"$ref": "#/$defs/Route"}}
    return schema("routes", routes=routes, definitions={"Route": schema("kind", kind={"$ref": "#/$defs/Kind"}), "Kind": kind})


BREAKS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "a field is removed": (schema(office=OFFICE), schema(), "field_removed", "office"),
    "a required field is added": (schema(), schema("office", office=OFFICE), "field_added_required", "office"),
    "a field becomes required": (schema(office=OFFICE), schema("office", office=OFFICE), "field_became_required", "office"),
    "a field becomes optional": (schema("office", office=OFFICE), schema(office=OFFICE), "field_became_optional", "office"),
    "null is no longer allowed": (schema(office=NULLABLE), schema(office=OFFICE | {"default": None}), "type_narrowed", "office"),
    "null comes in": (schema(office=OFFICE | {"default": None}), schema(office=NULLABLE), "type_widened", "office"),
    "a number is whole now": (schema(n={"type": "number"}), schema(n={"type": "integer"}), "type_narrowed", "n"),
    "a number is no longer whole": (schema(n={"type": "integer"}), schema(n={"type": "number"}), "type_widened", "n"),
    "text becomes a number": (schema(n=OFFICE), schema(n={"type": "integer"}), "type_changed", "n"),
    "text becomes a list of words": (schema(kind=OFFICE), schema(kind=KINDS), "type_narrowed", "kind"),
    "a list of words becomes text": (schema(kind=KINDS), schema(kind=OFFICE), "type_widened", "kind"),
    "a day becomes an instant": (
        schema(on={"type": "string", "format": "date"}),
        schema(on={"type": "string", "format": "date-time"}),
        "format_changed",
        "on",
    ),
    "a word is removed deep inside": (nested(KINDS), nested(KINDS | {"enum": ["report"]}), "word_removed", "routes[].kind"),
    "a word is added deep inside": (
        nested(KINDS),
        nested(KINDS | {"enum": ["report", "complaint", "wish"]}),
        "word_added",
        "routes[].kind",
    ),
    "an open list is closed": (nested(KINDS | {"x-open": True}), nested(KINDS), "list_closed", "routes[].kind"),
    "a closed list is opened": (nested(KINDS), nested(KINDS | {"x-open": True}), "list_opened", "routes[].kind"),
    "a text must be shorter": (schema(a=OFFICE), schema(a=OFFICE | {"maxLength": 5}), "constraint_tightened", "a"),
    "a text may be longer": (
        schema(a=OFFICE | {"maxLength": 5}),
        schema(a=OFFICE | {"maxLength": 9}),
        "constraint_loosened",
        "a",
    ),
    "a number must be greater": (
        schema(n={"type": "integer", "minimum": 1}),
        schema(n={"type": "integer", "minimum": 2}),
        "constraint_tightened",
        "n",
    ),
    "a text gets a form": (schema(a=OFFICE), schema(a=OFFICE | {"pattern": "^x$"}), "constraint_tightened", "a"),
    "nothing else may be there": (schema(), schema() | {"additionalProperties": False}, "constraint_tightened", ""),
    "what its absence means changes": (
        schema(n={"type": "integer", "default": 1}),
        schema(n={"type": "integer", "default": 2}),
        "default_changed",
        "n",
    ),
    "the values of a table change": (
        schema(by={"type": "object", "additionalProperties": {"type": "integer"}}),
        schema(by={"type": "object", "additionalProperties": {"type": "string"}}),
        "type_changed",
        "by.*",
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_break_is_found_where_it_is(what: str) -> None:
    old, new, code, place = BREAKS[what]
    found = {(change.code, change.place) for change in compare_schemas("e.v1", old, new) if change.is_breaking}
    assert (code, place) in found


FINE: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing changes": (nested(KINDS), nested(KINDS), []),
    "an optional field is added": (schema(), schema(office=NULLABLE), ["field_added"]),
    "an optional field is added deep inside": (
        schema(d={"$ref": "#/$defs/D"}, definitions={"D": schema()}),
        schema(d={"$ref": "#/$defs/D"}, definitions={"D": schema(office=NULLABLE)}),
        ["field_added"],
    ),
    "words are mended": (schema(a=OFFICE), schema(a=OFFICE | {"description": "its code"}), ["words_changed"]),
    "an open list grows": (
        nested(KINDS | {"x-open": True}),
        nested(KINDS | {"x-open": True, "enum": ["report", "complaint", "wish"]}),
        ["word_added"],
    ),
    "a schema is called otherwise": (
        schema(d={"$ref": "#/$defs/D"}, definitions={"D": schema(a=OFFICE)}),
        schema(d={"$ref": "#/$defs/Other"}, definitions={"Other": schema(a=OFFICE)}),
        [],
    ),
    "a schema holds itself": (
        schema(d={"$ref": "#/$defs/D"}, definitions={"D": schema(d={"$ref": "#/$defs/D"})}),
        schema(d={"$ref": "#/$defs/D"}, definitions={"D": schema(d={"$ref": "#/$defs/D"}, a=NULLABLE)}),
        ["field_added"],
    ),
}


@pytest.mark.parametrize("what", FINE)
def test_what_breaks_nobody_is_let_through(what: str) -> None:
    old, new, codes = FINE[what]
    changes = compare_schemas("e.v1", old, new)
    assert ([change.code for change in changes], any(change.is_breaking for change in changes)) == (codes, False)


def test_removed_events_headers_and_subjects_are_breaks() -> None:
    headers = schema("ce-id", **{"ce-id": OFFICE, "ce-cause": OFFICE})
    old = {
        "gone.v1": Published(schema()),
        "kept.v1": Published(schema(), headers=headers, subjects=frozenset({"petitions.kept.v1.{office}"})),
    }
    new = {
        "new.v1": Published(schema()),
        "kept.v1": Published(
            schema(), headers=schema("ce-id", **{"ce-id": {"type": "integer"}}), subjects=frozenset({"petitions.kept.v1"})
        ),
    }
    changes = {(change.code, change.event, change.place): change.is_breaking for change in compare(old, new)}
    assert changes == {
        ("event_removed", "gone.v1", ""): True,
        ("header_removed", "kept.v1", "header ce-cause"): True,
        ("type_changed", "kept.v1", "header ce-id"): True,
        ("subject_changed", "kept.v1", "petitions.kept.v1.{office}"): True,
        ("event_added", "new.v1", ""): False,
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_change_has_words_in_both_languages(language: str) -> None:
    facts = {"old": "string", "new": "null", "word": "wish", "constraint": "maxLength"}
    for code in WORDS:
        line = told(Change(code, "e.v1", "office", is_breaking=True, facts=facts), language=language)
        assert "{" not in line
        assert line.startswith({"vi": "HỎNG", "en": "BREAKS"}[language])


def test_each_code_that_is_found_has_words() -> None:
    codes = {code for *_, code, _ in BREAKS.values()} | {code for *_, codes in FINE.values() for code in codes}
    assert codes <= set(WORDS)


class _First(EventBody):
    """A petition was lodged."""

    code: str


class _Second(_First):
    office: str | None = Field(default=None, description="who has it")


class _Broken(EventBody):
    """A petition was lodged."""

    office: str | None = None


def test_a_stored_schema_gains_a_revision_for_each_day_on_which_something_was_added(tmp_path: Path) -> None:
    models: dict[str, type[EventBody]] = {"e.v1": _First}
    for model, on in ((_First, date(2026, 12, 1)), (_First, date(2026, 12, 2)), (_Second, LATER), (_Second, LATER)):
        models["e.v1"] = model
        for path, text in due(on, models=models, folder=tmp_path):
            path.write_text(text, encoding="utf-8")
    revisions = revisions_of(stored("e.v1", tmp_path))
    assert [(each.number, each.published_on, each.added) for each in revisions] == [
        (1, date(2026, 12, 1), ()),
        (2, LATER, ("office",)),
    ]
    assert (revision_of_field(revisions, "code"), revision_of_field(revisions, "office")) == (1, 2)


def test_a_break_is_never_stored(tmp_path: Path) -> None:
    for path, text in due(LATER, models={"e.v1": _First}, folder=tmp_path):
        path.write_text(text, encoding="utf-8")
    with pytest.raises(Breaking, match="field_removed"):
        list(due(LATER, models={"e.v1": _Broken}, folder=tmp_path))


def test_the_command_tells_a_break_aloud_and_fails(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.json"):
        read = json.loads(path.read_text(encoding="utf-8"))
        if path.stem == "petitions.intake.petition.lodged.v1":
            del read["properties"]["code"]
            read["required"].remove("code")
        (tmp_path / path.name).write_text(json.dumps(read), encoding="utf-8")
    runner = CliRunner()
    words = ["events", "check", str(FOLDER), str(tmp_path), "--lang", "en"]
    done = runner.invoke(build(words), words)
    assert done.exit_code == 1
    assert "BREAKS  petitions.intake.petition.lodged.v1: code: the field was removed" in done.output
    same = ["events", "check", str(FOLDER), str(FOLDER)]
    assert runner.invoke(build(same), same).output.strip() == "Không có gì khác nhau."


def test_what_cannot_be_read_is_said_with_what_can(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no document", encoding="utf-8")
    for where in (str(tmp_path / "note.txt"), str(tmp_path / "missing.json"), str(tmp_path)):
        words = ["events", "check", where, str(FOLDER)]
        done = CliRunner().invoke(build(words), words)
        assert done.exit_code == 1
        assert "AsyncAPI" in done.output
