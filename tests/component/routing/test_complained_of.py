"""Who is complained of: first complaints over his head are guided, denunciations never reach him."""

import orjson

from shared.contracts.words import Kind, Rank, Role
from tests.component.routing.scene import Scene
from tests.component.routing.test_legal_acts import ANSWER, ASKED, WARD, accepted, head, version
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

CITY, RECEPTION, DEPARTMENT = "hanoi", "hanoi-tcd", "hanoi-so-xd"


async def test_a_complaint_over_the_head_is_marked_and_guided_and_the_one_who_decided_may_accept_it(scene: Scene) -> None:
    petition = await scene.lodged("H1", kind=Kind.COMPLAINT, against=WARD, received_by=CITY)
    said = await scene.routed(petition)
    body = orjson.loads(said["body"])
    assert (said["office"], body["is_over_the_head"], body["route"]["rule"]) == (CITY, True, "complaint.first.over_the_head")
    refused = (await scene.act(CITY, "H1", "accept", version=1, **ASKED)).json()
    assert (refused["code"], "guide" in refused["possible"], "Điều" in refused["article"]) == ("over_the_head", True, True)
    moved = await scene.act(CITY, "H1", "transfer", version=1, to_office=WARD, reason="not_competent")
    assert moved.is_success, moved.text
    assert (await scene.act(WARD, "H1", "accept", version=2, **ASKED)).json()["state"] == "accepted"

    other = await scene.lodged("H2", kind=Kind.COMPLAINT, against=WARD, received_by=CITY)
    await scene.routed(other)
    guided = await scene.act(CITY, "H2", "guide", version=1, ground="over_the_head", to_body=WARD)
    assert guided.json()["state"] == "guided"


async def test_over_the_head_it_stays_until_it_is_with_the_one_who_decides_first(scene: Scene) -> None:
    petition = await scene.lodged("H7", kind=Kind.COMPLAINT, against=WARD, received_by=CITY)
    await scene.routed(petition)
    moved = await scene.act(CITY, "H7", "transfer", version=1, to_office=DEPARTMENT, reason="not_competent")
    assert moved.is_success, moved.text
    line = (await scene.http.get("/api/petitions/H7", headers=scene.officer(DEPARTMENT))).json()
    assert line["is_over_the_head"] is True
    for act, asked in (("accept", ASKED), ("refuse", {"ground": "KN11_1"})):
        refused = (await scene.act(DEPARTMENT, "H7", act, role=Role.HEAD, version=2, **asked)).json()
        assert (refused["code"], "Điều 7" in refused["article"]) == ("over_the_head", True), refused
    back = await scene.act(DEPARTMENT, "H7", "transfer", version=2, to_office=WARD, reason="not_competent")
    assert (back.json()["office"], back.json()["possible"]) == (WARD, []), back.text
    assert (await scene.act(WARD, "H7", "accept", version=3, **ASKED)).json()["state"] == "accepted"


async def test_whom_a_superior_chose_does_not_hand_it_back(scene: Scene) -> None:
    petition = await scene.lodged("H8", kind=Kind.RECOMMENDATION, commune="00070", topic="rac-thai")
    office = str((await scene.routed(petition))["office"])
    leads = {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER], office=CITY)}"}
    asked = {"version": 1, "to_office": DEPARTMENT, "reason": "superior_decision"}
    moved = await scene.http.post("/api/petitions/H8/transfer", json=asked, headers=leads)
    assert moved.json()["office"] == DEPARTMENT, moved.text
    returned = await scene.act(DEPARTMENT, "H8", "return", version=2, reason="not_competent")
    assert (returned.status_code, returned.json()["code"]) == (409, "return_needs_superior")
    sent = await scene.act(DEPARTMENT, "H8", "transfer", version=2, to_office=office, reason="not_competent")
    assert (sent.status_code, sent.json()["code"]) == (409, "return_needs_superior")


async def test_handed_in_where_it_was_decided_it_is_not_over_the_head(scene: Scene) -> None:
    petition = await scene.lodged("H3", kind=Kind.COMPLAINT, against=WARD, received_by=WARD)
    said = await scene.routed(petition)
    assert (said["office"], orjson.loads(said["body"])["is_over_the_head"]) == (WARD, False)


async def test_a_denunciation_reaches_the_superior_and_is_never_passed_down_to_the_denounced(scene: Scene) -> None:
    petition = await scene.lodged("H4", kind=Kind.DENUNCIATION, against=DEPARTMENT, against_rank=Rank.DEPUTY)
    assert (await scene.routed(petition))["office"] == CITY
    refused = await scene.act(CITY, "H4", "transfer", role=Role.HEAD, version=1, to_office=DEPARTMENT, reason="not_competent")
    assert (refused.status_code, refused.json()["code"]) == (409, "denounced_office")
    assert "Điều 5" in refused.json()["article"]
    moved = await scene.act(
        CITY, "H4", "transfer", role=Role.HEAD, version=1, to_office="hanoi-thanh-tra", reason="not_competent"
    )
    assert moved.is_success, moved.text


