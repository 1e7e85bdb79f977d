"""Lodging through the door: receipts, keys, groups, mistakes, the vault."""

import asyncio
import json
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from services.intake.domain import code as codes
from services.intake.domain.progress import Office
from services.intake.store import hearing
from shared.contracts.words import Role
from shared.persistence import ledger
from tests.component.intake.conftest import Intake

PETITION: dict[str, Any] = {
    "kind": "field_report",
    "text": "Nắp cống trước số 12 bị vỡ, rất nguy hiểm.",
    "place": "12 Hàng Bài",
    "latitude": 21.02512,
    "longitude": 105.85234,
    "petitioner": {"name": "Nguyễn Thị Bưởi", "email": "buoi@example.vn", "phone": "0912 345 678"},
}


async def _events(intake: Intake) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        rows = await connection.execute(text(f"SELECT {ledger.EVENT_COLUMNS} FROM events ORDER BY seq"))
        return [dict(row) for row in rows.mappings()]


async def test_a_lodged_petition_gets_a_code_and_is_told_without_anything_personal(intake: Intake) -> None:
    answer = await intake.http.post("/api/petitions", json=PETITION)
    assert answer.status_code == 201
    receipt = answer.json()
    assert codes.parse(receipt["code"].lower().replace("-", " ")) == receipt["code"]
    (event,) = await _events(intake)
    assert event["type"] == "petitions.intake.petition.lodged.v1"
    assert event["aggregate_id"] == UUID(receipt["petition_id"])
    body = json.loads(event["body"])
    assert (body["latitude"], body["is_physical"], body["is_reachable"]) == (21.025, True, True)
    for secret in ("Bưởi", "buoi@", "912", "Nắp cống", "Hàng Bài"):
        assert secret not in str(event)


async def test_the_vault_holds_nothing_that_can_be_read_without_the_key(intake: Intake) -> None:
    petition_id = (await intake.http.post("/api/petitions", json=PETITION)).json()["petition_id"]
    async with intake.database.reading() as connection:
        row = (await connection.execute(text("SELECT wrapped_key || nonce || ciphertext AS all_of_it FROM vault"))).one()
    assert b"buoi" not in bytes(row.all_of_it)
    asked = {"petition_ids": [petition_id], "purpose": "notify"}
    answer = await intake.http.post("/api/internal/contacts", json=asked, headers=intake.as_service())
    assert answer.json()["contacts"][petition_id]["email"] == "buoi@example.vn"
    assert answer.json()["contacts"][petition_id]["phone"] == "+84912345678"
    async with intake.database.reading() as connection:
        reading = (await connection.execute(text("SELECT reader, purpose, fields FROM vault_readings"))).one()
    assert tuple(reading) == ("service:routing", "notify", "name email phone")


async def test_the_same_key_gets_the_same_receipt_and_another_body_is_refused(intake: Intake) -> None:
    headers = {"Idempotency-Key": "8d7f9a52-0001"}
    first = await intake.http.post("/api/petitions", json=PETITION, headers=headers)
    second = await intake.http.post("/api/petitions", json=PETITION, headers=headers)
    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    third = await intake.http.post("/api/petitions", json=PETITION | {"text": "Việc khác"}, headers=headers)
    assert (third.status_code, third.json()["code"]) == (409, "idempotency_key_reused")
    assert len(await _events(intake)) == 1


async def test_a_hundred_at_once_with_ten_keys_are_ten_petitions(intake: Intake) -> None:
    async def lodge(number: int) -> str:
        headers = {"Idempotency-Key": f"key-number-{number % 10}"}
        answer = await intake.http.post("/api/petitions", json=PETITION, headers=headers)
        assert answer.status_code == 201
        return str(answer.json()["code"])

    given = await asyncio.gather(*[lodge(number) for number in range(100)])
    assert len(set(given)) == 10
    assert len(await _events(intake)) == 10


