"""Who acts and who reads: the role holds in the own office, a second person sees what he confirms, of a denunciation the head alone."""

from typing import Any

import httpx
import orjson

from services.routing.domain.rights import FIELDS
from shared.contracts.words import Kind, Rank, Role
from tests.component.routing.scene import Scene
from tests.component.routing.test_legal_acts import ANSWER, ASKED, WARD, accepted, answered, head, version
from tests.component.routing.test_routing import scene

__all__ = ["scene"]

CITY, INSPECTORATE, DEPARTMENT = "hanoi", "hanoi-thanh-tra", "hanoi-so-xd"


def chair(scene: Scene) -> dict[str, str]:
    """Return who leads the city and heads its office: two roles in one person."""
    return {"Authorization": f"Bearer {scene.issuer.token('chair', roles=[Role.LEADER, Role.HEAD], office=CITY)}"}


async def reveal(scene: Scene, code: str, headers: dict[str, str], *fields: str) -> httpx.Response:
    asked = {"fields": list(fields), "purpose": "dealing"}
    return await scene.http.post(f"/api/petitions/{code}/reveal", json=asked, headers=headers)


async def post(scene: Scene, code: str, act: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await scene.http.post(f"/api/petitions/{code}/{act}", json=body, headers=headers)


async def test_who_heads_another_office_is_a_leader_here_and_nothing_else(scene: Scene) -> None:
    petition = await scene.lodged("S1", kind=Kind.COMPLAINT, commune="00070")
    assert (await scene.routed(petition))["office"] == WARD
    refused = await post(scene, "S1", "accept", chair(scene), version=1, **ASKED)
    assert (refused.status_code, refused.json()["code"]) == (409, "right_missing")
    assert "head" in refused.json()["needed"]
    moved = await post(scene, "S1", "transfer", chair(scene), version=1, to_office=DEPARTMENT, reason="superior_decision")
    assert moved.json()["office"] == DEPARTMENT, moved.text


async def test_a_second_person_reads_what_he_is_to_confirm_and_the_reading_is_said(scene: Scene) -> None:
    petition = await accepted(scene, "S2")
    proposed = await scene.act(WARD, "S2", "answer", version=await version(scene, petition), **ANSWER)
    shown = await reveal(scene, "S2", head(scene), "proposals", "requests")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    (waiting,) = shown.json()["proposals"]
    assert (waiting["proposal"], waiting["act"]) == (proposed.json()["proposal"], "answer")
    assert (waiting["request"]["text"], waiting["request"]["points"]) == (ANSWER["text"], ANSWER["points"])
    assert shown.json()["requests"] == ASKED["requests"]
    (said,) = await scene.said(petition, "content.revealed")
    assert orjson.loads(said["body"]) == {"fields": ["proposals", "requests"], "purpose": "dealing"}
    assert (await reveal(scene, "S2", scene.officer(DEPARTMENT), "answer")).status_code == 404
    wrong = await reveal(scene, "S2", head(scene), "name")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "fields.0")


async def test_the_office_above_reads_the_answer_that_is_contested(scene: Scene) -> None:
    petition = await accepted(scene, "S3")
    await answered(scene, "S3", await version(scene, petition))
    read = (await reveal(scene, "S3", chair(scene), "answer")).json()["answer"]
    assert ANSWER["text"] in str(read)
    assert ANSWER["appeal"] in str(read)


async def test_who_has_a_second_complaint_reads_what_was_answered_first(scene: Scene) -> None:
    first = await accepted(scene, "S8")
    await answered(scene, "S8", await version(scene, first))
    second = await scene.lodged("S9", kind=Kind.COMPLAINT, commune="00070", follows=first, source=None)
    office = str((await scene.routed(second))["office"])
    assert office != WARD
    chief = scene.officer(office, Role.HEAD)
    assert (await scene.http.get("/api/petitions/S9", headers=chief)).json()["contests"] == "S8"
    read = (await reveal(scene, "S9", chief, "contested")).json()["contested"]
    assert (read["code"], read["requests"], ANSWER["text"] in str(read["answer"])) == ("S8", ASKED["requests"], True)
    assert (await reveal(scene, "S8", head(scene), "contested")).json() == {"contested": None}


async def test_a_denunciation_of_nobody_knows_whom_is_for_the_head_until_he_is_named(scene: Scene) -> None:
    petition = await scene.lodged("S4", kind=Kind.DENUNCIATION)
    assert (await scene.routed(petition))["office"] == INSPECTORATE
    officer, chief = scene.officer(INSPECTORATE), scene.officer(INSPECTORATE, Role.HEAD)
    assert (await scene.http.get("/api/petitions/S4", headers=officer)).status_code == 404
    assert "S4" not in {item["code"] for item in (await scene.http.get("/api/queue", headers=officer)).json()["items"]}
    assert "S4" in {item["code"] for item in (await scene.http.get("/api/queue", headers=chief)).json()["items"]}

    assert (await post(scene, "S4", "denounced", officer, against=DEPARTMENT, against_rank=Rank.STAFF)).status_code == 403
    wrong = await post(scene, "S4", "denounced", chief, against="nowhere", against_rank=Rank.STAFF)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "unknown_office")
    for _ in range(2):
        named = await post(scene, "S4", "denounced", chief, against=DEPARTMENT, against_rank=Rank.STAFF)
        assert named.json() == {"office": INSPECTORATE}, named.text
    assert len(await scene.said(petition, "denounced.named")) == 1
    assert (await scene.http.get("/api/petitions/S4", headers=officer)).status_code == 200


