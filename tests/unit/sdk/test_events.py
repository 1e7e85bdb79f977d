"""Events of the SDK: what the services write is read, typed; what came after the package is read as far as it is known."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

import caunoi_sdk.events
from caunoi_sdk import Event, Unreadable
from caunoi_sdk.events.words import Kind, Step
from deploy.local.sdk import models_due
from shared.contracts import Cause, Envelope, event_types
from shared.contracts.meanings import meaning_of
from shared.contracts.published import schema_of

TYPES = sorted(event_types())
AT = datetime(2026, 11, 27, 2, 7, tzinfo=UTC)


def envelope(event_type: str, **more: object) -> Envelope:
    given: dict[str, object] = {
        "id": UUID(int=1),
        "type": event_type,
        "source": "routing",
        "aggregate_id": UUID(int=2),
        "version": 3,
        "effective_at": AT,
        "recorded_at": AT,
        "actor": "person:x",
        "authority": "officer@hanoi",
        "correlation_id": UUID(int=4),
        "cause": Cause(UUID(int=5), "intake", 1),
        "office": "hanoi",
        "is_sealed": False,
        "traceparent": None,
    }
    return Envelope(**(given | more))  # type: ignore[arg-type]  # as the envelope takes them


def test_the_models_are_those_of_the_contracts() -> None:
    assert [path.name for path, _ in models_due()] == [], "caunoi events docs"
    assert set(caunoi_sdk.events.event_types()) == set(TYPES)


@pytest.mark.parametrize("event_type", TYPES)
def test_the_fields_of_a_model_are_those_of_the_contract(event_type: str) -> None:
    ours, theirs = caunoi_sdk.events.event_types()[event_type], event_types()[event_type]
    assert ours.model_json_schema()["properties"].keys() == schema_of(theirs)["properties"].keys()
    meaning = meaning_of(event_type)
    if meaning is not None:
        read = ours.model_validate_json(json.dumps(meaning.example))
        assert json.loads(read.model_dump_json()) == json.loads(
            theirs.model_validate_json(json.dumps(meaning.example)).model_dump_json()
        )


def test_an_event_is_read_with_all_its_attributes() -> None:
    written = envelope("petitions.routing.petition.accepted.v1")
    event = Event.from_message(subject=written.subject, headers=written.headers(), body=b'{"office": "hanoi"}', position=7)
    assert (event.id, event.subject, event.version, event.time, event.effective_at) == (UUID(int=1), UUID(int=2), 3, AT, AT)
    assert (event.actor, event.authority, event.office, event.position) == ("person:x", "officer@hanoi", "hanoi", 7)
    assert event.cause is not None
    assert (event.cause.event_id, event.cause.source, event.cause.version) == (UUID(int=5), "intake", 1)
    assert event.correlation_id == UUID(int=4)
    assert isinstance(event.body, caunoi_sdk.events.PetitionAcceptedV1)


def test_what_is_newer_than_the_package_is_read_as_far_as_it_is_known() -> None:
    written = envelope(
        "petitions.routing.petition.praised.v1", office="_", authority=None, cause=None, correlation_id=UUID(int=2)
    )
    headers = written.headers() | {"ce-later": "more"}
    event = Event.from_message(subject=written.subject, headers=headers, body=b'{"stars": 5}')
    assert (event.body, event.data, event.office, event.correlation_id) == (None, {"stars": 5}, None, UUID(int=2))
    known = envelope("petitions.routing.step.recorded.v1")
    body = b'{"office": "hanoi", "step": "flag_raised", "later": [1]}'
    step = Event.from_message(subject=known.subject, headers=known.headers(), body=body).as_a(caunoi_sdk.events.StepRecordedV1)
    assert step is not None
    assert (step.step, step.step.is_known, step.step == Step.DECISION_SENT) == ("flag_raised", False, False)
    assert Kind("complaint").is_known


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({"ce-version": "x"}, b"{}"),
        ({"ce-subject": "x"}, b"{}"),
        ({"ce-time": "2026-11-27T00:00:00"}, b"{}"),
        ({"ce-cause": "x y"}, b"{}"),
        ({"ce-actor": None}, b'{"office": "hanoi"}'),
        (None, b"no json"),
        (None, b"[1]"),
        (None, b'{"office": 5}'),
    ],
)
def test_what_is_no_event_is_said_so(headers: dict[str, str | None] | None, body: bytes) -> None:
    written = envelope("petitions.routing.petition.accepted.v1")
    changed = {} if headers == {} else {**written.headers(), **(headers or {})}
    given = {name: value for name, value in changed.items() if value is not None}
    with pytest.raises(Unreadable):
        Event.from_message(subject=written.subject, headers=given, body=body)
    with pytest.raises(Unreadable):
        Event.from_message(subject="nowhere", headers=written.headers(), body=b'{"office": "hanoi"}')