async def test_one_that_cannot_be_stored_does_not_take_its_neighbours_down(intake: Intake) -> None:
    spoiled = PETITION | {"topic": "giao-thong", "commune": None}
    async with intake.database.transaction() as tx:
        await tx.connection.execute(
            text("ALTER TABLE petitions ADD CONSTRAINT no_recommendations CHECK (kind <> 'recommendation')")
        )
    bodies = [spoiled | {"kind": "recommendation" if number == 5 else "field_report"} for number in range(12)]
    tasks = [asyncio.ensure_future(intake.http.post("/api/petitions", json=body)) for body in bodies]
    done = await asyncio.gather(*tasks, return_exceptions=True)
    statuses = [answer.status_code if isinstance(answer, httpx.Response) else 500 for answer in done]
    assert statuses == [500 if number == 5 else 201 for number in range(12)]
    assert len(await _events(intake)) == 11


async def test_every_mistake_is_named_at_once_in_the_askers_language(intake: Intake) -> None:
    wrong = {
        "kind": "field_report",
        "text": "   ",
        "latitude": 105.8,
        "longitude": 21.0,
        "petitioner": {"email": "không có", "phone": "12"},
        "topic": "Giao Thông",
    }
    answer = await intake.http.post("/api/petitions", json=wrong, headers={"Accept-Language": "en", "Idempotency-Key": "x"})
    assert answer.status_code == 422
    problem = answer.json()
    fields = {error["field"] for error in problem["errors"]}
    assert fields == {"text", "latitude", "petitioner.email", "petitioner.phone", "topic", "Idempotency-Key"}
    assert all(error["reason"] and error["remedy"] for error in problem["errors"])
    vietnamese = (await intake.http.post("/api/petitions", json=wrong)).json()
    assert vietnamese["title"] == "Dữ liệu chưa đúng"


async def test_what_is_not_json_or_not_known_is_named(intake: Intake) -> None:
    broken = await intake.http.post("/api/petitions", content=b'{"kind":')
    assert broken.json()["errors"][0]["code"] == "not_json"
    unknown = await intake.http.post("/api/petitions", json={"kind": "wish", "text": "x", "colour": "red"})
    assert {(error["field"], error["code"]) for error in unknown.json()["errors"]} == {
        ("kind", "not_listed"),
        ("colour", "unknown_field"),
    }


async def test_a_denunciation_travels_sealed_without_place_or_topic(intake: Intake) -> None:
    body = PETITION | {"kind": "denunciation", "topic": "dat-dai"}
    assert (await intake.http.post("/api/petitions", json=body)).status_code == 201
    receipt = await intake.only()
    (event,) = await _events(intake)
    said = json.loads(event["body"])
    assert event["is_sealed"]
    assert (said["topic"], said["commune"], said["latitude"], said["is_physical"]) == (None, None, None, False)
    asked = {"petition_ids": [receipt["petition_id"]], "purpose": "classify"}
    assert not (await intake.http.post("/api/internal/texts", json=asked, headers=intake.as_service())).json()["texts"]


async def test_a_code_read_over_the_phone_finds_its_petition_and_a_misread_one_says_so(intake: Intake) -> None:
    code = (await intake.http.post("/api/petitions", json=PETITION)).json()["code"]
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    answer = await intake.http.get(f"/api/petitions/{spoken}", headers={"Accept-Language": "en"})
    assert answer.json()["state_text"] == "Received"
    assert [step["what"] for step in answer.json()["steps"]] == ["lodged"]
    misread = ("A" if code[0] != "A" else "B") + code[1:]
    wrong = await intake.http.get(f"/api/petitions/{misread}")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_code")
    other = codes.mint(bytes(16))
    assert (await intake.http.get(f"/api/petitions/{other}")).status_code == 404


async def test_internal_doors_are_for_services_only(intake: Intake) -> None:
    asked = {"petition_ids": [], "purpose": "notify"}
    assert (await intake.http.post("/api/internal/contacts", json=asked)).status_code == 401
    officer = intake.as_person(Role.OFFICER, "hanoi")
    assert (await intake.http.post("/api/internal/contacts", json=asked, headers=officer)).status_code == 403


async def test_only_clerks_say_how_urgent_it_is(intake: Intake) -> None:
    body = PETITION | {"urgency": "urgent"}
    anybody = await intake.http.post("/api/petitions", json=body)
    assert [error["code"] for error in anybody.json()["errors"]] == ["clerk_only"]
    clerk = await intake.http.post("/api/petitions", json=body, headers=intake.as_person(Role.CLERK, "hanoi-tcd"))
    assert clerk.status_code == 201
    (event,) = await _events(intake)
    assert (json.loads(event["body"])["urgency"], event["actor"]) == ("urgent", "person:p-1")


