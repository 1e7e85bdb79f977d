"""Many people behind one petition: each with a secret, a way back and a verdict of his own; persons are counted, not messages."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import text

from services.intake.domain.progress import Step, What
from services.intake.store import hearing
from shared.contracts.words import Role
from tests.component.intake.conftest import Intake
from tests.component.intake.test_petitioning import NOW, heard, lodged, said

REPORT = {"kind": "field_report", "text": "Đèn đường ở ngõ 12 tắt.", "petitioner": {"name": "Lan", "phone": "0912345678"}}
PHONES = ("0912345671", "0912345672")


def several(number: int, speaking: int = 1, **petition: Any) -> dict[str, Any]:
    names = [{"name": f"Người {place}", "is_representative": place < speaking, "has_signed": True} for place in range(number)]
    return {
        "kind": "recommendation",
        "text": "Đề nghị mở lại cầu.",
        "petitioners": names,
        "appointed_on": "2026-11-01",
    } | petition


async def joined(intake: Intake, code: str, **petitioner: str) -> httpx.Response:
    return await intake.http.post(f"/api/petitions/{code}/join", json={"petitioner": petitioner})


async def says(intake: Intake, code: str, secret: str, what: str, **body: Any) -> httpx.Response:
    return await intake.http.post(f"/api/petitions/{code}/{what}", json={"secret": secret} | body)


async def bodies(intake: Intake, kind: str) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        rows = await connection.execute(text("SELECT body FROM events WHERE type = :t ORDER BY seq"), {"t": kind})
        return [orjson.loads(row.body) for row in rows]


async def people_now(intake: Intake, code: str) -> int:
    return int((await intake.http.get(f"/api/petitions/{code}")).json()["petitioners"])


async def test_a_joint_petition_gives_everybody_a_secret_and_says_of_each_that_he_stands_behind_it(intake: Intake) -> None:
    headers = {"Idempotency-Key": "joint-000001"}
    first, again = [(await intake.http.post("/api/petitions", json=several(7, 2), headers=headers)).json() for _ in range(2)]
    assert first == again
    assert (len(set(first["petitioners"])), first["petitioners"][0]) == (7, first["secret"])
    told = await bodies(intake, "petitions.intake.petition.joined.v1")
    assert ([item["petitioners"] for item in told], [item["is_representative"] for item in told]) == (
        list(range(2, 8)),
        [True, False, False, False, False, False],
    )
    assert (await bodies(intake, "petitions.intake.petition.lodged.v1"))[0]["petitioners"] == 7
    assert await people_now(intake, first["code"]) == 7
    assert "Người" not in str(told)


async def test_a_joint_petition_that_the_law_does_not_know_is_refused_line_by_line(intake: Intake) -> None:
    sent = several(6, 3)
    sent["petitioners"][4]["has_signed"] = False
    del sent["appointed_on"]
    answer = await intake.http.post("/api/petitions", json=sent)
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("petitioners.5.has_signed", "unsigned"),
        ("petitioners", "representatives"),
        ("appointed_on", "no_appointment"),
    ]
    both = await intake.http.post("/api/petitions", json=several(2) | {"petitioner": {"name": "Lan"}})
    assert [error["code"] for error in both.json()["errors"]] == ["either_one"]


async def test_persons_are_counted_whoever_joins_how_often(intake: Intake) -> None:
    code = (await lodged(intake, **REPORT))["code"]
    numbers = [
        (await joined(intake, code, **who)).json()["petitioners"]
        for who in (
            {"phone": PHONES[0]},
            {"phone": f"+84{PHONES[0][1:]}", "name": "Hùng"},  # the same phone
            {"phone": "0912 345 678"},  # the first one again
            {"email": "Mai@example.vn"},
            {"email": "mai@example.vn"},
            {"name": "Tuấn"},
        )
    ]
    assert numbers == [2, 2, 2, 3, 3, 4]
    assert await people_now(intake, code) == 4


async def test_each_takes_it_back_for_himself_and_with_the_last_it_ends(intake: Intake) -> None:
    receipt = await lodged(intake, **REPORT)
    code = receipt["code"]
    await heard(intake, receipt, What.ROUTED)
    second, third = [(await joined(intake, code, phone=phone)).json()["secret"] for phone in PHONES]
    for _ in range(2):
        assert (await says(intake, code, receipt["secret"], "withdraw")).json()["state"] == "routed"
    assert await people_now(intake, code) == 2
    assert (await bodies(intake, "petitions.intake.petitioner.withdrawn.v1"))[0] == {
        "petitioner_id": receipt["petition_id"],
        "petitioners": 2,
    }
    answers = await asyncio.gather(*(says(intake, code, secret, "withdraw") for secret in (second, third)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await said(intake)).count("petitions.intake.petitioner.withdrawn.v1") == 2
    assert (await said(intake)).count("petitions.intake.petition.withdrawn.v1") == 1
    assert (await intake.http.get(f"/api/petitions/{code}")).json()["state"] == "withdrawn"


async def test_each_judges_the_answer_for_himself(intake: Intake) -> None:
    receipt = await lodged(intake, **REPORT)
    second = (await joined(intake, receipt["code"], phone=PHONES[0])).json()["secret"]
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    for secret, is_satisfied in ((receipt["secret"], True), (second, False)):
        shown = (await says(intake, receipt["code"], secret, "verdict", is_satisfied=is_satisfied)).json()
        assert shown["verdict"]["is_satisfied"] is is_satisfied
        again = await says(intake, receipt["code"], secret, "verdict", is_satisfied=is_satisfied)
        assert again.json()["code"] == "judged_before"
    told = await bodies(intake, "petitions.intake.petition.rated.v1")
    assert [(item["is_satisfied"], item["petitioner_id"] is None) for item in told] == [(True, True), (False, False)]


async def test_only_who_represents_them_contests_for_all(intake: Intake) -> None:
    receipt = (await intake.http.post("/api/petitions", json=several(5, 1))).json()
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    refused = await says(intake, receipt["code"], receipt["petitioners"][3], "contest", text="Không đồng ý")
    assert refused.json()["code"] == "representative_speaks"
    allowed = await says(intake, receipt["code"], receipt["secret"], "contest", text="Không đồng ý")
    assert allowed.json()["code"] == "routing_unreachable"  # past our own door: there is no routing here


async def test_where_all_who_represented_them_took_it_back_each_of_the_others_contests(intake: Intake) -> None:
    receipt = (await intake.http.post("/api/petitions", json=several(5, 2))).json()
    await heard(intake, receipt, What.ROUTED)
    first, second, third, *_ = receipt["petitioners"]
    words = {"text": "Không đồng ý"}
    await says(intake, receipt["code"], first, "withdraw")
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    assert (await says(intake, receipt["code"], third, "contest", **words)).json()["code"] == "representative_speaks"
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED, What.REOPENED)
    await says(intake, receipt["code"], second, "withdraw")
    assert (await says(intake, receipt["code"], third, "contest", **words)).json()["code"] == "routing_unreachable"
    assert (await says(intake, receipt["code"], first, "contest", **words)).json()["code"] == "withdrawn_before"


@pytest.mark.parametrize(("kind", "code"), [("complaint", "join_other_kind"), ("denunciation", "petition_not_found")])
async def test_complaints_are_not_joined_and_denunciations_do_not_exist(intake: Intake, kind: str, code: str) -> None:
    await lodged(intake, kind=kind)
    answer = await joined(intake, (await intake.only())["code"], name="Lan")
    assert answer.json()["code"] == code


async def test_who_joins_says_how_he_can_be_told_from_others_and_joins_nothing_that_has_ended(intake: Intake) -> None:
    receipt = await lodged(intake, **REPORT)
    nobody = await joined(intake, receipt["code"])
    assert [(error["field"], error["code"]) for error in nobody.json()["errors"]] == [("petitioner", "no_way_to_tell")]
    steps = [(UUID(receipt["petition_id"]), Step("routing", 1, What.ANSWERED, NOW, "hanoi-00070"))]
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, steps)
    assert (await joined(intake, receipt["code"], name="Lan")).json()["code"] == "join_ended"


async def test_a_joint_denunciation_gives_each_a_phrase_and_each_takes_his_own_back(intake: Intake) -> None:
    receipt = (await intake.http.post("/api/petitions", json=several(5, 1, kind="denunciation"))).json()
    phrases = receipt["petitioners"]
    assert (len(set(phrases)), set(receipt)) == (5, {"phrase", "lodged_at", "petitioners"})
    for phrase in phrases:
        status = await intake.http.post("/api/sealed/status", json={"phrase": phrase})
        assert (status.json()["state"], "petitioners" in status.json()) == ("lodged", False)
    await intake.http.post("/api/sealed/withdraw", json={"phrase": phrases[4]})
    assert [item["petitioners"] for item in await bodies(intake, "petitions.intake.petitioner.withdrawn.v1")] == [4]


async def test_the_office_reads_who_they_are_and_services_reach_each(intake: Intake) -> None:
    receipt = (await intake.http.post("/api/petitions", json=several(5, 2))).json()
    await heard(intake, receipt, What.ROUTED)
    ids = [item["petitioner_id"] for item in await bodies(intake, "petitions.intake.petition.joined.v1")]
    asked = {"fields": ["petitioners"], "purpose": "dealing"}
    officer = intake.as_person(Role.OFFICER, "hanoi-00070")
    shown = (await intake.http.post(f"/api/petitions/{receipt['code']}/reveal", json=asked, headers=officer)).json()
    assert [(item["number"], item["name"], item["is_representative"]) for item in shown["fields"]["petitioners"]] == [
        (1, "Người 0", True),
        (2, "Người 1", True),
        (3, "Người 2", False),
        (4, "Người 3", False),
        (5, "Người 4", False),
    ]
    wanted = {"petition_ids": [receipt["petition_id"], *ids], "purpose": "notify"}
    contacts = (await intake.http.post("/api/internal/contacts", json=wanted, headers=intake.as_service())).json()["contacts"]
    assert {contacts[key]["name"] for key in wanted["petition_ids"]} == {f"Người {place}" for place in range(5)}
