"""Open311 as it is written, byte by byte."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.likeness import Place
from services.intake.domain.open311 import Report, Topic, notes_of, status_of
from services.intake.domain.progress import OPEN, State, Step, What
from services.intake.wire.open311 import (
    Answer,
    Shown,
    commented,
    commune_name,
    definition,
    discovery,
    errors,
    instant,
    lodged,
    requests,
    services,
    token,
    updates,
    written,
)

NOW = datetime(2026, 11, 23, 1, 30, 15, 250_000, tzinfo=UTC)
FLOODING = Topic("ngap-ung", "Ngập úng & thoát nước", "Flooding & drainage")
CODE = "HN8K-2FQ7-XM3P"
WARD = "hanoi-00070"
OFFICES = {WARD: ("Uỷ ban nhân dân phường Hoàn Kiếm", "People's Committee of Hoàn Kiếm ward")}
REPORT = Report(
    petition_id=UUID(int=7),
    code=CODE,
    state=State.ACCEPTED,
    topic="ngap-ung",
    office=WARD,
    commune="00070",
    place=Place(42065, 211699),
    lodged_at=NOW,
    changed_at=NOW + timedelta(hours=2),
    due_at=NOW + timedelta(days=7),
)
STEPS = [
    Step("routing", 1, What.ROUTED, NOW, WARD),
    Step("escalation", 4, What.BREACHED, NOW + timedelta(hours=1), WARD),
    Step("routing", 2, What.ANSWERED, NOW + timedelta(hours=2), WARD),
    Step("routing", 3, What.REOPENED, NOW + timedelta(hours=3), WARD),
]
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def shown(**more: Any) -> Shown:
    return Shown([REPORT], {FLOODING.code: FLOODING}, OFFICES, **more)


def both(answer: Answer) -> tuple[str, str]:
    return written(answer, "xml").decode(), written(answer, "json").decode()


def test_a_request_is_written_as_the_standard_writes_it() -> None:
    xml, json = both(requests(shown(), is_english=False))
    assert xml == (
        f"{HEAD}<service_requests><request><service_request_id>HN8K-2FQ7-XM3P</service_request_id><status>open</status>"
        "<status_notes>Đang giải quyết</status_notes><service_name>Ngập úng &amp; thoát nước</service_name>"
        "<service_code>ngap-ung</service_code><description />"
        "<agency_responsible>Uỷ ban nhân dân phường Hoàn Kiếm</agency_responsible><service_notice />"
        "<requested_datetime>2026-11-23T08:30:15+07:00</requested_datetime>"
        "<updated_datetime>2026-11-23T10:30:15+07:00</updated_datetime>"
        "<expected_datetime>2026-11-30T08:30:15+07:00</expected_datetime><address>Phường Hoàn Kiếm</address>"
        "<address_id>00070</address_id><zipcode /><lat>21.0325</lat><long>105.8495</long><media_url /></request>"
        "</service_requests>"
    )
    assert json == (
        '[{"service_request_id":"HN8K-2FQ7-XM3P","status":"open","status_notes":"Đang giải quyết",'
        '"service_name":"Ngập úng & thoát nước","service_code":"ngap-ung","description":null,'
        '"agency_responsible":"Uỷ ban nhân dân phường Hoàn Kiếm","service_notice":null,'
        '"requested_datetime":"2026-11-23T08:30:15+07:00","updated_datetime":"2026-11-23T10:30:15+07:00",'
        '"expected_datetime":"2026-11-30T08:30:15+07:00","address":"Phường Hoàn Kiếm","address_id":"00070","zipcode":null,'
        '"lat":21.0325,"long":105.8495,"media_url":null}]'
    )


def test_an_empty_list_is_a_list_in_both_forms() -> None:
    assert both(requests(Shown([], {}, {}), is_english=False)) == (f"{HEAD}<service_requests />", "[]")


def test_services_and_their_definition_are_written_with_booleans_and_string_codes() -> None:
    xml, json = both(services([FLOODING], is_english=True))
    assert xml == (
        f"{HEAD}<services><service><service_code>ngap-ung</service_code><service_name>Flooding &amp; drainage</service_name>"
        "<description>Flooding &amp; drainage</description><metadata>true</metadata><type>realtime</type><keywords />"
        "<group>Field reports</group></service></services>"
    )
    assert '"service_code":"ngap-ung"' in json
    assert '"metadata":true' in json
    xml, json = both(definition(FLOODING, [("00070", OFFICES[WARD][0])], is_english=True))
    assert xml == (
        f"{HEAD}<service_definition><service_code>ngap-ung</service_code><attributes><attribute><variable>true</variable>"
        "<code>commune</code><datatype>singlevaluelist</datatype><required>false</required>"
        "<datatype_description>Left out: told by the coordinates</datatype_description><order>1</order>"
        "<description>Commune</description><values><value><key>00070</key><name>Phường Hoàn Kiếm</name></value></values>"
        "</attribute></attributes></service_definition>"
    )
    assert json.startswith('{"service_code":"ngap-ung","attributes":[{"variable":true,"code":"commune",')


def test_receipts_tokens_and_errors_are_written_as_the_standard_writes_them() -> None:
    assert both(lodged(CODE, "Sẽ trả lời.", None)) == (
        (
            f"{HEAD}<service_requests><request><service_request_id>{CODE}</service_request_id>"
            "<service_notice>Sẽ trả lời.</service_notice><account_id /></request></service_requests>"
        ),
        f'[{{"service_request_id":"{CODE}","service_notice":"Sẽ trả lời.","account_id":null}}]',
    )
    assert both(token(CODE)) == (
        (
            f"{HEAD}<service_requests><request><service_request_id>{CODE}</service_request_id><token>{CODE}</token></request>"
            "</service_requests>"
        ),
        f'[{{"service_request_id":"{CODE}","token":"{CODE}"}}]',
    )
    assert both(errors(403, ["No <key>.", "None."])) == (
        (
            f"{HEAD}<errors><error><code>403</code><description>No &lt;key&gt;.</description></error>"
            "<error><code>403</code><description>None.</description></error></errors>"
        ),
        '[{"code":403,"description":"No <key>."},{"code":403,"description":"None."}]',
    )
    assert both(commented(CODE, 2))[0] == (
        f"{HEAD}<service_request_updates><request_update><update_id>{CODE}-comment-2</update_id></request_update>"
        "</service_request_updates>"
    )


def test_discovery_is_an_object_with_its_formats() -> None:
    xml, json = both(discovery("https://caunoi.example/intake/open311", "Ban", is_english=False))
    assert "<url>https://caunoi.example/intake/open311/v2</url>" in xml
    assert "<formats><format>text/xml</format><format>application/json</format></formats>" in xml
    assert orjson.loads(json)["endpoints"][0]["specification"] == "http://wiki.open311.org/GeoReport_v2"


def test_the_history_tells_each_step_with_the_status_that_it_left() -> None:
    notes = notes_of(CODE, STEPS)
    assert [note.status for note in notes] == ["open", "open", "closed", "open"]
    xml, json = both(requests(shown(notes={CODE: notes}), is_english=True))
    assert xml.endswith(
        "<note><datetime>2026-11-23T11:30:15+07:00</datetime><status>open</status><description>Reopened</description></note>"
        "</notes></extended_attributes></request></service_requests>"
    )
    assert len(orjson.loads(json)[0]["extended_attributes"]["notes"]) == 4
    ids = [item["update_id"] for item in orjson.loads(both(updates(notes, is_english=True))[1])]
    assert ids == [f"{CODE}-{source}" for source in ("routing-1", "escalation-4", "routing-2", "routing-3")]


def test_what_nobody_can_know_yet_is_empty() -> None:
    bare = Report(UUID(int=7), CODE, State.LODGED, None, None, None, None, NOW, NOW, None)
    (found,) = orjson.loads(both(requests(Shown([bare], {}, {}), is_english=False))[1])
    assert (found["service_code"], found["service_name"]) == ("", "")
    empty = ("agency_responsible", "expected_datetime", "address", "address_id", "lat", "long")
    assert [found[name] for name in empty] == [None] * 6


@given(st.text())
def test_whatever_is_described_can_be_read_back(words: str) -> None:
    xml, json = (written(errors(400, [words]), form) for form in ("xml", "json"))
    assert ET.fromstring(xml).tag == "errors"  # noqa: S314 - it is our own
    assert orjson.loads(json)[0]["description"] == words


def test_every_state_is_open_or_closed() -> None:
    assert {state for state in State if status_of(state) == "open"} == set(OPEN)


def test_instants_have_the_zone_of_hanoi_and_whole_seconds() -> None:
    assert instant(NOW) == "2026-11-23T08:30:15+07:00"


@pytest.mark.parametrize("office", ["Uỷ ban nhân dân xã Ba Vì", "Ủy ban nhân dân xã Ba Vì", "UBND xã Ba Vì"])
def test_a_commune_is_named_by_its_peoples_committee(office: str) -> None:
    assert commune_name(office) == "Xã Ba Vì"
