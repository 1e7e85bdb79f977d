"""What leaves the vault without its author: copies for verifiers, results for the public."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from services.intake.domain.progress import Step, What
from services.intake.domain.stripping import MASK
from services.intake.store import hearing
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from tests.component.intake.conftest import Intake

OFFICE, ELSEWHERE = "hanoi-00070", "hanoi-00004"
SENT = {
    "kind": "denunciation",
    "text": "Tôi là Đỗ Thị Mận, 12 Hàng Bài, 0912 345 678. Ông X nhận tiền của tôi và của chị Sen.",
    "petitioner": {"name": "Đỗ Thị Mận", "phone": "0912345678"},
    "place": "12 Hàng Bài",
}
WITHOUT = f"Tôi là {MASK}, {MASK}, {MASK}. Ông X nhận tiền của tôi và của chị {MASK}."


async def with_office(intake: Intake, *acts: What, **more: Any) -> str:
    assert (await intake.http.post("/api/petitions", json=SENT | more)).status_code == 201
    petition = await intake.only()
    steps = [
        Step("routing", place, what, SystemClock().now(), OFFICE) for place, what in enumerate((What.ROUTED, *acts), start=1)
    ]
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, [(UUID(petition["petition_id"]), step) for step in steps])
    return petition["code"]


def person(intake: Intake, name: str, role: Role = Role.OFFICER, office: str = OFFICE) -> dict[str, str]:
    return {"Authorization": f"Bearer {intake.issuer.token(name, roles=[role], office=office)}"}


async def copied(intake: Intake, code: str, *, by: dict[str, str], **more: Any) -> httpx.Response:
    return await intake.http.post(f"/api/petitions/{code}/copies", json={"also": ["chị Sen"], **more} | more, headers=by)


async def said(intake: Intake) -> list[str]:
    async with intake.database.reading() as connection:
        rows = await connection.execute(text("SELECT type, is_sealed FROM events ORDER BY seq"))
        found = [(row.type.removeprefix("petitions.intake.").removesuffix(".v1"), row.is_sealed) for row in rows]
    assert all(is_sealed for _, is_sealed in found)
    return [name for name, _ in found]


async def test_a_verifier_reads_a_copy_without_its_author_and_nobody_else_sees_that_there_is_one(intake: Intake) -> None:
    code = await with_office(intake)
    head = person(intake, "truong-phong", Role.HEAD)
    looked = (await copied(intake, code, by=head, also=["Sen"])).json()
    assert (looked["text"], looked["copy_id"]) == (WITHOUT, None)
    made = (await copied(intake, code, by=head, also=["Sen"], verifiers=["xac-minh"])).json()
    again = (await copied(intake, code, by=head, also=["Sen"], verifiers=["xac-minh"])).json()
    assert made == again
    verifier = person(intake, "xac-minh", office=ELSEWHERE)
    page = (await intake.http.get("/api/copies", params={"limit": 1}, headers=verifier)).json()
    (listed,) = page["items"]
    after = (await intake.http.get("/api/copies", params={"cursor": page["next"]}, headers=verifier)).json()
    assert after == {"items": [], "next": None}
    assert listed["copy_id"] == made["copy_id"]
    read = await intake.http.get(f"/api/copies/{made['copy_id']}", headers=verifier)
    assert (read.json()["text"], read.headers["Cache-Control"]) == (WITHOUT, "no-store")
    other = person(intake, "nguoi-khac")
    assert (await intake.http.get("/api/copies", headers=other)).json()["items"] == []
    not_theirs, nothing = [await intake.http.get(f"/api/copies/{copy}", headers=other) for copy in (made["copy_id"], uuid4())]
    assert not_theirs.status_code == nothing.status_code == 404
    assert not_theirs.json()["code"] == nothing.json()["code"] == "copy_not_found"
    assert await said(intake) == [
        "petition.lodged",
        "identity.revealed",
        "identity.revealed",
        "copy.issued",
        "identity.revealed",
        "identity.revealed",
    ]


async def test_only_the_office_that_has_it_makes_copies(intake: Intake) -> None:
    code = await with_office(intake)
    assert (await copied(intake, code, by=person(intake, "x", office=ELSEWHERE))).status_code == 404
    assert (await copied(intake, code, by=person(intake, "x", Role.AUDITOR))).status_code == 403
    assert (await copied(intake, code, by=person(intake, "x"), verifiers=["có dấu"])).status_code == 422


@pytest.mark.parametrize("is_final", [False, True])
async def test_a_result_is_published_without_its_petitioner(intake: Intake, is_final: bool) -> None:
    code = await with_office(intake, What.ACCEPTED, What.ANSWERED)
    asked = {"text": "Kết luận: bà Đỗ Thị Mận tố cáo đúng một phần.", "is_final": is_final}
    answer = await intake.http.post(f"/api/petitions/{code}/publications", json=asked, headers=person(intake, "x", Role.HEAD))
    assert answer.json()["text"] == f"Kết luận: bà {MASK} tố cáo đúng một phần."
    listed = (await intake.http.get("/api/publications", params={"office": OFFICE})).json()["items"]
    assert len(listed) == is_final
    assert ("answer.published" in await said(intake)) is is_final
    if is_final:
        published = await intake.http.get(f"/api/publications/{answer.json()['publication_id']}")
        assert published.json() == listed[0]
        assert set(listed[0]) == {"id", "kind", "office", "jurisdiction", "published_at", "body"}
        assert code not in published.text


async def test_without_an_answer_there_is_nothing_to_publish(intake: Intake) -> None:
    code = await with_office(intake, What.ACCEPTED)
    asked = {"text": "Kết luận.", "is_final": True}
    answer = await intake.http.post(f"/api/petitions/{code}/publications", json=asked, headers=person(intake, "x", Role.HEAD))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_publish")
    assert (await intake.http.get(f"/api/publications/{uuid4()}")).status_code == 404


async def test_publications_come_in_pages_newest_first(intake: Intake) -> None:
    code = await with_office(intake, What.ACCEPTED, What.ANSWERED)
    for number in range(3):
        asked = {"text": f"Kết luận số {number}.", "is_final": True}
        await intake.http.post(f"/api/petitions/{code}/publications", json=asked, headers=person(intake, "x", Role.HEAD))
    first = (await intake.http.get("/api/publications", params={"limit": 2})).json()
    rest = (await intake.http.get("/api/publications", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["body"][-2] for item in (*first["items"], *rest["items"])] == ["2", "1", "0"]
    assert rest["next"] is None
