"""Procedures over HTTP: what is forbidden names its article, what is wrong is guided, returned or converted, two give an answer."""

from datetime import UTC, datetime
from typing import Any

import orjson

from shared.contracts.intake import ContentErasedV1, PetitionWithdrawnV1
from shared.contracts.words import Kind, Role
from shared.testing import wait_until
from tests.component.routing.scene import READY_SECONDS_MAX, Scene
from tests.component.routing.test_legal_acts import ANSWER, ASKED, PAPER, WARD, accepted, answered, head, last, version
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

BUILDING = "hanoi-so-xd"


async def report(scene: Scene, code: str) -> Any:
    """Return a field report that is with an office."""
    petition = await scene.lodged(code, topic="chieu-sang", urgency="normal", commune="00070")
    await scene.routed(petition)
    return petition


async def office_of(scene: Scene, petition: Any) -> str:
    return str((await scene.routed(petition))["office"])


def leader(scene: Scene) -> dict[str, str]:
    return {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER], office='hanoi')}"}


async def test_a_forbidden_act_is_refused_with_its_article_in_the_officers_language(scene: Scene) -> None:
    petition = await report(scene, "P1")
    office = await office_of(scene, petition)
    await scene.act(office, "P1", "accept", version=1)
    for language, word in (("vi", "Không có quy định tạm đình chỉ"), ("en", "No law suspends it")):
        headers = scene.officer(office, Role.HEAD) | {"Accept-Language": language}
        body = {"version": 2, "ground": "KN11A.OTHER_BODY", "document": PAPER}
        answer = await scene.http.post("/api/petitions/P1/suspend", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "forbidden_by_law")
        assert word in answer.json()["detail"]
        assert "Điều 28" in answer.json()["detail"]
    assert scene.escalation.asked == []


async def test_what_is_wrongly_sent_is_guided_once_and_closed_with_that_outcome(scene: Scene) -> None:
    petition = await report(scene, "P2")
    office = await office_of(scene, petition)
    body: dict[str, Any] = {"ground": "outside_the_city", "to_body": "court"}
    guided = await scene.act(office, "P2", "guide", version=1, **body)
    assert (guided.json()["state"], guided.json()["possible"]) == ("guided", ["record", "close"])
    assert (await last(scene, petition))[1]["to_body"] == "court"
    await scene.act(office, "P2", "close", version=2)
    assert await last(scene, petition) == ("petition.closed.v1", {"entry": None, "office": office, "outcome": "guided"})


async def test_what_goes_back_twice_between_two_offices_is_decided_by_their_superior(scene: Scene) -> None:
    petition = await report(scene, "P3")
    office = await office_of(scene, petition)
    other = WARD if office != WARD else BUILDING
    for seen in (1, 3):
        moved = await scene.act(office, "P3", "transfer", version=seen, to_office=other, reason="not_competent")
        assert moved.json()["office"] == other
        back = await scene.act(other, "P3", "return", version=seen + 1, reason="not_our_field")
        if seen == 1:
            assert (back.json()["office"], (await last(scene, petition))[0]) == (office, "petition.returned.v1")
    assert (back.status_code, back.json()["code"]) == (409, "return_needs_superior")
    body: dict[str, Any] = {"version": 4, "to_office": office, "reason": "superior_decision"}
    by_officer = await scene.act(other, "P3", "transfer", **body)
    assert by_officer.json()["code"] == "right_missing"
    decided = await scene.http.post("/api/petitions/P3/transfer", json=body, headers=leader(scene))
    assert (decided.status_code, decided.json()["office"]) == (200, office)


async def test_a_leader_from_elsewhere_sees_and_decides_nothing(scene: Scene) -> None:
    await report(scene, "P4")
    stranger = {"Authorization": f"Bearer {scene.issuer.token('other', roles=[Role.LEADER], office='boston')}"}
    body = {"version": 1, "to_office": WARD, "reason": "superior_decision"}
    assert (await scene.http.post("/api/petitions/P4/transfer", json=body, headers=stranger)).status_code == 404
    assert (await scene.http.get("/api/petitions/P4", headers=stranger)).status_code == 404
    assert (await scene.http.get("/api/petitions/P4", headers=leader(scene))).status_code == 200


