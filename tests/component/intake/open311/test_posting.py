"""Requests posted by clients: lodged like any field report, refused with the name of what is wrong."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts.words import Role
from tests.component.intake.open311.scene import FORMS, KEY, OTHER_KEY, POSTED, WARD, Client, errors, shape
from tests.component.intake.test_attaching import PDF, photo

WHO = {"first_name": "Văn Bưởi", "last_name": "Nguyễn", "email": "buoi@example.vn", "phone": "0912345678"}


async def revealed(client: Client, code: str, *fields: str) -> dict[str, Any]:
    """Return what the office reads."""
    await client.routed(code)
    asked = {"fields": list(fields), "purpose": "dealing"}
    answer = await client.intake.http.post(
        f"/api/petitions/{code}/reveal", json=asked, headers=client.intake.as_person(Role.HEAD, WARD)
    )
    found: dict[str, Any] = answer.json()["fields"]
    return found


async def lodged_events(client: Client) -> list[dict[str, Any]]:
    async with client.intake.database.reading() as connection:
        rows = await connection.execute(text("SELECT body FROM events WHERE type LIKE '%petition.lodged.v1' ORDER BY seq"))
        return [json.loads(row.body) for row in rows]


async def test_a_request_is_a_field_report_of_its_topic_with_its_petitioner_in_the_vault(client: Client) -> None:
    answer = await client.post(**POSTED, **WHO)
    assert answer.status_code == 201
    (receipt,) = answer.json()
    assert list(receipt) == ["service_request_id", "service_notice", "account_id"]
    code = receipt["service_request_id"]
    assert code in receipt["service_notice"]
    (event,) = await lodged_events(client)
    facts = ("code", "kind", "topic", "channel", "language", "is_reachable", "is_physical")
    assert [event[name] for name in facts] == [code, "field_report", "ngap-ung", "app", "vi", True, True]
    found = await revealed(client, code, "text", "place", "name", "email", "phone")
    assert found == {
        "text": POSTED["description"],
        "place": POSTED["address_string"],
        "name": "Nguyễn Văn Bưởi",
        "email": "buoi@example.vn",
        "phone": "+84912345678",
    }


async def test_the_receipt_in_xml_has_a_number_and_no_token(client: Client) -> None:
    answer = await client.post(form="xml", headers={"Accept-Language": "en"}, **POSTED)
    root = shape(answer)
    assert (root.tag, [item.tag for item in root]) == ("service_requests", ["request"])
    assert [item.tag for item in root[0]] == ["service_request_id", "service_notice", "account_id"]
    assert (root[0].findtext("service_notice") or "").startswith("It goes to the competent office")
    (event,) = await lodged_events(client)
    assert (event["code"], event["language"]) == (root[0].findtext("service_request_id"), "en")


@pytest.mark.parametrize("form", FORMS)
async def test_from_the_list_over_the_definition_to_the_request_and_back(client: Client, form: str) -> None:
    code = (await client.get("v2/services")).json()[1]["service_code"]
    key = (await client.get(f"v2/services/{code}")).json()["attributes"][0]["values"][1]["key"]
    number = await client.lodged(service_code=code, **{"attribute[commune]": key})
    assert (await client.get(f"v2/tokens/{number}")).json() == [{"service_request_id": number, "token": number}]
    answer = await client.get(f"v2/requests/{number.lower().replace('-', '')}", form=form)
    assert answer.status_code == 200
    if form == "json":
        (found,) = answer.json()
        assert (found["service_request_id"], found["status"], found["address_id"]) == (number, "open", key)
    else:
        root = shape(answer)
        assert (root.tag, root.findtext("request/service_request_id")) == ("service_requests", number)


LOCATIONS = {
    "words alone": ({"address_string": "12 Hàng Bài"}, None),
    "the number of a commune": ({"address_id": "00070"}, "00070"),
    "coordinates": ({"lat": "21.03262", "long": "105.84971"}, "00070"),
    "words and the attribute": ({"address_string": "12 Hàng Bài", "attribute[commune]": "00004"}, "00004"),
    "the attribute as a list": ({"address_string": "12 Hàng Bài", "attribute[commune][]": "00004"}, "00004"),
    "the attribute before the number": ({"address_id": "00070", "attribute[commune]": "00004"}, "00004"),
    "an empty attribute and an empty latitude": ({"address_string": "12 Hàng Bài", "attribute[commune]": "", "lat": " "}, None),
    "an attribute that nobody knows": ({"address_string": "x", "attribute[colour]": "red"}, None),
}


async def test_any_location_is_taken(client: Client) -> None:
    for name, (sent, _) in LOCATIONS.items():
        answer = await client.post(service_code="ngap-ung", description="Nước tràn", **sent)
        assert (name, answer.status_code) == (name, 201)
    events = await lodged_events(client)
    assert [event["commune"] for event in events] == [commune for _, commune in LOCATIONS.values()]
    located = events[list(LOCATIONS).index("coordinates")]
    assert (located["latitude"], located["longitude"], located["commune_origin"]) == (21.0325, 105.8495, "nearest")


MISTAKES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no service": ({"service_code": ""}, 400, "service_code"),
    "a service that is none": ({"service_code": "khong-co"}, 404, "service_code"),
    "a topic that is about no place": ({"service_code": "thai-do-can-bo"}, 404, "service_code"),
    "another jurisdiction": ({"jurisdiction_id": "sf.gov"}, 404, "jurisdiction_id"),
    "no location": ({"address_string": ""}, 400, "address_string"),
    "latitude alone": ({"lat": "21.02"}, 400, "long:"),
    "a word as latitude": ({"lat": "north", "long": "105.8"}, 400, "lat:"),
    "not a number": ({"lat": "nan", "long": "105.8"}, 400, "lat:"),
    "beyond the pole": ({"lat": "121.02", "long": "105.8"}, 400, "lat:"),
    "a commune that is not in the list": ({"attribute[commune]": "00099"}, 400, "attribute[commune]"),
    "a commune by its name": ({"attribute[commune]": "Hoàn Kiếm"}, 400, "attribute[commune]"),
    "a commune that is closed": ({"attribute[commune]": "99999"}, 400, "attribute[commune]"),
    "two communes": ({"attribute[commune][]": ["00004", "00070"]}, 400, "attribute[commune]"),
    "a description that is too long": ({"description": "ă" * 4001}, 400, "description"),
    "a picture's address that is too long": ({"media_url": "https://x/" + "y" * 2000}, 400, "media_url"),
    "an address that is no mail's": ({"email": "at home"}, 400, "email"),
    "a phone number that is none": ({"phone": "call me"}, 400, "phone"),
    "a name that is too long": ({"last_name": "x" * 201}, 400, "first_name"),
    "words that are too long for a place": ({"address_string": "x" * 501}, 400, "address_string"),
}


async def test_what_is_wrong_is_named_and_nothing_is_lodged(client: Client) -> None:
    for name, (sent, status, named) in MISTAKES.items():
        for form in FORMS:
            answer = await client.post(form=form, **(POSTED | sent))
            assert (name, answer.status_code) == (name, status)
            assert named in errors(answer)[0][1], name
    assert await client.said() == []


async def test_everything_that_is_wrong_is_told_at_once(client: Client) -> None:
    answer = await client.post(**(POSTED | {"lat": "x", "long": "105.8", "email": "-", "attribute[commune]": "1"}))
    assert [description.partition(":")[0] for _, description in errors(answer)] == ["lat", "attribute[commune]", "email"]


async def test_a_description_of_4000_characters_is_taken_and_none_is_one_too(client: Client) -> None:
    await client.lodged(description="ă" * 4000)
    code = await client.lodged(description="")
    assert (await revealed(client, code, "text"))["text"] == "Ngập úng và thoát nước"


async def test_the_address_of_a_picture_is_a_line_of_the_text(client: Client) -> None:
    code = await client.lodged(media_url="https://example.vn/a.jpg")
    assert (await revealed(client, code, "text"))["text"] == f"{POSTED['description']}\nmedia_url: https://example.vn/a.jpg"


async def test_without_a_key_nothing_is_lodged_whatever_else_is_wrong(client: Client) -> None:
    for form in FORMS:
        for key in (None, "", "wrong", "khoa-cua-ung-dung2"):
            answer = await client.post(form=form, key=key, service_code="khong-co")
            assert answer.status_code == 403
            assert "api_key" in errors(answer)[0][1]
    assert await client.said() == []


async def test_words_that_were_not_packed_are_read_as_utf_8(client: Client) -> None:
    sent = f"api_key={KEY}&service_code=ngap-ung&address_string=12 Hàng Bài&description=Nước%20tràn".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = await client.intake.http.post("/open311/v2/requests.json", content=sent, headers=headers)
    found = await revealed(client, answer.json()[0]["service_request_id"], "text", "place")
    assert found == {"text": "Nước tràn", "place": "12 Hàng Bài"}


async def test_a_key_may_stand_in_the_address_too(client: Client) -> None:
    answer = await client.intake.http.post("/open311/v2/requests.json", params={"api_key": OTHER_KEY}, data=POSTED)
    assert answer.status_code == 201


async def test_the_same_idempotency_key_gets_the_same_receipt_and_other_words_under_it_none(client: Client) -> None:
    headers = {"Idempotency-Key": "open311-0001"}
    first, again = [await client.post(headers=headers, **POSTED) for _ in range(2)]
    assert first.json() == again.json()
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    other = await client.post(headers=headers, **(POSTED | {"description": "Khác"}))
    assert (other.status_code, "Idempotency-Key" in errors(other)[0][1]) == (400, True)
    stranger = await client.post(headers=headers, key=OTHER_KEY, **(POSTED | {"description": "Khác"}))
    assert stranger.status_code == 201
    assert (await client.post(headers={"Idempotency-Key": "x"}, **POSTED)).status_code == 400
    assert await client.said() == ["petition.lodged.v1"] * 2


async def test_the_petitioners_secret_is_given_to_who_asks_for_extensions_and_proves_the_petitioner(client: Client) -> None:
    answer = await client.post(extensions="true", **POSTED)
    (receipt,) = answer.json()
    secret, code = receipt["extended_attributes"]["secret"], receipt["service_request_id"]
    taken = await client.intake.http.post(f"/api/petitions/{code}/withdraw", json={"secret": secret})
    assert taken.json()["state"] == "withdrawn"


@pytest.mark.parametrize("field", ["media", "media[]"])
async def test_files_are_kept_with_the_report(client: Client, field: str) -> None:
    files = [(field, ("a.jpg", photo(), "image/jpeg")), (field, ("b.pdf", PDF, "application/pdf"))]
    answer = await client.post(files=files, **POSTED)
    assert answer.status_code == 201, answer.text
    code = answer.json()[0]["service_request_id"]
    assert (await client.intake.http.get(f"/api/petitions/{code}")).json()["attachments"] == 2
    assert await client.said() == ["petition.lodged.v1", "petition.supplemented.v1"]


async def test_a_repeated_request_with_files_keeps_them_once(client: Client) -> None:
    headers, files = {"Idempotency-Key": "open311-0002"}, [("media", ("b.pdf", PDF, "application/pdf"))]
    first, again = [await client.post(headers=headers, files=files, **POSTED) for _ in range(2)]
    assert first.json() == again.json()
    assert await client.said() == ["petition.lodged.v1", "petition.supplemented.v1"]


@pytest.mark.parametrize("form", FORMS)
async def test_a_file_that_may_not_be_sent_is_named_before_anything_is_lodged(client: Client, form: str) -> None:
    files = [("media", ("a.jpg", photo(), "image/jpeg")), ("media", ("b.exe", b"MZ" + bytes(50), "image/jpeg"))]
    answer = await client.post(form=form, files=files, **POSTED)
    assert answer.status_code == 400
    assert errors(answer)[0][1].startswith("media.1:")
    assert await client.said() == []


async def test_more_than_ten_files_are_refused_before_anything_is_lodged(client: Client) -> None:
    files = [("media", (f"{number}.pdf", PDF + bytes(number), "application/pdf")) for number in range(11)]
    answer = await client.post(files=files, **POSTED)
    assert (answer.status_code, errors(answer)[0][1].partition(":")[0]) == (400, "media")
    assert await client.said() == []


async def test_no_complaint_and_no_denunciation_can_be_made_of_it_by_a_client(client: Client) -> None:
    await client.lodged(kind="denunciation", type="complaint")
    (event,) = await lodged_events(client)
    assert event["kind"] == "field_report"


async def test_a_number_of_an_answer_is_a_petitions_code_for_every_other_door(client: Client) -> None:
    code = await client.lodged()
    seen = (await client.intake.http.get(f"/api/petitions/{code}")).json()
    assert (seen["code"], seen["kind"]) == (code, "field_report")
    assert isinstance(await client.petition_id(code), UUID)
