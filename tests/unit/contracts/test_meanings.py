"""Whatever is published has words in Vietnamese and English, and an example that is what the code reads and writes."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared.contracts import event_types
from shared.contracts.conversation import speaker_of
from shared.contracts.meanings import FOLDER, Words, listed_words, meaning_of, shared_fields
from shared.contracts.published import schema_of, stored

TYPES = sorted(event_types())
SERVICES = ("intake", "routing", "escalation", "notify", "audit")


@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_has_a_title_a_meaning_and_when_it_is_said(event_type: str) -> None:
    meaning = meaning_of(event_type)
    assert meaning is not None, f"shared/contracts/meanings/{speaker_of(event_type)}.yaml"
    for words in (meaning.title, meaning.meaning, meaning.when):
        assert words.vi.strip()
        assert words.en.strip()
        assert words.vi != words.en


@pytest.mark.parametrize("event_type", TYPES)
def test_each_field_has_words(event_type: str) -> None:
    meaning, schema = meaning_of(event_type), schema_of(event_types()[event_type])
    assert meaning is not None
    missing = [name for name in schema["properties"] if meaning.field(name) is None]
    for owner, nested in schema.get("$defs", {}).items():
        missing += [f"{owner}.{name}" for name in nested.get("properties", {}) if meaning.field(name, owner=owner) is None]
    assert not missing, f"{event_type}: write them into shared/contracts/meanings"


@pytest.mark.parametrize("event_type", TYPES)
def test_each_word_of_a_list_has_words(event_type: str) -> None:
    lists = {name: each["enum"] for name, each in schema_of(event_types()[event_type]).get("$defs", {}).items() if "enum" in each}
    missing = [f"{name}.{word}" for name, words in lists.items() for word in words if word not in listed_words(name)]
    assert not missing, "shared/contracts/meanings/lists.yaml"


@pytest.mark.parametrize("event_type", TYPES)
def test_the_example_is_what_the_code_reads(event_type: str) -> None:
    meaning, model = meaning_of(event_type), event_types()[event_type]
    assert meaning is not None
    read = model.model_validate_json(json.dumps(meaning.example))
    written = json.loads(read.model_dump_json())
    assert {name: written[name] for name in meaning.example} == dict(meaning.example), (
        "an example is written as the code writes it"
    )
    Draft202012Validator(stored(event_type), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(dict(meaning.example))


def test_nothing_is_told_of_what_is_not_there() -> None:
    named = {
        f"petitions.{name}.{tail}" for name in SERVICES for tail in yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    }
    assert named == set(TYPES)
    known: set[str] = set()
    for event_type in TYPES:
        schema = schema_of(event_types()[event_type])
        known |= set(schema["properties"])
        for owner, nested in schema.get("$defs", {}).items():
            known |= {f"{owner}.{name}" for name in nested.get("properties", {})}
        meaning = meaning_of(event_type)
        assert meaning is not None
        assert set(meaning.fields) <= set(schema["properties"]), event_type
    assert set(shared_fields()) <= known


def test_words_stand_beside_one_another_unless_they_are_the_same() -> None:
    assert str(Words("Trả lời", "Answered")) == "Trả lời · Answered"
    assert str(Words("W3C", "W3C")) == "W3C"
