"""Mixed content is taken apart: linked petitions for the same petitioner, counted from the same day, once per key."""

from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import text

from services.intake.domain.progress import What
from services.intake.handlers.lodging import words_of
from shared.contracts.words import Role
from shared.identity import Sealed
from shared.kernel.refusals import Malformed
from tests.component.intake.conftest import Intake
from tests.component.intake.test_lodging import directory
from tests.component.intake.test_petitioning import heard, lodged

OFFICE, KEY = "hanoi-00070", "split-0001"
WHOLE, REMAINING = "Đèn đường hỏng; phạt sai; cán bộ nhận tiền.", "Đèn đường hỏng; phạt sai."
PARTS = [
    {"kind": "complaint", "text": "Không đồng ý với quyết định xử phạt."},
    {"kind": "denunciation", "text": "Cán bộ nhận tiền của dân."},
]


async def split(
    intake: Intake,
    code: str,
    *,
    office: str = OFFICE,
    key: str | None = KEY,
    parts: Any = PARTS,
    remaining: str | None = REMAINING,
) -> httpx.Response:
    headers = intake.as_person(Role.OFFICER, office) | ({"Idempotency-Key": key} if key else {})
    body = {"parts": parts} | ({"remaining_text": remaining} if remaining else {})
    return await intake.http.post(f"/api/petitions/{code}/split", json=body, headers=headers)


async def denunciation_of(intake: Intake) -> dict[str, str]:
    """Return the one denunciation that there is, which no answer names."""
    async with intake.database.reading() as connection:
        (row,) = await connection.execute(text("SELECT code, id FROM petitions WHERE is_sealed"))
    return {"code": row.code, "petition_id": str(row.id)}


async def found_by(intake: Intake, petition: dict[str, str]) -> set[int]:
    async with intake.database.reading() as connection:
        query = text("SELECT words FROM search_words WHERE petition_id = :id")
        words = (await connection.execute(query, {"id": petition["petition_id"]})).scalar_one()
    return set(words)


async def revealed(intake: Intake, petition: dict[str, str], *fields: str) -> dict[str, Any]:
    asked = {"fields": fields, "purpose": "dealing"}
    head = intake.as_person(Role.HEAD, OFFICE)
    shown: dict[str, Any] = (
        await intake.http.post(f"/api/petitions/{petition['code']}/reveal", json=asked, headers=head)
    ).json()["fields"]
    return shown


async def phrases(intake: Intake, receipt: dict[str, str]) -> httpx.Response:
    return await intake.http.post(f"/api/petitions/{receipt['code']}/phrases", json={"secret": receipt["secret"]})


async def said(intake: Intake, petition_id: str) -> list[dict[str, Any]]:
    query = text("SELECT type, effective_at, recorded_at, is_sealed, body FROM events WHERE aggregate_id = :id ORDER BY seq")
    async with intake.database.reading() as connection:
        rows = (await connection.execute(query, {"id": petition_id})).mappings().all()
    return [dict(row) | {"body": orjson.loads(row["body"])} for row in rows]


async def test_parts_are_petitions_of_their_own_and_a_denunciation_leaves_no_trace(intake: Intake) -> None:
    whole = await lodged(intake, text=WHOLE, petitioner={"name": "Lan", "email": "lan@example.vn"})
    await heard(intake, whole, What.ROUTED)
    answer = await split(intake, whole["code"])
    assert answer.status_code == 201, answer.text
    assert answer.json()["sealed"] == 1
    (complaint,) = answer.json()["parts"]
    denunciation = await denunciation_of(intake)
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


