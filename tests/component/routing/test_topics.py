"""Topics: suggested with the words that decided, confirmed or corrected by a person, kept as training data without names."""

from uuid import UUID

import orjson

from services.routing.handlers.suggesting import SAID_BY_MIN
from shared.contracts.words import Kind, Role
from tests.component.routing.scene import Scene
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

RECEPTION, WARD = "hanoi-tcd", "hanoi-00070"
WATER = "Vòi nước sạch nhà tôi yếu từ thứ hai, ba giếng khoan đều cạn."
NAME = "Phùng Quỳnh Trâm"


async def classify(scene: Scene, office: str, code: str, topic: str, *, version: int = 1) -> dict[str, object]:
    answer = await scene.act(office, code, "classify", version=version, topic=topic)
    return dict(answer.json())


async def test_from_the_pool_it_goes_where_the_confirmed_topic_belongs(scene: Scene) -> None:
    petition = await scene.lodged("T1", text="Mấy hôm nay vòi không có giọt nào.")
    assert (await scene.routed(petition))["office"] == RECEPTION
    shown = (await scene.http.get("/api/petitions/T1/suggestions", headers=scene.officer(RECEPTION))).json()
    assert (shown["topic"], shown["topic_origin"], len(shown["items"])) == (None, "none", 3)
    assert shown["items"][0].keys() == {"topic", "vi", "en", "probability", "words", "office"}
    assert {item["topic"]: item["office"] for item in shown["items"]}["cap-nuoc"] == "hanoi-so-xd"

    done = await classify(scene, RECEPTION, "T1", "cap-nuoc")
    assert done["office"] == "hanoi-so-xd"
    (said,) = await scene.said(petition, "petition.classified")
    body = orjson.loads(said["body"])
    assert (body["topic"], body["before"]) == ("cap-nuoc", None)
    assert body["suggested"] == [item["topic"] for item in shown["items"]]
    (moved,) = await scene.said(petition, "petition.transferred")
    body = orjson.loads(moved["body"])
    assert (body["from_office"], body["reason"], body["route"]["basis"]) == (RECEPTION, "classified", "competence")
    line = (await scene.http.get("/api/petitions/T1", headers=scene.officer(str(done["office"])))).json()
    assert (line["topic"], line["topic_origin"], line["is_unassigned"], line["version"]) == ("cap-nuoc", "confirmed", False, 3)


async def test_with_its_office_it_is_corrected_and_stays(scene: Scene) -> None:
    petition = await scene.lodged("T2", commune="00070", text="Đèn đường hỏng cả tuần, ngõ tối om.", is_physical=True)
    office = str((await scene.routed(petition))["office"])
    assert office != RECEPTION
    assert (await classify(scene, office, "T2", "thai-do-can-bo"))["office"] == office
    line = (await scene.http.get("/api/petitions/T2", headers=scene.officer(office))).json()
    assert (line["topic"], line["is_physical"]) == ("thai-do-can-bo", False)
    again = await scene.act(office, "T2", "classify", version=2, topic="thai-do-can-bo")
    assert (again.status_code, again.json()["code"]) == (409, "classified_before")
    assert (await classify(scene, office, "T2", "chieu-sang", version=2))["version"] == 3
    assert (await scene.http.get("/api/petitions/T2", headers=scene.officer(office))).json()["is_physical"] is True


async def test_what_was_lodged_as_about_no_place_needs_no_photo_by_another_topic(scene: Scene) -> None:
    petition = await scene.lodged("T8", commune="00070", topic="thai-do-can-bo")
    office = str((await scene.routed(petition))["office"])
    await classify(scene, office, "T8", "chieu-sang")
    line = (await scene.http.get("/api/petitions/T8", headers=scene.officer(office))).json()
    assert (line["topic"], line["is_physical"]) == ("chieu-sang", False)


async def test_only_the_office_that_has_it_is_told_what_it_may_be_about(scene: Scene) -> None:
    petition = await scene.lodged("T9", commune="00070", text="Đèn đường hỏng cả tuần, ngõ tối om.")
    await scene.routed(petition)
    above = {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER], office='hanoi')}"}
    assert (await scene.http.get("/api/petitions/T9", headers=above)).status_code == 200
    assert (await scene.http.get("/api/petitions/T9/suggestions", headers=above)).status_code in {403, 404}