async def test_a_wrong_kind_is_converted_instead_of_refused_and_routed_anew(scene: Scene) -> None:
    petition = await report(scene, "P5")
    office = await office_of(scene, petition)
    converted = await scene.act(office, "P5", "convert", version=1, procedure="complaint.first", reason="wrong_kind")
    assert (converted.status_code, converted.json()["procedure"]) == (200, "complaint.first")
    kind, said = await last(scene, petition)
    assert (kind, said["kind"], said["procedure"]) == ("petition.routed.v1", "complaint", "complaint.first")
    assert said["route"]["office"] == converted.json()["office"]
    nowhere = await scene.act(
        converted.json()["office"], "P5", "convert", version=2, procedure="commitment.ordinary", reason="wrong_kind"
    )
    assert (nowhere.status_code, nowhere.json()["code"]) == (409, "unlisted_procedure")


async def test_two_give_the_answer_to_a_complaint_and_the_second_is_named(scene: Scene) -> None:
    petition = await accepted(scene, "P6")
    seen = await version(scene, petition)
    shown = (await scene.http.get("/api/petitions/P6", headers=scene.officer(WARD))).json()
    assert shown["requests"] == ASKED["requests"]
    for missing, code in (("points", "request_unanswered"), ("grounds", "grounds_missing"), ("appeal", "appeal_missing")):
        body = {key: value for key, value in ANSWER.items() if key != missing}
        refused = await scene.act(WARD, "P6", "answer", version=seen, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert "Điều 31" in refused.json()["detail"]
    assert (await answered(scene, "P6", seen))["state"] == "answered"
    assert (await last(scene, petition))[1]["approved_by"] == "person:head"


async def test_a_complaint_ends_without_a_decision_only_by_a_listed_legal_ending(scene: Scene) -> None:
    petition = await accepted(scene, "P7")
    seen = await version(scene, petition)
    assert (await scene.act(WARD, "P7", "close", version=seen)).json()["code"] == "not_possible_now"
    body: dict[str, Any] = {"version": seen, "ground": "KN11A_COURT", "document": PAPER}
    assert (await scene.act(WARD, "P7", "terminate", **body)).json()["code"] == "right_missing"
    ended = await scene.http.post("/api/petitions/P7/terminate", json=body, headers=head(scene))
    assert (ended.json()["state"], await last(scene, petition)) == (
        "terminated",
        ("petition.terminated.v1", {"entry": None, "office": WARD, "ground": "KN11A_COURT", "document": PAPER}),
    )


async def test_what_its_petitioner_withdrew_can_only_be_closed(scene: Scene) -> None:
    petition = await scene.lodged("P8", kind=Kind.RECOMMENDATION, topic="chieu-sang", urgency="normal", commune="00070")
    office = await office_of(scene, petition)
    await scene.say(petition, PetitionWithdrawnV1())

    async def is_withdrawn() -> bool:
        shown = await scene.http.get("/api/petitions/P8", headers=scene.officer(office))
        return bool(shown.json()["state"] == "withdrawn")

    await wait_until(is_withdrawn, READY_SECONDS_MAX)
    assert (await scene.act(office, "P8", "accept", version=1)).json()["code"] == "not_possible_now"
    assert (await scene.act(office, "P8", "close", version=1)).json()["state"] == "closed"
    assert orjson.loads((await scene.said(petition))[-1]["body"])["outcome"] == "withdrawn"


async def test_what_is_erased_by_rule_leaves_neither_answer_nor_what_was_asked_for(scene: Scene) -> None:
    petition = await accepted(scene, "P9")
    await answered(scene, "P9", await version(scene, petition))

    async def left() -> int:
        async with scene.database.reading() as connection:
            counted = (
                "SELECT (SELECT count(*) FROM answers) + (SELECT count(*) FROM requests) + (SELECT count(*) FROM act_proposals)"
            )
            return int((await connection.exec_driver_sql(counted)).scalar_one())

    assert await left() >= 2
    await scene.say(petition, ContentErasedV1(closed_at=datetime(2011, 7, 1, tzinfo=UTC), years=15), times=2)

    async def is_gone() -> bool:
        return await left() == 0

    await wait_until(is_gone, READY_SECONDS_MAX)
    shown = await scene.http.get("/api/petitions/P9", headers=scene.officer(WARD))
    assert (shown.json()["state"], shown.json()["requests"]) == ("answered", [])


async def test_the_acts_of_every_procedure_are_listed_with_their_articles(scene: Scene) -> None:
    listed = (await scene.http.get("/api/grounds")).json()
    assert len(listed) == 12
    assert listed["complaint.first"]["acts"]["refuse"]["grounds"]["KN11_3"]["article"]
    assert listed["denunciation.ordinary"]["forbidden"]["return"]["article"]
