"""Open311 as it is written, byte by byte, and what clients send as it is read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.likeness import Place
from services.intake.domain.mistakes import CODES, ENGLISH, VIETNAMESE, Mistake, told
from services.intake.domain.open311 import SPAN_MAX, Page, Question, Report, Topic, notes_of, status_of
from services.intake.domain.progress import OPEN, State, Step, What
from services.intake.gateways.client_keys import read_keys
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
from services.intake.wire.open311_asked import (
    code_of,
    fields_of,
    lodging_of,
    name_of,
    page_of,
    question_of,
    span_of,
    words_of,
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


def asked(**given: str) -> tuple[Question, list[str]]:
    question, mistakes = question_of(fields_of(list(given.items())), {"ngap-ung": FLOODING, "dien": FLOODING}, now=NOW)
    return question, [f"{item.field} {item.code}" for item in mistakes]


def test_without_filters_the_last_90_days_are_asked_for() -> None:
    question, mistakes = asked(jurisdiction_id="hanoi", status="", page=" ")
    assert (question.start, question.before) == (NOW - SPAN_MAX, NOW.replace(microsecond=0) + timedelta(seconds=1))
    assert (question.services, question.is_open, question.codes, question.page, mistakes) == (None, None, None, Page(), [])


def test_filters_are_read_as_lists() -> None:
    question, _ = asked(service_code="ngap-ung, khong-co,,dien", status="closed", page="3", page_size="50")
    assert (question.services, question.is_open, question.page.offset) == (("ngap-ung", "dien"), False, 100)
    assert asked(status="open,closed")[0].is_open is None
    assert asked(service_code="khong-co")[0].services == ()


@pytest.mark.parametrize(
    ("given", "start", "before"),
    [
        (
            {"start_date": "2026-11-20T00:00:00Z"},
            datetime(2026, 11, 20, tzinfo=UTC),
            datetime(2026, 11, 23, 1, 30, 16, tzinfo=UTC),
        ),
        (
            {"start_date": "2026-01-01T07:00:00+07:00"},
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC),
        ),
        (
            {"start_date": "2026-01-01T07:00:00 07:00"},
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC),
        ),
        ({"start_date": "2027-01-01T00:00:00Z"}, datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (
            {"end_date": "2026-04-01T00:00:00.5Z"},
            datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC),
            datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC),
        ),
    ],
)
def test_one_end_of_a_range_gives_the_other(given: dict[str, str], start: datetime, before: datetime) -> None:
    assert span_of(fields_of(list(given.items())), now=NOW) == (start, before, [])


@given(st.text(max_size=40))
def test_whatever_is_sent_as_a_date_or_a_page_is_an_answer_or_a_mistake(word: str) -> None:
    fields = {name: [word] for name in ("start_date", "end_date", "page", "page_size")}
    start, before, _ = span_of(fields, now=NOW)
    assert start.tzinfo is not None
    assert before.tzinfo is not None
    assert 1 <= page_of(fields)[0].size <= 1000


def test_numbers_of_requests_are_read_as_people_write_them_and_others_left_out() -> None:
    question, mistakes = asked(service_request_id="gc12-tp00-0001, HN8K-2FQ7-XM3P,1", status="lost")
    assert mistakes == []
    assert question.codes == ()
    assert code_of("0000 0000 0000") == "0000-0000-0000"


def posted(**sent: str) -> tuple[Any, list[str]]:
    found = lodging_of(fields_of(list(({"address_string": "12 Hàng Bài"} | sent).items())), FLOODING, "vi")
    return found.lodging, [f"{item.field} {item.code}" for item in found.mistakes]


def test_the_surname_goes_first_and_one_of_both_is_enough() -> None:
    assert posted(first_name="Văn Bưởi", last_name="Nguyễn")[0].contact.name == "Nguyễn Văn Bưởi"
    assert posted(first_name="Bưởi")[0].contact.name == "Bưởi"
    assert posted()[0].contact.name is None


@pytest.mark.parametrize(
    ("sent", "mistakes"),
    [
        ({"lat": "21.0", "long": "105.8"}, []),
        ({"lat": "21.0"}, ["long one_of_two"]),
        ({"long": "1e3"}, ["long bad_coordinate", "lat one_of_two"]),
        ({"lat": "٢١", "long": "105.8"}, ["lat bad_coordinate"]),
        ({"address_string": ""}, ["address_string no_location"]),
        ({"address_string": "", "address_id": "00070"}, []),
        ({"attribute[commune]": "70"}, ["commune bad_commune"]),
        ({"address_id": "Hoàn Kiếm"}, ["address_id bad_commune"]),
        ({"description": "x" * 4001}, ["description too_long"]),
        ({"description": "x" * 4000, "media_url": "y" * 2001}, ["media_url too_long"]),
    ],
)
def test_what_is_wrong_with_a_request_is_named(sent: dict[str, str], mistakes: list[str]) -> None:
    assert posted(**sent)[1] == mistakes


def test_the_address_of_a_picture_stays_on_one_line() -> None:
    assert words_of(fields_of([("media_url", "https://x/a\nb")]), 100)[0] == "media_url: https://x/a b"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("text", "description"),
        ("commune", "attribute[commune]"),
        ("petitioner.phone", "phone"),
        ("files.3", "media.3"),
        ("files", "media"),
        ("page", "page"),
        ("Idempotency-Key", "Idempotency-Key"),
    ],
)
def test_mistakes_are_named_as_clients_name_their_fields(ours: str, theirs: str) -> None:
    assert name_of(ours) == theirs


def test_every_mistake_of_theirs_has_words_in_both_languages() -> None:
    facts = {"limit": 1, "low": 1, "high": 2}
    for code in (
        "no_location",
        "bad_coordinate",
        "one_of_two",
        "one_value",
        "bad_instant",
        "bad_span",
        "start_after_end",
        "bad_number",
    ):
        assert code in CODES
        mistake = Mistake("x", code, facts)
        assert told(mistake, language=VIETNAMESE)["reason"] != told(mistake, language=ENGLISH)["reason"]


def test_keys_are_read_by_line_and_a_wrong_line_is_named() -> None:
    assert read_keys("# words\n\n  app-1   " + "a" * 64 + "\n") == {"a" * 64: "app-1"}
    for line in ("app-1", "App " + "a" * 64, "app " + "A" * 64, "app " + "a" * 63, "a b " + "a" * 64):
        with pytest.raises(ValueError, match="line 2"):
            read_keys(f"#\n{line}")