async def test_the_words_of_a_denunciation_move_with_it_and_find_nothing_any_more(intake: Intake) -> None:
    whole = await lodged(intake, text=WHOLE)
    await heard(intake, whole, What.ROUTED)
    gone = set(words_of(intake.ciphers, "cán bộ nhận tiền"))
    assert gone <= await found_by(intake, whole)
    missing = await split(intake, whole["code"], remaining=None)
    assert [(error["field"], error["code"]) for error in missing.json()["errors"]] == [("remaining_text", "denunciation_stays")]
    for left in (f"Đèn hỏng. {PARTS[1]['text']}", "Đèn hỏng, CAN BO NHẬN TIỀN."):
        stays = (await split(intake, whole["code"], remaining=left)).json()["errors"]
        assert [(error["field"], error["code"]) for error in stays] == [("remaining_text", "words_stay")]
        assert "“Cán bộ nhận tiền”" in stays[0]["reason"]
    assert (await split(intake, whole["code"])).status_code == 201
    assert await found_by(intake, whole) == set(words_of(intake.ciphers, REMAINING))
    assert not gone & await found_by(intake, whole)
    assert await revealed(intake, whole, "text") == {"text": REMAINING}
    sealed = await denunciation_of(intake)
    await heard(intake, sealed, What.ROUTED)
    assert await revealed(intake, sealed, "text", "former_text") == {"text": PARTS[1]["text"], "former_text": WHOLE}
    async with intake.database.reading() as connection:
        query = text("SELECT wrapped_key, nonce, ciphertext FROM vault WHERE petition_id = :id")
        (row,) = await connection.execute(query, {"id": sealed["petition_id"]})
    kept = Sealed(row.wrapped_key, row.nonce, row.ciphertext)
    with pytest.raises(Malformed):
        intake.ciphers.ordinary.open(kept, context=UUID(sealed["petition_id"]).bytes)
    assert (await split(intake, whole["code"])).status_code == 201
    assert (await revealed(intake, sealed, "former_text")) == {"former_text": WHOLE}


async def test_who_lodged_it_gets_the_phrase_of_the_sealed_part_and_who_joined_hears_of_none(intake: Intake) -> None:
    whole = await lodged(intake, text=WHOLE)
    joined = await intake.http.post(f"/api/petitions/{whole['code']}/join", json={"petitioner": {"name": "Hai"}})
    assert (await phrases(intake, whole)).json() == {"phrases": []}
    await heard(intake, whole, What.ROUTED)
    await split(intake, whole["code"])
    (first, again) = [await phrases(intake, whole) for _ in range(2)]
    assert first.json() == again.json()
    assert first.headers["Cache-Control"] == "no-store"
    (phrase,) = first.json()["phrases"]
    status = await intake.http.post("/api/sealed/status", json={"phrase": phrase})
    assert status.json()["state"] == "lodged"
    assert (await phrases(intake, whole | {"secret": joined.json()["secret"]})).json() == {"phrases": []}
    assert (await phrases(intake, whole | {"secret": "HN8K"})).json()["code"] == "wrong_secret"
    more = await intake.http.post("/api/sealed/phrases", json={"phrase": phrase})
    assert more.json() == {"phrases": []}


async def test_a_part_says_all_that_a_lodging_says_and_is_checked_like_one(intake: Intake) -> None:
    await directory(intake)
    whole = await lodged(intake)
    await heard(intake, whole, What.ROUTED)
    said_of = {"against": "hanoi-00004", "topic": "dat-dai", "commune": "00070", "other_communes": ["00004"]}
    given = {**PARTS[0], **said_of}
    (part,) = (await split(intake, whole["code"], parts=[given], remaining=None)).json()["parts"]
    (event,) = await said(intake, part["petition_id"])
    assert {field: event["body"][field] for field in said_of} == said_of
    wrong = [{**PARTS[0], "against_rank": "head"}, {**PARTS[1], "against": "nobody", "commune": "x", "topic": "Đất đai"}]
    refused = await split(intake, whole["code"], parts=wrong, key="split-0002")
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        ("parts.0.against", "missing"),
        ("parts.1.topic", "bad_topic"),
        ("parts.1.commune", "bad_commune"),
        ("parts.1.against", "unknown_office"),
    ]


async def test_whom_a_part_denounces_travels_with_it_under_seal(intake: Intake) -> None:
    await directory(intake)
    whole = await lodged(intake, text=WHOLE)
    await heard(intake, whole, What.ROUTED)
    await split(intake, whole["code"], parts=[{**PARTS[1], "against": "hanoi-00070", "against_rank": "staff"}])
    assert "petition.split" not in str(await said(intake, whole["petition_id"]))  # all that was taken out is sealed
    asked = {"fields": ["statements"], "purpose": "dealing"}
    office = intake.as_person(Role.OFFICER, "hanoi-00070")
    read = await intake.http.post(f"/api/petitions/{whole['code']}/reveal", json=asked, headers=office)
    assert read.json() == {"fields": {"statements": []}}, read.text
    (event,) = await said(intake, (await denunciation_of(intake))["petition_id"])
    assert (event["is_sealed"], event["body"]["against"], event["body"]["against_rank"]) == (True, "hanoi-00070", "staff")
