"""Mixed content is taken apart: linked petitions for the same petitioner, counted from the same day, once per key."""

from typing import Any

import httpx
import orjson
from sqlalchemy import text

from services.intake.domain.progress import What
from shared.contracts.words import Role
from tests.component.intake.conftest import Intake
from tests.component.intake.test_petitioning import heard, lodged

OFFICE, KEY = "hanoi-00070", "split-0001"
PARTS = [
    {"kind": "complaint", "text": "Không đồng ý với quyết định xử phạt."},
    {"kind": "denunciation", "text": "Cán bộ nhận tiền của dân."},
]


async def split(intake: Intake, code: str, *, office: str = OFFICE, key: str | None = KEY, parts: Any = PARTS) -> httpx.Response:
    headers = intake.as_person(Role.OFFICER, office) | ({"Idempotency-Key": key} if key else {})
    return await intake.http.post(f"/api/petitions/{code}/split", json={"parts": parts}, headers=headers)


async def said(intake: Intake, petition_id: str) -> list[dict[str, Any]]:
    query = text("SELECT type, effective_at, recorded_at, is_sealed, body FROM events WHERE aggregate_id = :id ORDER BY seq")
    async with intake.database.reading() as connection:
        rows = (await connection.execute(query, {"id": petition_id})).mappings().all()
    return [dict(row) | {"body": orjson.loads(row["body"])} for row in rows]


async def test_parts_are_petitions_of_their_own_and_a_denunciation_leaves_no_trace(intake: Intake) -> None:
    whole = await lodged(
        intake, text="Đèn hỏng; phạt sai; cán bộ nhận tiền.", petitioner={"name": "Lan", "email": "lan@example.vn"}
    )
    await heard(intake, whole, What.ROUTED)
    answer = await split(intake, whole["code"])
    assert answer.status_code == 201, answer.text
    complaint, denunciation = answer.json()["parts"]
    (first, marked) = await said(intake, whole["petition_id"])
    (event,) = await said(intake, complaint["petition_id"])
    assert (event["body"]["part_of"], event["body"]["kind"], event["body"]["is_reachable"]) == (
        whole["petition_id"],
        "complaint",
        True,
    )
    assert (event["effective_at"], event["recorded_at"] > event["effective_at"]) == (first["effective_at"], True)
    assert marked["body"] == {"parts": [complaint["petition_id"]]}
    (sealed,) = await said(intake, denunciation["petition_id"])
    assert (sealed["is_sealed"], sealed["body"]["part_of"]) == (True, None)
    async with intake.database.reading() as connection:
        query = text("SELECT purpose FROM vault_readings WHERE petition_id = :id")
        read = [row.purpose for row in await connection.execute(query, {"id": whole["petition_id"]})]
    assert read == ["split"]


async def test_the_same_key_gets_the_same_parts_and_says_nothing_twice(intake: Intake) -> None:
    whole = await lodged(intake)
    await heard(intake, whole, What.ROUTED)
    first, again = [await split(intake, whole["code"]) for _ in range(2)]
    assert first.json() == again.json()
    assert len(await said(intake, whole["petition_id"])) == 2
    other = await split(intake, whole["code"], parts=[{"kind": "complaint", "text": "Một nội dung khác hẳn."}])
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_only_the_office_that_has_it_takes_it_apart_with_a_key(intake: Intake) -> None:
    whole = await lodged(intake)
    await heard(intake, whole, What.ROUTED)
    assert (await split(intake, whole["code"], office="hanoi-00004")).status_code == 404
    keyless = await split(intake, whole["code"], key=None)
    assert (keyless.status_code, "Idempotency-Key" in keyless.json()["errors"][0]["field"]) == (422, True)
    assert (await split(intake, whole["code"], parts=[])).status_code == 422
