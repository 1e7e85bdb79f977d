"""The OpenAPI documents show how each door is used: every body and every answer has an example, and every example is true."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from deploy.house import room
from deploy.local.rights import environ_of_doors
from deploy.names import SERVICES
from services.escalation.wire.amendments import read as read_amendment
from services.intake.domain import code as codes
from services.intake.domain import phrase
from services.intake.gateways.spreadsheets import read_lines
from services.intake.wire.counter import parse_counter
from services.intake.wire.lodging import parse_lodging
from services.intake.wire.voters import read_voters
from services.routing.wire.competence_files import check_together, read_table, shipped_lexicon
from services.routing.wire.directory_file import read_directory, shipped_directories
from services.routing.wire.procedure_files import shipped_procedures
from shared.contracts.words import OutsideBody
from shared.kernel.clock import SystemClock
from shared.web.examples import read_examples
from shared.web.problems import MEDIA_TYPE

ROOT = Path(__file__).resolve().parents[2]
JSON_TYPE = "application/json"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    environ = environ_of_doors(tmp_path_factory.mktemp("doors"))
    return {name: cast("FastAPI", room(name).build(environ, clock=SystemClock()).app).openapi() for name in SERVICES}


def operations(documents: dict[str, Document]) -> Iterator[tuple[str, Document, Document]]:
    for name, document in documents.items():
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                yield f"{name} {method.upper()} {path}", document, operation


def shown(content: Document) -> list[Any]:
    return [example["value"] for example in content.get("examples", {}).values()]


def test_every_body_that_a_door_reads_is_described_with_an_example(documents: dict[str, Document]) -> None:
    bare = [
        door
        for door, _, operation in operations(documents)
        if "requestBody" in operation and not any(shown(content) for content in operation["requestBody"]["content"].values())
    ]
    assert bare == []
    bodies = {door for door, _, operation in operations(documents) if "requestBody" in operation}
    read_by_hand = {"counter/petitions", "voters/files", "petitions/{code}/attachments", "sealed/attachments"}
    assert {f"intake POST /api/{path}" for path in read_by_hand} <= bodies


def test_every_answer_of_a_door_that_did_its_work_has_an_example(documents: dict[str, Document]) -> None:
    bare = [
        f"{door} {status}"
        for door, _, operation in operations(documents)
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for content in answer.get("content", {}).values()
        if not shown(content)
    ]
    assert bare == []


def test_every_problem_of_a_door_has_an_example_in_both_languages(documents: dict[str, Document]) -> None:
    bare, number = [], 0
    for door, _, operation in operations(documents):
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                number += 1
                content = answer["content"][MEDIA_TYPE]
                told = {language: example["value"] for language, example in content["examples"].items()}
                is_told = set(told) == {"vi", "en"} and told["vi"]["detail"] != told["en"]["detail"]
                bare += [] if is_told and told["vi"]["status"] == int(status) else [f"{door} {status}"]
    assert bare == []
    assert number > 500


def test_every_example_fits_its_schema(documents: dict[str, Document]) -> None:
    wrong = []
    for door, document, operation in operations(documents):
        contents = [("request", content) for content in operation.get("requestBody", {}).get("content", {}).items()]
        contents += [
            (status, content)
            for status, answer in operation["responses"].items()
            for content in answer.get("content", {}).items()
        ]
        for where, (_, content) in contents:
            for value in shown(content):
                wrong += [
                    f"{door} {where}: {error.message[:200]}"
                    for error in _validator(content["schema"], document).iter_errors(value)
                ]
    assert wrong == []


def test_no_example_is_of_a_door_that_does_not_exist(documents: dict[str, Document]) -> None:
    for name, document in documents.items():
        doors = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
        assert set(read_examples(ROOT / "services" / name / "examples.json")) <= doors


def test_the_examples_of_bodies_that_are_read_by_hand_are_read_without_a_mistake(documents: dict[str, Document]) -> None:
    paths = documents["intake"]["paths"]

    def example(path: str, media_type: str = JSON_TYPE) -> Any:
        return shown(paths[path]["post"]["requestBody"]["content"][media_type])[0]

    lodging, mistakes = parse_lodging(orjson.dumps(example("/api/petitions")))
    assert (lodging is not None, mistakes) == (True, [])
    lines, mistakes = parse_counter(orjson.dumps(example("/api/counter/petitions")), today=date(2026, 11, 28))
    assert ([line.mistakes for line in lines], mistakes) == ([[]], [])
    voters = read_voters(
        (item.line, item.values, item.trouble) for item in read_lines(example("/api/voters/files", "text/csv").encode())
    )
    assert (len(voters.lines), voters.rejected) == (1, [])


def _bodies(service: str) -> Iterator[tuple[str, Document]]:
    """Return the body that each door of a service shows."""
    for door, shows in read_examples(ROOT / "services" / service / "examples.json").items():
        if isinstance(shows.get("request"), dict):
            yield door, shows["request"]


def test_every_word_of_a_list_in_an_example_of_an_act_is_in_that_list() -> None:
    listed: dict[str, set[str]] = {}
    for procedure in shipped_procedures().values():
        for act, provision in procedure.provisions.items():
            listed.setdefault(str(act), set()).update(provision.grounds)
    acts = {door.removeprefix("POST /api/petitions/{code}/"): body for door, body in _bodies("routing")}
    named = {act: body.get("ground") or body.get("reason") for act, body in acts.items() if listed.get(act)}
    assert {act: word for act, word in named.items() if word not in listed[act]} == {}
    assert len([word for word in named.values() if word]) > 5
    assert acts["guide"]["to_body"] in set(OutsideBody)
    assert acts["convert"]["procedure"] in shipped_procedures()
    assert {acts["classify"]["topic"]} <= shipped_lexicon().topics.keys()


def test_every_handle_in_an_example_can_be_read() -> None:
    readers: dict[str, Callable[[str], object]] = {"into": codes.parse, "secret": codes.parse, "phrase": phrase.parse}
    for door, body in (*_bodies("intake"), *_bodies("routing")):
        for name, read in readers.items():
            if name in body:
                assert read(body[name]), door


def test_the_example_of_a_petition_taken_apart_leaves_no_denunciation_behind() -> None:
    body = dict(_bodies("intake"))["POST /api/petitions/{code}/split"]
    assert any(part["kind"] == "denunciation" for part in body["parts"])
    assert body["remaining_text"]


def test_the_examples_of_files_are_read_without_a_mistake() -> None:
    routing, escalation = dict(_bodies("routing")), dict(_bodies("escalation"))
    directories = shipped_directories()
    for door in ("POST /api/competence/tables", "POST /api/competence/preview"):
        check_together([read_table(routing[door]["content"])], directories, shipped_lexicon())
    directory = routing["POST /api/directory"]
    assert read_directory(directory["content"]).offices
    assert directory["is_check_only"], "an example never replaces a directory that somebody has loaded"
    for door in ("POST /api/amendments/preview", "POST /api/amendments"):
        assert read_amendment(escalation[door]["kind"], escalation[door]["content"])


def _validator(schema: Document, document: Document) -> Draft202012Validator:
    """Return a validator that knows the components of the document."""
    whole = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:document", whole)
    return Draft202012Validator(_absolute(schema), registry=registry)


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: f"urn:document{value}" if name == "$ref" else _absolute(value) for name, value in schema.items()}
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema
