"""The petitioner's own doors: the secret proves who it is, each thing is said once, words stay under seal."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from services.intake.domain import secret as secrets
from services.intake.domain.progress import Clock, Step, What
from services.intake.store import hearing, statements
from shared.contracts.words import Role
from shared.identity import EnvelopeCipher
from shared.kernel.clock import SystemClock
from tests.component.intake.conftest import Intake
from tests.component.intake.neighbour import PlayedRouting

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


async def lodged(intake: Intake, **petition: Any) -> dict[str, str]:
    given = {"kind": "recommendation", "text": "Đề nghị trồng cây.", "petitioner": {"name": "Lan"}} | petition
    receipt: dict[str, str] = (await intake.http.post("/api/petitions", json=given)).json()
    return receipt


async def heard(intake: Intake, receipt: dict[str, str], *acts: What) -> None:
    """Note what routing said, as hearing does."""
    steps = [Step("routing", place, what, NOW, "hanoi-00070") for place, what in enumerate(acts, start=1)]
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, [(UUID(receipt["petition_id"]), step) for step in steps])


async def says(intake: Intake, receipt: dict[str, str], what: str, **body: Any) -> httpx.Response:
    return await intake.http.post(f"/api/petitions/{receipt['code']}/{what}", json={"secret": receipt["secret"]} | body)


async def said(intake: Intake) -> list[str]:
    async with intake.database.reading() as connection:
        return [row.type for row in await connection.execute(text("SELECT type FROM events ORDER BY seq"))]


async def test_the_secret_is_the_same_for_a_repeated_lodging_and_differs_from_petition_to_petition(intake: Intake) -> None:
    body = {"kind": "recommendation", "text": "Đề nghị trồng cây."}
    headers = {"Idempotency-Key": "key-00000001"}
    first, again = [(await intake.http.post("/api/petitions", json=body, headers=headers)).json() for _ in range(2)]
    assert first == again
    assert (await lodged(intake))["secret"] != first["secret"]
    assert secrets.is_secret(first["secret"].lower().replace("-", " "), _stamp(first))


def _stamp(receipt: dict[str, str]) -> bytes:
    return EnvelopeCipher(bytes.fromhex("ab" * 32)).stamp(secrets.context_of(UUID(receipt["petition_id"]).bytes))


@pytest.mark.parametrize("what", ["withdraw", "verdict", "contest"])
async def test_who_does_not_know_the_secret_changes_nothing(intake: Intake, what: str) -> None:
    receipt, other = await lodged(intake), await lodged(intake)
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    before = await said(intake)
    body = {"is_satisfied": True} if what == "verdict" else {"text": "x"}
    wrong = await says(intake, receipt | {"secret": other["secret"]}, what, **body)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "secret")
    mistyped = await says(intake, receipt | {"secret": "HN8K"}, what, **body)
    assert (mistyped.status_code, mistyped.json()["errors"][0]["field"]) == (422, "secret")
    assert await said(intake) == before


async def test_a_withdrawal_is_said_once_and_an_ended_petition_is_not_withdrawn(intake: Intake) -> None:
    receipt = await lodged(intake)
    await heard(intake, receipt, What.ROUTED)
    for _ in range(2):
        assert (await says(intake, receipt, "withdraw", text="Không cần nữa")).json()["state"] == "withdrawn"
    assert (await said(intake)).count("petitions.intake.petition.withdrawn.v1") == 1
    ended = await lodged(intake)
    await heard(intake, ended, What.ROUTED, What.REFUSED)
    assert (await says(intake, ended, "withdraw")).json()["code"] == "nothing_to_withdraw"


async def test_a_verdict_is_kept_once_for_each_answer_and_its_words_are_sealed(intake: Intake) -> None:
    receipt = await lodged(intake)
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED)
    assert (await says(intake, receipt, "verdict", is_satisfied=True)).json()["code"] == "nothing_to_judge"
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    assert (await says(intake, receipt, "verdict", is_satisfied=False, text="Chưa làm gì cả")).is_success
    assert (await says(intake, receipt, "verdict", is_satisfied=True)).json()["code"] == "judged_before"
    async with intake.database.reading() as connection:
        (kept,) = await statements.of_petition(connection, UUID(receipt["petition_id"]))
        bodies = [str(row.body) for row in await connection.execute(text("SELECT body FROM events"))]
    assert (kept.what, kept.is_satisfied, kept.words is not None) == ("verdict", False, True)
    assert all("Chưa làm" not in body for body in bodies)
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED, What.REOPENED, What.ANSWERED)
    again = await says(intake, receipt, "verdict", is_satisfied=True)
    assert again.json()["verdict"]["is_satisfied"] is True


async def test_a_contest_says_why_and_waits_while_routing_is_away(intake: Intake) -> None:
    receipt = await lodged(intake)
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    silent = await says(intake, receipt, "contest")
    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (422, "text")
    away = await says(intake, receipt, "contest", text="Chưa làm")
    assert (away.status_code, away.json()["code"]) == (503, "routing_unreachable")
    async with intake.database.reading() as connection:
        assert await statements.of_petition(connection, UUID(receipt["petition_id"])) == []


@pytest.mark.parametrize(("days", "overdue"), [(-1, "true"), (30, "false")])
async def test_a_complaint_without_an_answer_in_time_becomes_a_second_one(
    intake: Intake, routing: PlayedRouting, days: int, overdue: str
) -> None:
    routing.contested = []
    receipt = await lodged(intake, kind="complaint", text="Khiếu nại quyết định thu hồi đất.")
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED)
    due_at = SystemClock().now() + timedelta(days=days)
    clock = Clock(uuid4(), UUID(receipt["petition_id"]), "KN1.RESOLVE", due_at, is_running=True)
    async with intake.database.transaction() as tx:
        await hearing.put_clocks(tx.connection, [clock])
    second = await says(intake, receipt, "contest", text="Quá hạn mà chưa giải quyết.")
    assert (second.status_code, routing.contested) == (201, [overdue])  # whether it is possible routing decides
    assert second.json()["code"] != receipt["code"]
    again = await says(intake, receipt, "contest", text="Quá hạn mà chưa giải quyết.")
    assert again.json()["code"] == second.json()["code"]
    other = await says(intake, receipt, "contest", text="Vì một lý do khác.")
    assert (other.status_code, other.json()["code"]) == (409, "contested_already")


async def test_who_has_the_second_complaint_reads_the_first_one(intake: Intake, routing: PlayedRouting) -> None:
    routing.contested = []
    receipt = await lodged(intake, kind="complaint", text="Khiếu nại quyết định thu hồi đất.")
    await heard(intake, receipt, What.ROUTED, What.ACCEPTED, What.ANSWERED)
    second = (await says(intake, receipt, "contest", text="Trả lời không đúng.")).json()
    asked = {"fields": ["text"], "purpose": "dealing"}
    path, above = f"/api/petitions/{receipt['code']}/reveal", intake.as_person(Role.HEAD, "hanoi")
    assert (await intake.http.post(path, json=asked, headers=above)).status_code == 404
    async with intake.database.transaction() as tx:
        moved = text("UPDATE search_entries SET office = 'hanoi' WHERE petition_id = :id")
        await tx.connection.execute(moved, {"id": second["petition_id"]})
    shown = await intake.http.post(path, json=asked, headers=above)
    assert (shown.status_code, shown.json()["fields"]) == (200, {"text": "Khiếu nại quyết định thu hồi đất."})