async def test_why_it_went_there_is_explained_by_who_is_complained_of(scene: Scene) -> None:
    petition = await scene.lodged("H5", kind=Kind.COMPLAINT, commune="00070", other_communes=["00004"])
    assert (await scene.routed(petition))["office"] == CITY
    explained = (await scene.http.get("/api/petitions/H5/explain", headers=scene.officer(CITY))).json()
    why = {rule["rule"]: rule["why"] for rule in explained["rules"]}
    assert (why["KN-00"], why["KN-02"], why["KN-01"]) == ("nobody_complained_of", "decided", "another_came_first")
    assert why["PA-89"] == "other_kind"


async def test_who_has_a_conflict_of_interest_neither_sees_it_nor_acts_nor_confirms(scene: Scene) -> None:
    petition = await accepted(scene, "H6")
    seen = await version(scene, petition)
    proposed = await scene.act(WARD, "H6", "answer", version=seen, **ANSWER)
    chair = {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER], office=CITY)}"}
    path = "/api/petitions/H6/exclusions"
    asked = {"subject": "head", "why": "relative"}
    assert (await scene.http.post(path, json=asked, headers=scene.officer(WARD))).status_code == 403
    assert (await scene.http.post(path, json=asked, headers=head(scene))).json()["code"] == "excludes_oneself"
    for _ in range(2):
        assert (await scene.http.post(path, json=asked, headers=chair)).status_code == 204
    said = await scene.said(petition, "person.excluded")
    bodies = [orjson.loads(event["body"]) for event in said]
    assert [(body["office"], body["person"], body["why"]) for body in bodies] == [(WARD, "person:head", "relative")]
    for answer in (
        await scene.http.get("/api/petitions/H6", headers=head(scene)),
        await scene.http.post(f"/api/petitions/H6/proposals/{proposed.json()['proposal']}/confirm", headers=head(scene)),
        await scene.http.post("/api/petitions/H6/close", json={"version": seen}, headers=head(scene)),
        await scene.http.post(path, json=asked | {"subject": "x"}, headers=head(scene)),
        await scene.http.get("/api/petitions/H6/proposals", headers=head(scene)),
    ):
        assert answer.status_code == 404, answer.text
    queue = (await scene.http.get("/api/queue", headers=head(scene))).json()["items"]
    assert "H6" not in {item["code"] for item in queue}
    assert "H6" in {item["code"] for item in (await scene.http.get("/api/queue", headers=scene.officer(WARD))).json()["items"]}
    confirmed = await scene.http.post(f"/api/petitions/H6/proposals/{proposed.json()['proposal']}/confirm", headers=chair)
    assert confirmed.status_code in (200, 409), confirmed.text


async def test_words_of_denunciation_or_complaint_beat_the_topic_and_a_person_looks_first(scene: Scene) -> None:
    said = "Đèn đường hỏng đã lâu. Tôi tố cáo cán bộ phụ trách đòi hối lộ mới sửa."
    petition = await scene.lodged("H7", topic="chieu-sang", urgency="normal", commune="00070", text=said)
    event = await scene.routed(petition)
    body = orjson.loads(event["body"])
    assert (event["office"], body["topic"], body["topic_origin"]) == (RECEPTION, None, "restricted")
    assert body["route"]["rule"] == "restricted.denunciation"
    explained = (await scene.http.get("/api/petitions/H7/explain", headers=scene.officer(RECEPTION))).json()
    assert explained["routed_by_text"] == "có lời lẽ tố cáo: cán bộ xem trước"
    assert (await scene.http.get("/api/petitions/H7", headers=scene.officer(WARD))).status_code == 404
    suggested = (await scene.http.post("/api/suggest", json={"text": said})).json()
    assert (suggested["items"], set(suggested["restricted"])) == ([], {"denunciation"})

    complaint = await scene.lodged("H8", kind=Kind.COMPLAINT, commune="00070", text="Tôi khiếu nại quyết định số 12.")
    assert (await scene.routed(complaint))["office"] == WARD
    mixed = await scene.lodged("H9", kind=Kind.COMPLAINT, commune="00070", text="Tôi khiếu nại, và tố cáo chủ tịch nhận hối lộ.")
    assert (await scene.routed(mixed))["office"] == RECEPTION


async def test_where_the_denounced_works_the_head_alone_sees_it(scene: Scene) -> None:
    petition = await scene.lodged("HA", kind=Kind.DENUNCIATION, against=WARD, against_rank=Rank.STAFF)
    assert (await scene.routed(petition))["office"] == WARD
    other = await scene.lodged("HB", kind=Kind.DENUNCIATION, against=WARD, against_rank=Rank.HEAD)
    assert (await scene.routed(other))["office"] == CITY

    async def seen(headers: dict[str, str]) -> tuple[int, bool]:
        queue = (await scene.http.get("/api/queue", headers=headers)).json()["items"]
        shown = await scene.http.get("/api/petitions/HA", headers=headers)
        return shown.status_code, "HA" in {item["code"] for item in queue}

    assert await seen(scene.officer(WARD)) == (404, False)
    assert (await scene.act(WARD, "HA", "refuse", version=1, ground="TC29_1")).status_code == 404
    assert await seen(head(scene)) == (200, True)
    assert (await scene.http.get("/api/petitions/HB", headers=scene.officer(CITY))).status_code == 200
