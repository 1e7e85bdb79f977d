"""Answers for who asked: kept whole under seal, given with their parts to intake alone, which proves petitioners."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.routing.store import answers as store
from shared.contracts.words import Kind, Rank, Role
from shared.identity import Ciphers, EnvelopeCipher, ServiceTokens
from shared.kernel.clock import SystemClock
from tests.component.routing.scene import Scene
from tests.component.routing.test_legal_acts import ANSWER, ASKED, accepted, answered, version
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

CIPHERS = Ciphers(EnvelopeCipher(bytes.fromhex("ab" * 32)), EnvelopeCipher(bytes.fromhex("cd" * 32)))


def service(scene: Scene, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {ServiceTokens(scene.issuer.secret_file, name).token(now=SystemClock().now())}"}


async def given(scene: Scene, petition: UUID, name: str = "intake") -> dict[str, Any]:
    asked = {"petition_ids": [str(petition)], "purpose": "answer"}
    answer = await scene.http.post("/api/internal/answers", json=asked, headers=service(scene, name))
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def test_the_parts_of_an_answer_are_kept_with_the_requests_they_answer_for_intake_alone(scene: Scene) -> None:
    petition = await accepted(scene, "A1")
    await answered(scene, "A1", await version(scene, petition))
    told = await given(scene, petition)
    parts = told["parts"][str(petition)]
    assert parts["points"] == [
        {"number": point["request"], "request": request, "answer": point["answer"]}
        for point, request in zip(ANSWER["points"], ASKED["requests"], strict=True)
    ]
    assert (parts["grounds"], parts["appeal"], parts["evidence"]) == (ANSWER["grounds"], ANSWER["appeal"], [])
    assert told["answers"] == {str(petition): parts["text"]}
    assert await given(scene, petition, "notify") == {"answers": told["answers"]}


async def test_the_conclusion_on_a_denunciation_is_given_to_intake_and_to_no_other_service(scene: Scene) -> None:
    petition = await accepted(scene, "A2", kind=Kind.DENUNCIATION, against="hanoi-so-xd", against_rank=Rank.DEPUTY)
    async with scene.database.transaction() as tx:
        await tx.connection.exec_driver_sql("UPDATE petitions SET is_sealed = true")
    await answered(scene, "A2", await version(scene, petition))
    assert await given(scene, petition, "notify") == {"answers": {}}
    assert (await given(scene, petition))["parts"][str(petition)]["appeal"] == ANSWER["appeal"]


@pytest.mark.parametrize("words", ["Đã sửa xong đèn.", "12345", '{"text": "x"}'])
async def test_an_answer_of_before_there_were_parts_is_given_as_its_text(scene: Scene, words: str) -> None:
    petition = await scene.lodged("A3", topic="chieu-sang", urgency="normal", commune="00070")
    await scene.routed(petition)
    sealed = CIPHERS.seal(words.encode(), context=petition.bytes, is_sealed=False)
    async with scene.database.transaction() as tx:
        await store.put(tx.connection, petition, sealed, now=SystemClock().now())
    parts = (await given(scene, petition))["parts"][str(petition)]
    assert parts == {"text": words, "points": [], "grounds": [], "appeal": None, "evidence": []}


async def test_whether_an_answer_can_be_contested_is_told_with_the_last_day(scene: Scene) -> None:
    petition = await scene.lodged("A4", topic="chieu-sang", urgency="normal", commune="00070")
    office = (await scene.routed(petition))["office"]
    path = f"/api/internal/petitions/{petition}/contest"
    before = await scene.http.get(path, headers=service(scene, "intake"))
    assert before.json() == {"is_possible": False, "until": None}
    await scene.act(office, "A4", "accept", version=1)
    await scene.act(office, "A4", "answer", version=2, text="Đã sửa xong đèn.", role=Role.OFFICER)
    after = (await scene.http.get(path, headers=service(scene, "intake"))).json()
    today = (SystemClock().now() + timedelta(hours=7)).date()
    assert (after["is_possible"], after["until"]) == (True, (today + timedelta(days=30)).isoformat())
    nobody = await scene.http.get(f"/api/internal/petitions/{UUID(int=1)}/contest", headers=service(scene, "intake"))
    assert nobody.status_code == 404