async def test_named_as_who_leads_the_office_that_has_it_it_leaves_that_office_at_once(scene: Scene) -> None:
    petition = await scene.lodged("S5", kind=Kind.DENUNCIATION)
    await scene.routed(petition)
    chief = scene.officer(INSPECTORATE, Role.HEAD)
    named = await post(scene, "S5", "denounced", chief, against=INSPECTORATE, against_rank=Rank.HEAD)
    assert named.json() == {"office": CITY}, named.text
    (moved,) = await scene.said(petition, "petition.transferred")
    body = orjson.loads(moved["body"])
    assert (body["from_office"], body["reason"], body["route"]["office"]) == (INSPECTORATE, "denounced_office", CITY)
    assert (await scene.http.get("/api/petitions/S5", headers=chief)).status_code == 404
    complaint = await accepted(scene, "S6")
    assert complaint
    assert (await post(scene, "S6", "denounced", head(scene), against=WARD, against_rank=Rank.HEAD)).json()[
        "code"
    ] == "names_nobody"


async def test_what_is_asked_for_in_a_denunciation_is_read_for_a_purpose_only(scene: Scene) -> None:
    petition = await scene.lodged("S7", kind=Kind.DENUNCIATION, against=DEPARTMENT, against_rank=Rank.STAFF)
    await scene.routed(petition)
    async with scene.database.transaction() as tx:
        await tx.connection.exec_driver_sql("UPDATE petitions SET is_sealed = true, office = 'hanoi-thanh-tra' WHERE code = 'S7'")
    taken = await scene.act(INSPECTORATE, "S7", "accept", version=1, requests=["Bà Kín tố cáo ông Y."])
    assert taken.is_success, taken.text
    chief = scene.officer(INSPECTORATE, Role.HEAD)
    assert (await scene.http.get("/api/petitions/S7", headers=chief)).json()["requests"] == []
    assert (await reveal(scene, "S7", scene.officer(INSPECTORATE), "requests")).status_code == 403
    assert (await reveal(scene, "S7", chief, "requests")).json() == {"requests": ["Bà Kín tố cáo ông Y."]}


async def test_a_petitioner_is_guided_to_an_office_or_a_body_of_the_list_never_to_a_name(scene: Scene) -> None:
    petition = await scene.lodged("S8", commune="00070", topic="rac-thai")
    office = str((await scene.routed(petition))["office"])
    named = await scene.act(office, "S8", "guide", version=1, ground="outside_the_city", to_body="Ông Nguyễn Văn A, 0912345678")
    assert (named.status_code, named.json()["code"]) == (409, "unknown_body")
    assert "court" in named.json()["possible"]
    assert (await scene.act(office, "S8", "guide", version=1, ground="outside_the_city", to_body="enterprise")).is_success


async def test_what_is_treated_as_a_second_complaint_goes_to_the_office_above(scene: Scene) -> None:
    petition = await scene.lodged("S9", kind=Kind.COMPLAINT, commune="00070")
    assert (await scene.routed(petition))["office"] == WARD
    done = await scene.act(WARD, "S9", "convert", version=1, procedure="complaint.second", reason="other_procedure")
    assert (done.json()["office"], done.json()["procedure"]) == (CITY, "complaint.second"), done.text
    assert (await scene.act(WARD, "S9", "accept", version=2, **ASKED)).status_code == 404


async def test_what_offices_wrote_is_read_by_whom_the_matrix_names_and_by_nobody_else(scene: Scene) -> None:
    for code, is_sealed in (("F1", False), ("F2", True)):
        kind = Kind.DENUNCIATION if is_sealed else Kind.COMPLAINT
        petition = await scene.lodged(code, kind=kind, against=DEPARTMENT, against_rank=Rank.STAFF)
        await scene.routed(petition)
        async with scene.database.transaction() as tx:
            await tx.connection.exec_driver_sql(
                f"UPDATE petitions SET is_sealed = {is_sealed}, office = '{INSPECTORATE}' WHERE code = '{code}'"
            )
        for field, readers in FIELDS.items():
            for role in Role:
                office = CITY if role is Role.LEADER else INSPECTORATE
                answer = await reveal(scene, code, scene.officer(office, role), field)
                expected = readers.of_sealed if is_sealed else readers.of_open
                assert answer.is_success is (role in expected), (code, field, role, answer.text)


async def test_an_officer_is_shown_what_he_may_do_and_a_leader_the_queue_of_an_office_below(scene: Scene) -> None:
    await accepted(scene, "F3")
    shown = {
        role: (await scene.http.get("/api/petitions/F3", headers=scene.officer(WARD, role))).json()["possible"]
        for role in (Role.OFFICER, Role.HEAD)
    }
    assert set(shown[Role.HEAD]) - set(shown[Role.OFFICER]) >= {"suspend", "extend"}
    assert (await scene.http.get("/api/petitions/F3", headers=chair(scene))).json()["possible"] == ["record"]
    queue = await scene.http.get(f"/api/queue?office={WARD}", headers=chair(scene))
    assert "F3" in {item["code"] for item in queue.json()["items"]}
    for office, role in ((DEPARTMENT, Role.LEADER), (CITY, Role.HEAD)):
        assert (await scene.http.get(f"/api/queue?office={WARD}", headers=scene.officer(office, role))).status_code == 404