async def test_two_bodies_under_one_key_at_the_same_moment_are_one_petition_and_one_refusal(intake: Intake) -> None:
    for number in range(10):
        headers = {"Idempotency-Key": f"at-the-same-moment-{number}"}
        bodies = [PETITION, PETITION | {"text": "Việc khác"}]
        answers = await asyncio.gather(*[intake.http.post("/api/petitions", json=body, headers=headers) for body in bodies])
        assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await _events(intake)) == 10


async def test_what_was_handed_in_is_answered_before_a_stop_and_what_comes_later_is_told_to_come_again(intake: Intake) -> None:
    waiting = [asyncio.ensure_future(intake.http.post("/api/petitions", json=PETITION)) for _ in range(20)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await intake.service.stop()
    statuses = [answer.status_code for answer in await asyncio.gather(*waiting)]
    assert statuses.count(201) == len(await _events(intake)) > 0
    assert set(statuses) <= {201, 503}
    late = await intake.http.post("/api/petitions", json=PETITION)
    assert (late.status_code, late.json()["code"]) == (503, "stopping")


async def test_the_hot_door_is_documented_with_its_models(intake: Intake) -> None:
    document = (await intake.http.get("/api/openapi.json")).json()
    door = document["paths"]["/api/petitions"]["post"]
    assert door["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/LodgePetition")
    assert set(document["components"]["schemas"]["LodgePetition"]["properties"]) >= {"kind", "text", "commune", "petitioner"}
    assert set(document["paths"]) >= {"/api/petitions/{code}", "/api/petitions/{code}/attachments", "/api/imports/{system}/rows"}


async def directory(intake: Intake) -> None:
    """Let three offices be known: the city, and two wards below it."""
    known = [("hanoi", "city", None), ("hanoi-00070", "commune", "hanoi"), ("hanoi-00004", "commune", "hanoi")]
    offices = [Office(code, "hanoi", kind, code, code, date(2025, 7, 1), None, (), parent) for code, kind, parent in known]
    async with intake.database.transaction() as tx:
        await hearing.put_offices(tx.connection, offices)


async def test_who_is_complained_of_is_said_with_the_office_that_took_the_letter_in(intake: Intake) -> None:
    await directory(intake)
    letter = {"kind": "complaint", "text": "Không đồng ý", "channel": "counter", "against": "hanoi-00070"}
    clerk = intake.as_person(Role.CLERK, "hanoi-tcd")
    (line,) = (await intake.http.post("/api/counter/petitions", json={"petitions": [letter]}, headers=clerk)).json()["lines"]
    assert line["status"] == "lodged", line
    (event,) = await _events(intake)
    said = json.loads(event["body"])
    assert (said["against"], said["received_by"], said["other_communes"]) == ("hanoi-00070", "hanoi-tcd", [])


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"against": "hanoi-none"}, "against", "unknown_office"),
    ({"against_rank": "head"}, "against", "missing"),
    ({"against": "hanoi-00070", "against_rank": "head"}, "against_rank", "denunciation_only"),
    ({"kind": "field_report", "against": "hanoi-00070"}, "against", "complaint_only"),
    ({"kind": "denunciation", "against": "hanoi", "against_rank": "head"}, "against", "beyond_the_city"),
    ({"kind": "denunciation", "against": "hanoi"}, "against", "beyond_the_city"),
    ({"other_communes": ["00004"]}, "commune", "missing"),
    ({"commune": "00070", "other_communes": ["00070"]}, "other_communes", "commune_twice"),
    ({"commune": "00070", "other_communes": ["x"]}, "other_communes", "bad_commune"),
    ({"against": "x" * 65}, "against", "too_long"),
]


async def test_what_is_wrong_with_who_is_complained_of_is_named(intake: Intake) -> None:
    await directory(intake)
    for sent, field, code in WRONG:
        answer = await intake.http.post("/api/petitions", json={"kind": "complaint", "text": "Không đồng ý"} | sent)
        assert answer.status_code == 422, (sent, answer.text)
        assert (field, code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}, sent
    fine = {"kind": "denunciation", "text": "x", "against": "hanoi", "against_rank": "staff"}
    assert (await intake.http.post("/api/petitions", json=fine)).status_code == 201
