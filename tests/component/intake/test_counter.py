"""The counter's doors: each letter its own receipt or its own mistakes, register numbers given once, nothing told twice."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.domain.lodging import LEGAL_ZONE
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from tests.component.intake.conftest import Intake

OFFICE = "hanoi-tcd"
YESTERDAY = (SystemClock().now().astimezone(LEGAL_ZONE).date() - timedelta(days=1)).isoformat()


def _letter(number: str | None, **more: Any) -> dict[str, Any]:
    return {"kind": "complaint", "text": "Đèn hỏng", "channel": "post", "register_number": number, **more}


async def _lodge(intake: Intake, *letters: dict[str, Any], key: str | None = None, office: str = OFFICE) -> list[dict[str, Any]]:
    headers = intake.as_person(Role.CLERK, office) | ({"Idempotency-Key": key} if key else {})
    answer = await intake.http.post("/api/counter/petitions", json={"petitions": list(letters)}, headers=headers)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["lines"]
    return lines


async def _events(intake: Intake) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        rows = await connection.execute(text("SELECT effective_at, body FROM events ORDER BY seq"))
        return [json.loads(row.body) | {"effective_at": row.effective_at} for row in rows]


async def test_each_letter_gets_its_own_receipt_or_its_own_mistakes(intake: Intake) -> None:
    lines = await _lodge(intake, _letter("1/TCD"), _letter(None), _letter("2/TCD", text=" "), _letter("3/TCD"))
    assert [line["status"] for line in lines] == ["lodged", "refused", "refused", "lodged"]
    assert [line["errors"][0]["field"] for line in lines[1:3]] == ["register_number", "text"]
    assert all(base64.b64decode(line["receipt_pdf"]).startswith(b"%PDF") for line in (lines[0], lines[3]))
    assert [event["code"] for event in await _events(intake)] == [lines[0]["code"], lines[3]["code"]]


async def test_a_register_number_is_given_once_per_office_and_year(intake: Intake) -> None:
    (first,) = await _lodge(intake, _letter("12/TCD", received_on=YESTERDAY))
    same, other = await _lodge(intake, _letter(" 12/tcd", received_on=YESTERDAY), _letter("13/TCD"))
    assert same["errors"][0]["code"] == "register_number_used"
    assert first["code"] in same["errors"][0]["reason"]
    assert other["status"] == "lodged"
    (elsewhere,) = await _lodge(intake, _letter("12/TCD", received_on=YESTERDAY), office="hanoi-00070")
    assert elsewhere["status"] == "lodged"


async def test_of_two_letters_with_one_number_the_first_counts(intake: Intake) -> None:
    first, second = await _lodge(intake, _letter("1"), _letter("1", text="Khác"))
    assert (first["status"], second["status"]) == ("lodged", "refused")
    assert first["code"] in second["errors"][0]["reason"]


async def test_the_same_key_gets_the_same_receipts_and_a_mended_line_is_taken(intake: Intake) -> None:
    first = await _lodge(intake, _letter("1"), _letter(None), key="visit-0001")
    again = await _lodge(intake, _letter("1"), _letter("2"), key="visit-0001")
    assert (again[0]["code"], again[0]["is_repeat"]) == (first[0]["code"], True)
    assert again[1]["status"] == "lodged"
    assert len(await _events(intake)) == 2
    (changed,) = await _lodge(intake, _letter("1", text="Khác"), key="visit-0001")
    assert changed["errors"][0]["code"] == "key_reused"


async def test_one_request_sent_many_times_at_once_is_lodged_once(intake: Intake) -> None:
    letters = [_letter(str(number)) for number in range(20)]
    answers = await asyncio.gather(*[_lodge(intake, *letters, key="visit-0002") for _ in range(4)])
    assert len({tuple(line["code"] for line in lines) for lines in answers}) == 1
    assert len(await _events(intake)) == 20


async def test_clerks_who_take_the_same_numbers_at_once_give_each_once(intake: Intake) -> None:
    letters = [_letter(str(number)) for number in range(10)]
    answers = await asyncio.gather(_lodge(intake, *letters), _lodge(intake, *reversed(letters)))
    assert sum(line["status"] == "lodged" for lines in answers for line in lines) == 10
    assert len(await _events(intake)) == 10


async def test_time_counts_from_the_day_on_which_the_letter_came(intake: Intake) -> None:
    await _lodge(intake, _letter("1", received_on=YESTERDAY))
    (event,) = await _events(intake)
    assert event["effective_at"].astimezone(LEGAL_ZONE).isoformat() == f"{YESTERDAY}T00:00:00+07:00"
    assert event["channel"] == "post"


async def test_a_denunciation_at_the_counter_stays_sealed(intake: Intake) -> None:
    petitioner = {"name": "Bưởi", "phone": "0912345678"}
    await _lodge(intake, _letter("9/MẬT", kind="denunciation", topic="dat-dai", commune="00070", petitioner=petitioner))
    (event,) = await _events(intake)
    assert (event["topic"], event["commune"]) == (None, None)
    assert not any(word in json.dumps(event, default=str, ensure_ascii=False) for word in ("Bưởi", "912345678", "MẬT"))


async def test_a_receipt_is_printed_again_at_the_counter_that_gave_it_out(intake: Intake) -> None:
    (line,) = await _lodge(intake, _letter("1"))
    path = line["receipt_url"].removeprefix("/intake")
    printed = await intake.http.get(path, headers=intake.as_person(Role.CLERK, OFFICE))
    assert (printed.status_code, printed.content[:4]) == (200, b"%PDF")
    assert (await intake.http.get(path, headers=intake.as_person(Role.CLERK, "hanoi-00070"))).status_code == 404
    assert (await intake.http.get(path, headers=intake.as_person(Role.OFFICER, OFFICE))).status_code == 403
    query = text("SELECT body FROM events WHERE type = 'petitions.intake.identity.revealed.v1'")
    async with intake.database.reading() as connection:
        read = [json.loads(row.body) for row in await connection.execute(query)]
    assert [item["fields"] for item in read] == [["secret"]]  # the reprint shows it, and that is said


async def test_the_secret_on_the_receipt_lets_the_visitor_withdraw(intake: Intake) -> None:
    (line,) = await _lodge(intake, _letter("1"))
    withdrawn = await intake.http.post(f"/api/petitions/{line['code']}/withdraw", json={"secret": line["secret"]})
    assert withdrawn.json()["state"] == "withdrawn"


@pytest.mark.parametrize(("role", "office", "status"), [(Role.OFFICER, OFFICE, 403), (Role.CLERK, None, 403)])
async def test_the_counter_is_for_clerks_of_an_office(intake: Intake, role: Role, office: str | None, status: int) -> None:
    headers = intake.as_person(role, office)
    answer = await intake.http.post("/api/counter/petitions", json={"petitions": [_letter("1")]}, headers=headers)
    assert answer.status_code == status


async def test_more_than_twenty_letters_are_refused_as_a_whole(intake: Intake) -> None:
    headers = intake.as_person(Role.CLERK, OFFICE)
    body = {"petitions": [_letter(str(number)) for number in range(21)]}
    answer = await intake.http.post("/api/counter/petitions", json=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "petitions")
