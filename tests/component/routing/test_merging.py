"""Petitions of the same content: one act for all of them, each with its own answer; and by themselves again."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.contracts.intake import PetitionWithdrawnV1
from shared.identity import ServiceTokens
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.component.routing.scene import READY_SECONDS_MAX, Scene
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

OFFICE = "hanoi-so-xd"
WORDS: dict[str, Any] = {"text": "Đèn đã được thay và sáng trở lại.", "grounds": ["Quyết định 12"]}
REPORT = {"topic": "chieu-sang", "urgency": "normal", "commune": "00070"}


async def report(scene: Scene, code: str, **changes: Any) -> UUID:
    petition = await scene.lodged(code, **REPORT | changes)
    await scene.routed(petition)
    return petition


async def office_of(scene: Scene, petition: UUID) -> str:
    return str((await scene.routed(petition))["office"])


async def three(scene: Scene) -> tuple[list[UUID], str]:
    """Return a lead L and two petitions, B and C, that were merged into it, all accepted, and their office."""
    found = [await report(scene, code) for code in ("L", "B", "C")]
    office = await office_of(scene, found[0])
    for code in ("L", "B", "C"):
        assert (await scene.act(office, code, "accept", version=1)).is_success
    for code in ("B", "C"):
        merged = await scene.act(office, code, "merge", version=2, into="L")
        assert merged.is_success, merged.text
    return found, office


async def shown(scene: Scene, office: str, code: str) -> dict[str, Any]:
    answer = await scene.http.get(f"/api/petitions/{code}", headers=scene.officer(office))
    return dict(answer.json())


async def verbs(scene: Scene, petition: UUID) -> list[str]:
    return [row["type"].split(".")[3] for row in await scene.said(petition)]


async def test_what_is_done_about_the_lead_is_done_about_each_and_each_has_its_answer(scene: Scene) -> None:
    found, office = await three(scene)
    lead = await shown(scene, office, "L")
    assert (lead["merged"], lead["members"], lead["merged_into"]) == (["B", "C"], 2, None)
    member = await shown(scene, office, "B")
    assert (member["merged_into"], member["possible"]) == ("L", ["extend", "record", "classify", "unmerge"])
    queue = (await scene.http.get("/api/queue", headers=scene.officer(office))).json()["items"]
    assert [item["code"] for item in queue] == ["L"]

    refused = await scene.act(office, "B", "answer", version=3, **WORDS)
    assert (refused.json()["code"], refused.json()["lead"]) == ("merged", "L")
    assert (await scene.act(office, "L", "answer", version=2, **WORDS)).is_success
    for petition in found:
        assert (await verbs(scene, petition))[-1] == "answered"
    async with scene.database.reading() as connection:
        kept = {row.petition_id for row in await connection.execute(text("SELECT petition_id FROM answers"))}
    assert kept == set(found)  # sealed under a key of its own each
    assert (await scene.act(office, "L", "close", version=3)).is_success
    assert [(await shown(scene, office, code))["state"] for code in ("L", "B", "C")] == ["closed"] * 3


async def test_a_merge_is_undone_completely_also_after_an_answer(scene: Scene) -> None:
    found, office = await three(scene)
    assert (await scene.act(office, "B", "unmerge", version=3)).is_success
    assert (await verbs(scene, found[1]))[-1:] == ["unmerged"]
    await scene.act(office, "L", "answer", version=2, **WORDS)
    assert [(await shown(scene, office, code))["state"] for code in ("L", "B", "C")] == ["answered", "accepted", "answered"]
    alone = await scene.act(office, "C", "unmerge", version=4)
    assert (alone.json()["state"], (await verbs(scene, found[2]))[-2:]) == ("accepted", ["unmerged", "reopened"])
    assert (await shown(scene, office, "L"))["members"] == 0
    own = await scene.act(office, "C", "answer", version=6, text="Đèn ở ngõ này sẽ thay trong tháng.", grounds=["Kế hoạch 5"])
    assert own.is_success


async def test_the_others_go_on_when_the_lead_is_taken_back(scene: Scene) -> None:
    found, office = await three(scene)
    await scene.say(found[0], PetitionWithdrawnV1())

    async def are_alone() -> bool:
        return all([(await verbs(scene, petition))[-1] == "unmerged" for petition in found[1:]])

    await wait_until(are_alone, READY_SECONDS_MAX, what="the others stand by themselves")
    assert [(await shown(scene, office, code))["state"] for code in ("L", "B", "C")] == ["withdrawn", "accepted", "accepted"]
    assert (await scene.act(office, "B", "answer", version=4, **WORDS)).is_success
    assert (await verbs(scene, found[2]))[-1] == "unmerged"


async def test_who_contests_goes_on_alone_and_the_others_keep_the_answer(scene: Scene) -> None:
    found, office = await three(scene)
    await scene.act(office, "L", "answer", version=2, **WORDS)
    for petition in (found[1], found[0]):
        tokens = {"Authorization": f"Bearer {ServiceTokens(scene.issuer.secret_file, 'intake').token(now=SystemClock().now())}"}
        path = f"/api/internal/petitions/{petition}/contest"
        answer = await scene.http.post(path, params={"key": f"c-{petition}"}, headers=tokens)
        assert answer.status_code == 200, answer.text
    assert (await verbs(scene, found[1]))[-3:] == ["unmerged", "contested", "transferred"]
    assert (await verbs(scene, found[0]))[-2:] == ["contested", "transferred"]
    assert (await verbs(scene, found[2]))[-1] == "unmerged"
    left = await shown(scene, office, "C")
    assert (left["state"], left["merged_into"], "close" in left["possible"]) == ("answered", None, True)


async def test_what_is_not_theirs_or_not_alike_is_not_merged(scene: Scene) -> None:
    first, _ = await report(scene, "A"), await report(scene, "D")
    await report(scene, "E", topic="dat-dai", kind="recommendation")
    office = await office_of(scene, first)

    async def refusal(into: str, version: int) -> tuple[int, str]:
        answer = await scene.act(office, "A", "merge", version=version, into=into)
        return answer.status_code, answer.json()["code"]

    assert await refusal("D", 1) == (409, "not_possible_now")  # each is taken on by itself before
    await scene.act(office, "A", "accept", version=1)
    assert await refusal("A", 2) == (409, "merge_itself")
    assert await refusal("D", 2) == (409, "merge_other_state")
    assert await refusal("E", 2) == (404, "petition_not_found")  # another office has it
    assert await refusal("NOBODY", 2) == (404, "petition_not_found")
    accepted = await scene.act(office, "D", "accept", version=1)
    assert (await scene.act(office, "A", "merge", version=2, into="D")).is_success, accepted.text
    again = await scene.act(office, "D", "merge", version=2, into="A")
    assert again.json()["code"] == "leads_others"


async def test_what_moves_a_clock_is_done_about_each_alone(scene: Scene) -> None:
    found, office = await three(scene)
    paper = {"number": "5/CV", "issued_on": "2026-11-20"}
    extended = await scene.act(office, "L", "extend", version=2, rule="IH.NORMAL", ground="G", amount=2, document=paper)
    assert extended.is_success, extended.text
    assert [(await verbs(scene, petition))[-1] for petition in found] == ["extended", "merged", "merged"]
    own = await scene.act(office, "B", "extend", version=3, rule="IH.NORMAL", ground="G", amount=2, document=paper)
    assert own.is_success, own.text
    assert ((await verbs(scene, found[1]))[-1], (await shown(scene, office, "B"))["merged_into"]) == ("extended", "L")


async def test_what_was_refused_and_closed_together_is_taken_apart_too(scene: Scene) -> None:
    found, office = await three(scene)
    assert (await scene.act(office, "L", "transfer", version=2, to_office="hanoi-so-nnmt", reason="not_competent")).is_success
    assert (await scene.act("hanoi-so-nnmt", "L", "refuse", version=3, ground="PA_2")).is_success
    assert (await scene.act("hanoi-so-nnmt", "L", "close", version=4)).is_success
    assert [(await shown(scene, "hanoi-so-nnmt", code))["state"] for code in ("L", "B")] == ["closed", "closed"]
    alone = await scene.act("hanoi-so-nnmt", "B", "unmerge", version=6)
    assert (alone.json()["state"], (await verbs(scene, found[1]))[-2:]) == ("accepted", ["unmerged", "reopened"])


async def test_acts_on_the_lead_and_merging_at_the_same_time_leave_nobody_behind(scene: Scene) -> None:
    codes = ("L", "B", "C", "D", "F")
    found = [await report(scene, code) for code in codes]
    office = await office_of(scene, found[0])
    for code in codes:
        await scene.act(office, code, "accept", version=1)
    merging = [scene.act(office, code, "merge", version=2, into="L") for code in codes[1:]]
    done = await asyncio.gather(*merging, scene.act(office, "L", "answer", version=2, **WORDS))
    assert done[-1].is_success, done[-1].text
    for code, answer in zip(codes[1:], done, strict=False):
        state = (await shown(scene, office, code))["state"]
        # merged before the answer, and answered with it; or too late for that, and told so
        assert (state, answer.status_code) in (("answered", 200), ("accepted", 409)), answer.text
