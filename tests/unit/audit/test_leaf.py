"""The record of an event is worded once and for ever: proofs given out today must verify in twenty years."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.said import Said
from services.audit.wire.leaf import DEPTH_MAX, canonical, entry_of, record_of

LODGED = Said(
    position=1,
    salt=bytes(range(16)),
    id=UUID("01a221d6-3862-7317-8812-4c5316fd5eee"),
    type="petitions.intake.petition.lodged.v1",
    source="intake",
    aggregate_id=UUID("01a221d6-3862-7317-8812-4c5316fd5eef"),
    version=1,
    recorded_at=datetime(2026, 11, 18, 2, 0, 0, 5, tzinfo=UTC),
    effective_at=datetime(2026, 11, 18, 9, 0, tzinfo=timezone(timedelta(hours=7))),
    actor="petitioner",
    correlation_id=UUID("01a221d6-3862-7317-8812-4c5316fd5eef"),
    cause_id=None,
    cause_source=None,
    cause_version=None,
    office="_",
    is_sealed=False,
    authority=None,
    body='{"topic": "rác thải", "code":"HN8K-2FQ7-XM3P", "latitude": 21.0250, "n": 1e3}'.encode(),
)
RECORD = (
    '{"actor":"petitioner","correlationid":"01a221d6-3862-7317-8812-4c5316fd5eef",'
    '"data":{"code":"HN8K-2FQ7-XM3P","latitude":21.025,"n":1000,"topic":"rác thải"},'
    '"effectiveat":"2026-11-18T02:00:00.000000Z","id":"01a221d6-3862-7317-8812-4c5316fd5eee","office":"_","sealed":false,'
    '"source":"intake","subject":"01a221d6-3862-7317-8812-4c5316fd5eef","time":"2026-11-18T02:00:00.000005Z",'
    '"type":"petitions.intake.petition.lodged.v1","version":1}'
)
ENTRY = "82dd1c3536d43f71ea00c611854e8e80e1c96cb1cdbbb62f2db07f058c564c20"


def test_the_wording_of_a_record_is_held_fast() -> None:
    assert record_of(LODGED).decode() == RECORD
    assert entry_of(LODGED).hex() == ENTRY


def test_cause_and_authority_are_named_where_there_are_any() -> None:
    cause = UUID("01a221d6-3862-7317-8812-4c5316fd5ee0")
    said = replace(LODGED, cause_id=cause, cause_source="routing", cause_version=3, authority="officer@hanoi-00070")
    record = json.loads(record_of(said))
    assert (record["cause"], record["authority"]) == (f"{cause} routing 3", "officer@hanoi-00070")
    assert {"cause", "authority"} & set(json.loads(record_of(LODGED))) == set()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff not json",
        b"[1]",
        b'"text"',
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":9007199254740993}',
        b'{"a":"\\ud800"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_a_body_that_can_be_read_in_several_ways_or_in_none_travels_as_it_came(body: bytes) -> None:
    record = json.loads(record_of(replace(LODGED, body=body)))
    assert "data" not in record
    assert b64decode(record["data_base64"]) == body


def test_a_body_as_deep_as_allowed_is_read() -> None:
    body = b'{"a":' + b"[" * (DEPTH_MAX - 1) + b"]" * (DEPTH_MAX - 1) + b"}"
    assert "data" in json.loads(record_of(replace(LODGED, body=body)))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text() | st.sampled_from(["a", "b", "ab", "B"]), values, max_size=4))
def test_the_quick_way_gives_what_the_plain_one_gives(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-4, 1e16))
def test_numbers_are_written_as_the_plain_way_writes_them(number: float) -> None:
    assert canonical({"a": number, "b": -number}) == rfc8785.dumps({"a": number, "b": -number})


@given(st.dictionaries(st.text(), values, max_size=4))
def test_how_a_body_was_written_does_not_change_its_record(body: dict[str, object]) -> None:
    try:
        plain = json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    spaced = json.dumps(dict(reversed(body.items())), ensure_ascii=True, indent=2).encode()
    first, second = (record_of(replace(LODGED, body=written)) for written in (plain, spaced))
    assert first == second
    assert json.loads(first)["data"] == json.loads(rfc8785.dumps(cast("Any", body)))