async def test_a_topic_that_is_none_is_named_with_the_remedy(scene: Scene) -> None:
    petition = await scene.lodged("T3", commune="00070", topic="rac-thai")
    office = str((await scene.routed(petition))["office"])
    answer = await scene.act(office, "T3", "classify", version=1, topic="rac")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "topic")
    assert "GET /routing/api/topics" in answer.json()["errors"][0]["remedy"]
    assert (await scene.act(WARD, "NOTHERE", "classify", version=1, topic="dien")).status_code == 404


async def test_nothing_is_suggested_for_what_may_be_a_denunciation_and_a_denunciation_has_no_topic(scene: Scene) -> None:
    petition = await scene.lodged("T4", commune="00070", text="Đèn hỏng. Tôi tố cáo ông tổ trưởng đòi hối lộ.")
    assert (await scene.routed(petition))["office"] == RECEPTION
    shown = (await scene.http.get("/api/petitions/T4/suggestions", headers=scene.officer(RECEPTION))).json()
    assert (shown["items"], "denunciation" in shown["restricted"]) == ([], True)

    sealed = await scene.lodged("T5", kind=Kind.DENUNCIATION, text=WATER)
    office = str((await scene.routed(sealed))["office"])
    head = scene.officer(office, Role.HEAD)
    assert (await scene.http.get("/api/petitions/T5/suggestions", headers=head)).json()["items"] == []
    refused = await scene.act(office, "T5", "classify", role=Role.HEAD, version=1, topic="cap-nuoc")
    assert (refused.status_code, refused.json()["code"]) == (409, "forbidden_by_law")
    assert "Điều 47" in refused.json()["article"]
    assert str(sealed) not in scene.intake.asked


async def test_a_person_is_heard_while_intake_is_away(scene: Scene) -> None:
    petition = await scene.lodged("T6", commune="00070", topic="rac-thai")
    office = str((await scene.routed(petition))["office"])
    scene.intake.is_away = True
    assert (await scene.http.get("/api/petitions/T6/suggestions", headers=scene.officer(office))).status_code == 503
    assert (await classify(scene, office, "T6", "dien"))["version"] == 2
    scene.intake.is_away = False
    (said,) = await scene.said(petition, "petition.classified")
    assert orjson.loads(said["body"])["suggested"] is None


async def test_what_persons_said_trains_without_names_and_is_counted(scene: Scene) -> None:
    petitions: list[UUID] = []
    for number in range(SAID_BY_MIN):
        text = f"{WATER} Bể ngầm quêmuồi khô. {NAME if number == 0 else ''}"
        petitions.append(await scene.lodged(f"T7{number}", commune="00070", topic="dien", text=text))
    for number, petition in enumerate(petitions):
        office = str((await scene.routed(petition))["office"])
        assert (await classify(scene, office, f"T7{number}", "cap-nuoc"))["version"] == 2
    operator = {"Authorization": f"Bearer {scene.issuer.token('op', roles=[Role.OPERATOR])}"}
    given = (await scene.http.get("/api/topics/corrections?limit=5", headers=operator)).json()["items"]
    assert [item["topic"] for item in given] == ["cap-nuoc"] * SAID_BY_MIN
    assert all({"nuoc sach", "quemuoi"} <= set(item["terms"]) for item in given)
    assert not {"quynh", "phung quynh", "quynh tram"} & {term for item in given for term in item["terms"]}

    counted = (await scene.http.get("/api/topics/accuracy", headers=operator)).json()["items"]
    assert [item["number"] >= SAID_BY_MIN and item["first"] <= item["among"] <= item["number"] for item in counted] == [True]
    scene.intake.texts.clear()  # what was erased is not learnt from
    assert (await scene.http.get("/api/topics/corrections?limit=5", headers=operator)).json()["items"] == []
    assert (await scene.http.get("/api/topics/corrections", headers=scene.officer(WARD))).status_code == 403
