"""What the services tell of their events: the committed document, the official schema of AsyncAPI, and the pages.

No database and no bus is there: contracts are told by whoever is built.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from deploy.house import room
from deploy.local.environment import environment, make_secrets
from deploy.local.events import ASYNCAPI, documents, files_due
from deploy.local.hosting import house
from deploy.local.rights import NOWHERE
from deploy.names import SERVICES
from shared.contracts import Cause, Envelope, event_types
from shared.contracts.asyncapi_common import HEADERS
from shared.contracts.conversation import hearers, speaker_of
from shared.contracts.meanings import meaning_of
from shared.kernel.clock import SystemClock

SPECIFICATION = Path(__file__).resolve().parents[1] / "javascript/node_modules/@asyncapi/specs/schemas/3.0.0.json"
TYPES = sorted(event_types())
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    return documents()


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(ASYNCAPI.read_text(encoding="utf-8")))


def test_the_committed_files_are_what_the_services_tell() -> None:
    assert [path.name for path, _ in files_due()] == [], "caunoi events docs"


def test_every_document_is_asyncapi_by_its_official_schema(told: dict[str, dict[str, Any]], whole: dict[str, Any]) -> None:
    if not SPECIFICATION.is_file():
        pytest.skip("tests/javascript/node_modules is not there (make test installs it)")
    validator = Draft7Validator(json.loads(SPECIFICATION.read_text(encoding="utf-8")))
    for document in (*told.values(), whole):
        assert [error.message for error in validator.iter_errors(document)] == []
        broken = document | {"operations": {"x": {"action": "shout", "channel": {"$ref": "#/channels/x"}}}}
        assert not validator.is_valid(broken)


def test_every_reference_leads_somewhere(told: dict[str, dict[str, Any]], whole: dict[str, Any]) -> None:
    for document in (*told.values(), whole):
        for reference in _references(document):
            found: Any = document
            for part in reference.removeprefix("#/").split("/"):
                assert part in found, reference
                found = found[part]


def test_each_service_says_its_own_events_and_hears_what_it_acts_on(told: dict[str, dict[str, Any]]) -> None:
    said = {name: _of(document, "send") for name, document in told.items()}
    assert {each for types in said.values() for each in types} == set(TYPES)
    assert all(speaker_of(each) == name for name, types in said.items() for each in types)
    for name, document in told.items():
        heard = _of(document, "receive")
        assert {each for each, names in hearers().items() if name in names} == heard
    assert _of(told["audit"], "receive") >= {each for each in TYPES if speaker_of(each) != "audit"}


def test_what_concerns_a_petition_is_told_sealed_too_and_nothing_else(whole: dict[str, Any]) -> None:
    sealed = {each.removeprefix("sealed.") for each in whole["channels"] if each.startswith("sealed.")}
    of_petitions = {each.removeprefix("petitions.") for each in TYPES if _meaning(each).may_be_sealed}
    assert sealed == of_petitions
    assert whole["channels"]["sealed.intake.petition.lodged.v1"]["x-stream"] == "SEALED"


@pytest.mark.parametrize("event_type", TYPES)
def test_the_example_of_a_message_fits_its_schemas_and_is_said_under_its_subject(event_type: str, whole: dict[str, Any]) -> None:
    message = whole["components"]["messages"][event_type]
    example = message["examples"][0]
    root = {"components": whole["components"]}
    Draft202012Validator(root | message["payload"]).validate(example["payload"])
    Draft202012Validator(HEADERS).validate(example["headers"])
    subject = f"petitions.{event_type.removeprefix('petitions.')}.hanoi-00070.{UUID(int=7)}"
    assert Envelope.from_headers(example["headers"], subject=subject).type == event_type
    addresses = [channel["address"] for channel in whole["channels"].values() if event_type in channel["messages"]]
    assert any(re.fullmatch(re.sub(r"\{\w+\}", r"[^.]+", address.replace(".", r"\.")), subject) for address in addresses)


def test_every_header_that_an_envelope_writes_is_told() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    full = Envelope(
        id=UUID(int=1),
        type=TYPES[0],
        source="routing",
        aggregate_id=UUID(int=2),
        version=3,
        effective_at=at,
        recorded_at=at,
        actor="person:x",
        authority="officer@hanoi",
        correlation_id=UUID(int=4),
        cause=Cause(UUID(int=5), "intake", 1),
        office="_",
        is_sealed=False,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    assert set(full.headers()) == set(HEADERS["properties"])


@pytest.fixture
def city(tmp_path: Path) -> httpx.AsyncClient:
    make_secrets(tmp_path)
    (tmp_path / "secrets" / "nats-caunoi").write_text("-")
    environ = environment(tmp_path, NOWHERE, given={})
    apps = {name: room(name).build(environ, clock=SystemClock()).app for name in SERVICES}
    return httpx.AsyncClient(transport=httpx.ASGITransport(house(apps)), base_url="http://city")


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_event_has_a_page_that_the_index_leads_to(city: httpx.AsyncClient, language: str) -> None:
    spoken = PAGE | {"Accept-Language": language}
    index = await city.get("/routing/events", headers=spoken)
    links = sorted(set(re.findall(r'href="(/[a-z]+/events/[^"#]+)"', index.text)))
    assert links == sorted(f"/{speaker_of(each)}/events/{each.split('.', 2)[2]}" for each in TYPES)
    for link in links:
        shown = await city.get(link, headers=spoken)
        event_type = f"petitions.{link.split('/')[1]}.{link.rsplit('/', 1)[1]}"
        assert shown.status_code == 200, link
        _shows(shown.text, event_type, language)


def _shows(html: str, event_type: str, language: str) -> None:
    meaning = _meaning(event_type)
    plain = html.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
    for words in (meaning.title, meaning.meaning, meaning.when):
        assert words.of(language) in plain, event_type
    assert all(f"<code>{name}</code>" in html for name in event_types()[event_type].model_fields)
    assert "src=" not in html.replace('rel="icon"', "")
    assert not re.search(r'(?:href|src)="(?:https?:)?//', html)
    assert f'<html lang="{language}">' in html


async def test_the_page_of_an_event_tells_who_says_and_who_hears_it_and_how_it_grew(city: httpx.AsyncClient) -> None:
    html = (await city.get("/intake/events/petition.lodged.v1", headers=PAGE | {"Accept-Language": "en"})).text
    assert "Lodging (intake)" in html
    assert "The procedure (routing), Time (escalation)" in html
    assert "sealed.intake.petition.lodged.v1.{office}.{petition_id}" in html
    assert "since version 1.1" in html
    assert "Phản ánh hiện trường" not in html


async def test_an_event_of_another_service_is_not_shown_and_what_is_not_there_is_not_found(city: httpx.AsyncClient) -> None:
    for path in ("/intake/events/petition.routed.v1", "/intake/events/nothing.v1"):
        assert (await city.get(path, headers=PAGE)).status_code == 404


def _meaning(event_type: str) -> Any:
    found = meaning_of(event_type)
    assert found is not None, event_type
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref":
                yield each
            else:
                yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _of(document: dict[str, Any], action: str) -> set[str]:
    found = [each for each in document["operations"].values() if each["action"] == action]
    return {operation["messages"][0]["$ref"].rsplit("/", 1)[1] for operation in found}
