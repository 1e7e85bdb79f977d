"""Legal acts over HTTP: paper, ground and right; what escalation says of them; stated times, and the second person."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from shared.contracts.words import Kind, Role
from shared.kernel.clock import SystemClock
from tests.component.routing.scene import Scene
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

WARD = "hanoi-00070"
PAPER = {"number": "12/QĐ-UBND", "issued_on": "2026-07-15"}
ASKED: dict[str, Any] = {"requests": ["Hủy quyết định thu hồi.", "Bồi thường."]}
ANSWER: dict[str, Any] = {
    "text": "Quyết định giải quyết khiếu nại số 12/QĐ-UBND.",
    "points": [{"request": 1, "answer": "Không chấp nhận."}, {"request": 2, "answer": "Bồi thường thêm."}],
    "grounds": ["Luật Đất đai 31/2024/QH15, Điều 81"],
    "appeal": "Khiếu nại lần hai hoặc khởi kiện trong 30 ngày.",
}
EFFECT = {
    "deadline_id": "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11",
    "rule": "KN1.RESOLVE",
    "unit": "calendar_day",
    "due_at": "2026-08-05T16:59:59Z",
    "new_due_at": "2026-08-20T16:59:59Z",
}


async def accepted(scene: Scene, code: str, *, days_ago: int = 0, **fields: Any) -> Any:
    """Return a complaint that the ward has taken on."""
    given = {"kind": Kind.COMPLAINT, "topic": "dat-dai", "commune": "00070", "urgency": "normal"} | fields
    petition = await scene.lodged(code, days_ago=days_ago, **given)
    office = (await scene.routed(petition))["office"]
    if office != WARD:
        await scene.act(office, code, "transfer", version=1, to_office=WARD, reason="assignment")
    version = len(await scene.said(petition))
    assert (await scene.act(WARD, code, "accept", version=version, traits=["remote"], **ASKED)).status_code == 200
    return petition


async def version(scene: Scene, petition: Any) -> int:
    return len(await scene.said(petition))


async def answered(scene: Scene, code: str, seen: int, **changes: Any) -> Any:
    """Answer a complaint: an officer proposes, the head of the office approves."""
    proposed = await scene.act(WARD, code, "answer", version=seen, **ANSWER | changes)
    assert (proposed.status_code, proposed.json()["why"]) == (202, "approval"), proposed.text
    path = f"/api/petitions/{code}/proposals/{proposed.json()['proposal']}/confirm"
    return (await scene.http.post(path, headers=head(scene))).json()


def head(scene: Scene) -> dict[str, str]:
    """Return the head of the ward, who is another person than its officer."""
    return {"Authorization": f"Bearer {scene.issuer.token('head', roles=[Role.HEAD], office=WARD)}"}


async def last(scene: Scene, petition: Any) -> tuple[str, dict[str, Any]]:
    said = (await scene.said(petition))[-1]
    return said["type"].split(".", 2)[2], orjson.loads(said["body"])


async def test_an_extension_is_asked_of_the_law_and_its_effect_is_shown(scene: Scene) -> None:
    petition = await accepted(scene, "L1")
    scene.escalation.body = {"effects": [EFFECT]}
    seen = await version(scene, petition)
    body = {"version": seen, "rule": "KN1.RESOLVE", "ground": "KN3A.FOREIGN", "amount": 15, "document": PAPER}
    answer = await scene.act(WARD, "L1", "extend", role=Role.HEAD, key="extend-L1-1", **body)
    assert (answer.status_code, answer.json()["effects"]) == (200, [EFFECT])
    asked = scene.escalation.asked[-1]
    assert (asked["act"], asked["roles"], asked["heard"], asked["document"]) == ("extend", ["head"], seen, PAPER)
    kind, said = await last(scene, petition)
    assert (kind, said["amount"], said["unit"], said["document"]) == ("petition.extended.v1", 15, "calendar_day", PAPER)
    rights = [event["authority"] for event in await scene.said(petition)]
    assert (rights[0], rights[-2], rights[-1]) == ("service", f"officer@{WARD}", f"head@{WARD}")
    again = await scene.act(WARD, "L1", "extend", role=Role.HEAD, key="extend-L1-1", **body)
    assert again.json() == answer.json()
    assert await version(scene, petition) == seen + 1


async def test_what_the_law_refuses_is_told_with_its_article_and_nothing_is_said(scene: Scene) -> None:
    petition = await accepted(scene, "L2")
    seen = await version(scene, petition)
    scene.escalation.status = 409
    facts = {"article": "Điều 11a", "possible": "KN11A.OTHER_BODY"}
    scene.escalation.body = {"code": "ground_not_listed", "detail": "Không phải căn cứ theo Điều 11a.", **facts}
    answer = await scene.act(WARD, "L2", "suspend", role=Role.HEAD, version=seen, ground="NO", document=PAPER)
    assert (answer.status_code, answer.json()["code"], answer.json()["article"]) == (409, "ground_not_listed", "Điều 11a")
    assert "Điều 11a" in answer.json()["detail"]
    assert await version(scene, petition) == seen


async def test_escalation_away_or_behind_delays_and_loses_nothing(scene: Scene) -> None:
    petition = await accepted(scene, "L3")
    seen = await version(scene, petition)
    scene.escalation.status = 503
    answer = await scene.act(WARD, "L3", "suspend", role=Role.HEAD, version=seen, ground="KN11A.OTHER_BODY", document=PAPER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    scene.escalation.status = 200
    answer = await scene.act(WARD, "L3", "suspend", role=Role.HEAD, version=seen, ground="KN11A.OTHER_BODY", document=PAPER)
    assert (answer.json()["state"], answer.json()["possible"]) == ("suspended", ["resume", "terminate", "record"])
    answer = await scene.act(WARD, "L3", "resume", role=Role.HEAD, version=seen + 1, document=PAPER)
    assert answer.json()["state"] == "accepted"


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("suspend", {"ground": "KN11A.OTHER_BODY"}, "document"),
        ("suspend", {"document": PAPER}, "ground"),
        ("extend", {"rule": "KN1.RESOLVE", "ground": "KN3A.FOREIGN", "document": PAPER}, "amount"),
        ("record", {"step": "nothing_known"}, "step"),
        ("resume", {"document": PAPER | {"number": "12 của bà Mận"}}, "document.number"),
        ("resume", {"document": PAPER | {"number": "QĐ-UBND"}}, "document.number"),
        ("record", {"step": "decision_sent", "effective_at": "2026-01-01T00:00:00Z"}, "time_evidence"),
    ],
)
async def test_a_missing_field_is_named_with_its_remedy(scene: Scene, act: str, body: dict[str, Any], field: str) -> None:
    answer = await scene.act(WARD, "NONE", act, role=Role.HEAD, version=1, **body)
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert any(field in error["field"] and error["remedy"] for error in errors)


async def test_steps_of_the_file_are_recorded_and_a_head_reopens(scene: Scene) -> None:
    petition = await accepted(scene, "L4")
    seen = await version(scene, petition)
    answer = await scene.act(WARD, "L4", "record", version=seen, step="papers_requested", document=PAPER)
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert (await last(scene, petition))[1]["step"] == "papers_requested"
    await answered(scene, "L4", seen + 1)
    by_officer = await scene.act(WARD, "L4", "reopen", version=seen + 2, reason="new_facts")
    assert (by_officer.status_code, by_officer.json()["code"]) == (409, "right_missing")
    reopened = await scene.act(WARD, "L4", "reopen", role=Role.HEAD, version=seen + 2, reason="new_facts")
    assert reopened.json()["state"] == "accepted"
    assert (await answered(scene, "L4", seen + 3))["state"] == "answered"


async def test_a_time_within_a_day_is_taken_with_its_evidence(scene: Scene) -> None:
    petition = await accepted(scene, "L5", days_ago=0)
    seen = await version(scene, petition)
    at = SystemClock().now().isoformat()
    answer = await scene.act(
        WARD, "L5", "record", version=seen, step="decision_sent", effective_at=at, time_evidence="12/QĐ-UBND"
    )
    assert answer.status_code == 200
    entry = (await last(scene, petition))[1]["entry"]
    assert (entry["evidence"], entry["entered_by"], entry["confirmed_by"]) == ("12/QĐ-UBND", f"person:p-{WARD}", None)


async def test_a_time_far_back_waits_for_a_second_person(scene: Scene) -> None:
    petition = await scene.lodged("L6", kind=Kind.COMPLAINT, topic="dat-dai", commune="00070", urgency="normal", days_ago=10)
    assert (await scene.routed(petition))["office"] == WARD
    at = (SystemClock().now() - timedelta(days=3)).isoformat()
    body: dict[str, Any] = {"version": 1, "step": "decision_sent", "effective_at": at, "time_evidence": "12/QĐ-UBND"}
    proposed = await scene.act(WARD, "L6", "record", **body)
    assert (proposed.status_code, proposed.json()["waits_for"]) == (202, "second_person")
    assert await version(scene, petition) == 1
    path = f"/api/petitions/L6/proposals/{proposed.json()['proposal']}"
    own = scene.officer(WARD)
    assert [item["act"] for item in (await scene.http.get("/api/petitions/L6/proposals", headers=own)).json()] == ["record"]
    assert (await scene.http.post(f"{path}/confirm", headers=own)).status_code == 404
    stranger = scene.officer("hanoi-so-xd", Role.HEAD)
    assert (await scene.http.post(f"{path}/confirm", headers=stranger)).status_code == 404
    leader = {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER], office='hanoi')}"}
    confirmed = await scene.http.post(f"{path}/confirm", headers=leader)
    assert confirmed.status_code == 200
    entry = (await last(scene, petition))[1]["entry"]
    assert (entry["confirmed_by"], entry["entered_by"]) == ("person:chair", f"person:p-{WARD}")
    assert (await scene.http.post(f"{path}/confirm", headers=leader)).json()["code"] == "decided_before"


async def test_nobody_confirms_his_own_and_a_declined_one_does_nothing(scene: Scene) -> None:
    petition = await scene.lodged("L7", topic="chieu-sang", urgency="normal", commune="00070", days_ago=10)
    office = (await scene.routed(petition))["office"]
    at = (SystemClock().now() - timedelta(days=3)).isoformat()
    proposed = await scene.act(office, "L7", "accept", role=Role.HEAD, version=1, effective_at=at, time_evidence="7/STN")
    path = f"/api/petitions/L7/proposals/{proposed.json()['proposal']}"
    head = scene.officer(office, Role.HEAD)
    assert (await scene.http.post(f"{path}/confirm", headers=head)).json()["code"] == "second_person_needed"
    leader = {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER], office='hanoi')}"}
    assert (await scene.http.post(f"{path}/decline", headers=leader)).json()["decided"] == "declined"
    assert (await scene.http.post(f"{path}/confirm", headers=leader)).json()["code"] == "decided_before"
    assert await version(scene, petition) == 1


async def test_a_stated_time_lies_between_the_act_before_it_and_now(scene: Scene) -> None:
    petition = await accepted(scene, "L8", days_ago=10)
    seen = await version(scene, petition)
    for delta, code in ((timedelta(hours=1), "time_in_future"), (-timedelta(days=2), "time_out_of_order")):
        at = (SystemClock().now() + delta).isoformat()
        answer = await scene.act(
            WARD, "L8", "record", version=seen, step="decision_sent", effective_at=at, time_evidence="12/QĐ-UBND"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, code)
