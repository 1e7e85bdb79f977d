"""Requests as everybody may see them: fields, filters, limits, pages, history, and what is never among them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.routing import PetitionAcceptedV1, PetitionAnsweredV1, PetitionClosedV1
from shared.contracts.words import Kind
from shared.kernel.clock import SystemClock
from tests.component.intake.open311.scene import FORMS, POSTED, WARD, WARD_NAME, Client, moment, shape
from tests.component.intake.test_hearing import deadline

FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


async def test_a_request_has_every_field_of_the_standard_and_the_due_date_of_the_law(client: Client) -> None:
    code = await client.in_hand(lat="21.03262", long="105.84971")
    due = SystemClock().now() + timedelta(days=7)
    inside = deadline(uuid4(), "IH.RECEIPT", due - timedelta(days=6)).model_copy(update={"concerns_petitioner": False})
    await client.hears(code, inside)
    await client.hears(code, deadline(uuid4(), "IH.LATER", due + timedelta(days=3)))
    await client.hears(code, deadline(uuid4(), "IH.RESOLVE", due))
    accepted = SystemClock().now().replace(microsecond=0) + timedelta(minutes=5)
    await client.hears(code, PetitionAcceptedV1(office=WARD), at=accepted)
    (found,) = await client.listed()
    assert list(found) == FIELDS
    assert abs(moment(found.pop("requested_datetime")) - SystemClock().now()) < timedelta(minutes=1)
    assert moment(found.pop("updated_datetime")) == accepted
    assert moment(found.pop("expected_datetime")) == due.replace(microsecond=0)
    assert found == {
        "service_request_id": code,
        "status": "open",
        "status_notes": "Đang giải quyết",
        "service_name": "Ngập úng và thoát nước",
        "service_code": "ngap-ung",
        "description": None,
        "agency_responsible": WARD_NAME,
        "service_notice": None,
        "address": "Phường Hoàn Kiếm",
        "address_id": "00070",
        "zipcode": None,
        "lat": 21.0325,
        "long": 105.8495,
        "media_url": None,
    }


async def test_the_same_request_in_xml_and_in_english(client: Client) -> None:
    code = await client.in_hand(address_id="00070")
    root = shape(await client.get(f"v2/requests/{code}", form="xml", headers={"Accept-Language": "en"}))
    (request,) = root
    assert (root.tag, request.tag, [item.tag for item in request]) == ("service_requests", "request", FIELDS)
    assert request.findtext("status_notes") == "With the competent office"
    assert request.findtext("address") == "Hoàn Kiếm ward"
    assert [request.findtext(name) for name in ("description", "lat", "expected_datetime")] == ["", "", ""]


@pytest.mark.parametrize(
    ("act", "status", "notes"),
    [
        (None, "open", "Đã chuyển đến cơ quan có thẩm quyền"),
        (PetitionAcceptedV1(office=WARD), "open", "Đang giải quyết"),
        (PetitionAnsweredV1(office=WARD), "closed", "Đã trả lời"),
        (PetitionClosedV1(office=WARD, outcome="answered"), "closed", "Đã kết thúc"),
    ],
)
async def test_a_state_is_open_or_closed_and_said_in_words(client: Client, act: Any, status: str, notes: str) -> None:
    code = await client.in_hand()
    if act is not None:
        await client.hears(code, act)
    (found,) = await client.listed()
    assert (found["status"], found["status_notes"]) == (status, notes)
    assert await client.numbers(status=status) == [code]
    assert await client.numbers(status="open" if status == "closed" else "closed") == []
    assert await client.numbers(status="open,closed") == [code]


async def test_what_is_taken_back_is_closed(client: Client) -> None:
    answer = await client.post(extensions="true", **POSTED)
    (receipt,) = answer.json()
    code = receipt["service_request_id"]
    await client.routed(code)
    body = {"secret": receipt["extended_attributes"]["secret"], "text": "Đã tự thông cống"}
    await client.intake.http.post(f"/api/petitions/{code}/withdraw", json=body)
    (found,) = await client.listed(status="closed")
    assert (found["service_request_id"], found["status_notes"]) == (code, "Đã rút đơn")


async def test_a_request_is_listed_once_it_was_routed_and_found_by_its_number_before(client: Client) -> None:
    code = await client.lodged()
    assert await client.numbers() == []
    assert await client.numbers(service_request_id=code) == [code]
    (found,) = (await client.get(f"v2/requests/{code}")).json()
    assert (found["status_notes"], found["service_code"], found["service_name"]) == ("Đã tiếp nhận", "", "")
    await client.routed(code)
    assert await client.numbers() == [code]


async def test_what_words_may_make_a_complaint_is_neither_listed_nor_found(client: Client) -> None:
    code = await client.lodged()
    await client.routed(code, topic=None, rule="restricted.complaint")
    assert await client.numbers() == []
    assert await client.numbers(service_request_id=code) == []
    for path in (f"v2/requests/{code}", f"v2/tokens/{code}"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("v2/servicerequestupdates")).json() == []
    await client.routed(code)  # a person looked at it: it is none
    assert await client.numbers() == [code]


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.DENUNCIATION, Kind.RECOMMENDATION])
async def test_what_an_office_treats_as_something_else_is_gone(client: Client, kind: Kind) -> None:
    code = await client.in_hand()
    await client.routed(code, kind=kind)
    assert await client.numbers() == []
    assert (await client.get(f"v2/requests/{code}")).status_code == 404
    assert (await client.get("v2/servicerequestupdates", service_request_id=code)).json() == []


@pytest.mark.parametrize("kind", ["complaint", "denunciation", "recommendation"])
async def test_other_petitions_are_as_little_there_as_what_nobody_lodged(client: Client, kind: str) -> None:
    await client.intake.http.post("/api/petitions", json={"kind": kind, "text": "Nội dung", "commune": "00070"})
    code = (await client.intake.only())["code"]
    await client.routed(code, kind=Kind(kind))
    assert await client.numbers() == []
    assert await client.numbers(service_request_id=code) == []
    answers = [await client.get(f"v2/requests/{number}") for number in (code, "HN8K-2FQ7-XM3P", "1", "%00")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_another_jurisdictions_reports_are_not_served(client: Client) -> None:
    sent = {"kind": "field_report", "text": "Pothole", "jurisdiction": "boston"}
    code = (await client.intake.http.post("/api/petitions", json=sent)).json()["code"]
    await client.routed(code)
    assert await client.numbers() == []
    assert (await client.get(f"v2/requests/{code}")).status_code == 404


async def test_a_topic_that_is_no_service_is_not_shown(client: Client) -> None:
    code = await client.in_hand(topic="nguyen-van-a-0912345678")
    answer = await client.get("v2/requests")
    assert (answer.json()[0]["service_request_id"], answer.json()[0]["service_code"]) == (code, "")
    assert "0912345678" not in answer.text
    assert await client.numbers(service_code="nguyen-van-a-0912345678") == []


async def test_the_history_is_told_to_who_asks_for_extensions(client: Client) -> None:
    code = await client.in_hand()
    at = SystemClock().now().replace(microsecond=0)
    await client.hears(code, PetitionAcceptedV1(office=WARD), at=at + timedelta(minutes=1))
    await client.hears(code, PetitionAnsweredV1(office=WARD), at=at + timedelta(minutes=2))
    assert "extended_attributes" not in (await client.listed())[0]
    notes = (await client.listed(extensions="true"))[0]["extended_attributes"]["notes"]
    assert [(note["status"], note["description"]) for note in notes] == [
        ("open", "Chuyển đến cơ quan"),
        ("open", "Thụ lý"),
        ("closed", "Trả lời"),
    ]
    assert moment(notes[1]["datetime"]) == at + timedelta(minutes=1)
    root = shape(await client.get(f"v2/requests/{code}", form="xml", extensions="true"))
    assert [note.findtext("status") for note in root.findall("request/extended_attributes/notes/note")] == [
        "open",
        "open",
        "closed",
    ]


PLANTED = ("Nguyễn Thị Mật", "mat@example.vn", "987654321", "lời riêng của tôi", "ngõ riêng 7", "loi-rieng.example")


@pytest.mark.parametrize("form", FORMS)
async def test_nothing_that_a_citizen_wrote_is_ever_answered(client: Client, form: str) -> None:
    code = await client.in_hand(
        first_name="Thị Mật",
        last_name="Nguyễn",
        email=PLANTED[1],
        phone=f"0{PLANTED[2]}",
        description=PLANTED[3],
        address_string=PLANTED[4],
        media_url=f"https://{PLANTED[5]}/a.jpg",
        lat="21.032619",
        long="105.849713",
    )
    await client.post("v2/servicerequestupdates", service_request_id=code, description=PLANTED[3])
    asked = [
        await client.get(path, form=form, extensions="true")
        for path in ("v2/requests", f"v2/requests/{code}", f"v2/tokens/{code}", "v2/servicerequestupdates")
    ]
    assert all(code in answer.text for answer in asked)
    assert not [word for answer in asked for word in (*PLANTED, "21.0326", "105.8497") if word in answer.text]
