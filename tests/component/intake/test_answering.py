"""The answer reaches who asked: by code and secret or by phrase, with its files, and with what can be done about it."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from services.intake.domain.progress import What
from shared.contracts.words import Role
from tests.component.intake.conftest import Intake
from tests.component.intake.neighbour import PlayedRouting
from tests.component.intake.test_attaching import PDF
from tests.component.intake.test_petitioning import NOW, heard, lodged, says
from tests.component.intake.test_sealed import denounced

OFFICE = "hanoi-00070"
PARTS: dict[str, Any] = {
    "text": "Đã xem xét.\n1. Không chấp nhận.",
    "points": [{"number": 1, "request": "Huỷ quyết định.", "answer": "Không chấp nhận."}],
    "grounds": ["Luật Đất đai, Điều 81"],
    "appeal": "Khởi kiện trong 30 ngày.",
    "evidence": [],
}
ACTS = (What.ROUTED, What.ACCEPTED, What.ANSWERED)


async def answered(intake: Intake, routing: PlayedRouting, receipt: dict[str, str], *after: What, **parts: Any) -> None:
    await heard(intake, receipt, *ACTS, *after)
    routing.parts = {receipt["petition_id"]: PARTS | parts}


async def evidence(intake: Intake, petition: dict[str, str]) -> str:
    """Add evidence as an officer; return its id."""
    path, files = f"/api/petitions/{petition['code']}/attachments", [("files", ("a.pdf", PDF))]
    head = intake.as_person(Role.HEAD, OFFICE)
    stored = await intake.http.post(path, params={"purpose": "evidence"}, files=files, headers=head)
    return str(stored.json()["attachments"][0]["id"])


async def said(intake: Intake) -> int:
    async with intake.database.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM events"))).scalar_one())


async def test_the_petitioner_reads_all_of_his_answer_and_what_he_may_do(intake: Intake, routing: PlayedRouting) -> None:
    receipt = await lodged(intake)
    early = await says(intake, receipt, "answer")
    assert (early.status_code, early.json()["code"]) == (409, "no_answer")
    await answered(intake, routing, receipt)
    before = await said(intake)
    answer = await says(intake, receipt, "answer")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        **PARTS,
        "answered_at": NOW.isoformat(),
        "office": {"code": OFFICE, "name": OFFICE},
        "is_standing": True,
        "can_judge": True,
        "contest": {"is_possible": True, "until": "2026-12-23"},
    }
    assert await said(intake) == before
    await says(intake, receipt, "verdict", is_satisfied=True)
    assert (await says(intake, receipt, "answer")).json()["can_judge"] is False


async def test_an_answer_that_fell_away_is_shown_as_that(intake: Intake, routing: PlayedRouting) -> None:
    receipt = await lodged(intake)
    await answered(intake, routing, receipt, What.REOPENED)
    shown = (await says(intake, receipt, "answer")).json()
    assert (shown["text"], shown["is_standing"], shown["can_judge"]) == (PARTS["text"], False, False)


async def test_nobody_else_reads_it_and_it_waits_while_routing_is_away(intake: Intake, routing: PlayedRouting) -> None:
    receipt, other = await lodged(intake), await lodged(intake)
    await heard(intake, receipt, *ACTS)
    away = await says(intake, receipt, "answer")
    assert (away.status_code, away.json()["code"]) == (503, "routing_unreachable")
    await answered(intake, routing, receipt)
    wrong = await says(intake, receipt | {"secret": other["secret"]}, "answer")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "secret")
    assert PARTS["appeal"] not in wrong.text


async def test_the_files_that_the_answer_shows_are_fetched_with_the_same_secret_and_no_others(
    intake: Intake, routing: PlayedRouting
) -> None:
    receipt = await lodged(intake)
    await heard(intake, receipt, What.ROUTED)
    shown, unshown = await evidence(intake, receipt), str(uuid4())
    await answered(intake, routing, receipt, evidence=[shown])
    fetched = await says(intake, receipt, f"answer/files/{shown}")
    assert (fetched.status_code, fetched.content) == (200, PDF)
    assert (await says(intake, receipt, f"answer/files/{unshown}")).status_code == 404
    await answered(intake, routing, receipt, evidence=[])
    assert (await says(intake, receipt, f"answer/files/{shown}")).status_code == 404
    mistyped = await says(intake, receipt | {"secret": "HN8K"}, f"answer/files/{shown}")
    assert mistyped.status_code == 422


async def test_each_who_lodged_jointly_reads_it_and_only_their_representatives_may_contest(
    intake: Intake, routing: PlayedRouting
) -> None:
    people = [{"name": f"Người {place}", "has_signed": True, "is_representative": place == 0} for place in range(5)]
    body = {"kind": "complaint", "text": "Không đồng ý.", "petitioners": people, "appointed_on": "2026-01-05"}
    receipt = (await intake.http.post("/api/petitions", json=body)).json()
    await answered(intake, routing, receipt)
    shown = [(await says(intake, receipt | {"secret": secret}, "answer")).json() for secret in receipt["petitioners"]]
    assert {item["text"] for item in shown} == {PARTS["text"]}
    assert [item["contest"]["is_possible"] for item in shown] == [True, False, False, False, False]


async def sealed(intake: Intake, phrase: str, door: str) -> httpx.Response:
    return await intake.http.post(f"/api/sealed/{door}", json={"phrase": phrase})


async def test_who_denounced_hears_the_conclusion_by_his_phrase_with_its_files(intake: Intake, routing: PlayedRouting) -> None:
    phrase = await denounced(intake)
    petition = await intake.only()
    await heard(intake, petition, What.ROUTED)
    shown = await evidence(intake, petition)
    await answered(intake, routing, petition, evidence=[shown])
    routing.contest = {"is_possible": False, "until": None}
    answer = (await sealed(intake, phrase, "answer")).json()
    assert (answer["text"], answer["contest"]["is_possible"]) == (PARTS["text"], False)
    assert not {"code", "kind"} & set(answer)
    assert (await sealed(intake, phrase, f"answer/files/{shown}")).content == PDF
    nobody = await sealed(intake, "cánh diều gạo sóng lúa tre vườn thảm", "answer")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "phrase_not_found")
    assert UUID(shown)
