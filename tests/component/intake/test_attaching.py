"""Attachments: checked by content, cleaned of metadata, counted, read by right."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import text

from services.intake.domain.progress import Step, What
from services.intake.store import hearing
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from tests.component.intake.conftest import Intake

WARD = "hanoi-00070"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def photo(*, size: tuple[int, int] = (60, 40), colour: str = "red") -> bytes:
    """A JPEG as phones make it: with place and maker, lying on its side."""
    exif = Image.Exif()
    exif[0x010F] = "Secret Phone"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (21.0, 1.0, 30.0)
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format="JPEG", exif=exif, comment=b"made by Ba")
    return out.getvalue()


async def _lodged(intake: Intake, *, kind: str = "field_report") -> dict[str, Any]:
    answer = await intake.http.post("/api/petitions", json={"kind": kind, "text": "Nắp cống vỡ"})
    found: dict[str, Any] = answer.json()
    return found


async def _attach(intake: Intake, receipt: Mapping[str, Any], files: Sequence[bytes], **more: Any) -> Any:
    """Add files as who has the receipt."""
    sent = [("files", (f"ảnh {number}.jpg", data, "image/jpeg")) for number, data in enumerate(files)]
    path = f"/api/petitions/{receipt['code']}/attachments"
    return await intake.http.post(path, files=sent, **{"data": {"secret": receipt["secret"]}, **more})


async def _route(intake: Intake, petition_id: str, office: str = WARD) -> None:
    """Let routing have said that the petition is with `office`."""
    step = Step("routing", 1, What.ROUTED, SystemClock().now(), office)
    async with intake.database.transaction() as tx:
        await hearing.add_steps(tx.connection, [(UUID(petition_id), step)])


async def _told(intake: Intake, name: str) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        query = text("SELECT body, actor, is_sealed FROM events WHERE type LIKE :name ORDER BY seq")
        rows = await connection.execute(query, {"name": f"%{name}%"})
        return [json.loads(row.body) | {"actor": row.actor, "is_sealed": row.is_sealed} for row in rows]


async def test_a_photo_is_stored_upright_without_place_maker_or_comment_and_told_by_its_digest(intake: Intake) -> None:
    receipt = await _lodged(intake)
    answer = await _attach(intake, receipt, [photo()])
    assert answer.status_code == 201
    (stored,) = answer.json()["attachments"]
    await _route(intake, receipt["petition_id"])
    fetched = await intake.http.get(
        f"/api/petitions/{receipt['code']}/attachments/{stored['id']}",
        params={"purpose": "verifying"},
        headers=intake.as_person(Role.OFFICER, WARD),
    )
    data = fetched.content
    assert hashlib.sha256(data).hexdigest() == stored["sha256"]
    assert not any(word in data for word in (b"Secret Phone", b"made by Ba", b"Exif"))
    with Image.open(io.BytesIO(data)) as image:
        assert (image.size, dict(image.getexif())) == ((40, 60), {})
    (event,) = await _told(intake, "supplemented")
    assert event["attachments"] == [stored]
    assert "ảnh" not in json.dumps(event, ensure_ascii=False)
    (revealed,) = await _told(intake, "revealed")
    assert (revealed["fields"], revealed["purpose"], revealed["actor"]) == (["attachment"], "verifying", "person:p-1")


BAD_FILES = {
    "text": (b"hello, this is a text", "file_type"),
    "script named as a photo": (b"<html><script>alert(1)</script></html>", "file_type"),
    "program": (b"MZ" + bytes(500), "file_type"),
    "empty": (b"", "empty_file"),
    "too large": (b"%PDF-1.7\n" + bytes(10 * 1024 * 1024), "file_too_large"),
    "cut off photo": (photo(size=(400, 400))[:700], "bad_image"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_file_that_is_not_what_may_be_sent_is_named_and_none_is_stored(intake: Intake, name: str) -> None:
    data, code = BAD_FILES[name]
    receipt = await _lodged(intake)
    answer = await _attach(intake, receipt, [photo(), data])
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("files.1", code)]
    assert await _told(intake, "supplemented") == []


async def test_an_image_that_would_unfold_to_gigabytes_is_refused_unread(intake: Intake) -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, format="PNG")
    assert len(out.getvalue()) < 1024 * 1024
    answer = await _attach(intake, await _lodged(intake), [out.getvalue()])
    assert [error["code"] for error in answer.json()["errors"]] == ["huge_image"]


async def test_ten_files_are_taken_and_an_eleventh_is_not(intake: Intake) -> None:
    receipt = await _lodged(intake)
    photos = [photo(size=(20 + number, 20)) for number in range(11)]
    assert (await _attach(intake, receipt, photos[:7])).status_code == 201
    refused = await _attach(intake, receipt, photos[7:])
    assert [error["code"] for error in refused.json()["errors"]] == ["too_many_files"]
    assert (await _attach(intake, receipt, photos[7:10])).status_code == 201
    assert (await intake.http.get(f"/api/petitions/{receipt['code']}")).json()["attachments"] == 10


async def test_the_same_file_sent_again_is_the_same_attachment(intake: Intake) -> None:
    receipt = await _lodged(intake)
    first = (await _attach(intake, receipt, [PDF, PDF])).json()["attachments"]
    again = (await _attach(intake, receipt, [PDF])).json()["attachments"]
    assert (first[0]["id"], first[1]["id"]) == (again[0]["id"], again[0]["id"])
    assert len(await _told(intake, "supplemented")) == 1


async def test_evidence_is_added_by_an_officer_of_the_office_also_when_the_petitioner_sent_ten(intake: Intake) -> None:
    receipt = await _lodged(intake)
    await _attach(intake, receipt, [photo(size=(20 + number, 20)) for number in range(10)])
    await _route(intake, receipt["petition_id"])
    evidence: dict[str, Any] = {"params": {"purpose": "evidence"}}
    stranger = await _attach(intake, receipt, [PDF], headers=intake.as_person(Role.OFFICER, "hanoi-00004"), **evidence)
    nobody = await _attach(intake, receipt, [PDF], **evidence)
    theirs = await _attach(intake, receipt, [PDF], headers=intake.as_person(Role.OFFICER, WARD), **evidence)
    assert (stranger.status_code, nobody.status_code, theirs.status_code) == (404, 401, 201)
    assert [item["purpose"] for item in (await _told(intake, "supplemented"))[-1]["attachments"]] == ["evidence"]
    assert (await intake.http.get(f"/api/petitions/{receipt['code']}")).json()["attachments"] == 10


async def test_no_files_an_unknown_purpose_and_an_unknown_code_are_named(intake: Intake) -> None:
    receipt = await _lodged(intake)
    nothing = await intake.http.post(
        f"/api/petitions/{receipt['code']}/attachments", files=[("other", b"x")], data={"secret": receipt["secret"]}
    )
    assert [error["code"] for error in nothing.json()["errors"]] == ["no_files"]
    purpose = await _attach(intake, receipt, [PDF], params={"purpose": "fun"})
    assert [(error["field"], error["code"]) for error in purpose.json()["errors"]] == [("purpose", "not_listed")]
    misread = await _attach(intake, receipt | {"code": "HN8K-2FQ7-XM3P"}, [PDF])
    assert (misread.status_code, misread.json()["code"]) == (422, "bad_code")


async def test_files_of_others_look_as_if_they_were_not_there(intake: Intake) -> None:
    receipt = await _lodged(intake)
    (stored,) = (await _attach(intake, receipt, [PDF])).json()["attachments"]
    await _route(intake, receipt["petition_id"])
    path = f"/api/petitions/{receipt['code']}/attachments"
    asked = {"purpose": "dealing"}
    others = await intake.http.get(f"{path}/{stored['id']}", params=asked, headers=intake.as_person(Role.HEAD, "hanoi-00004"))
    missing = await intake.http.get(f"{path}/{uuid4()}", params=asked, headers=intake.as_person(Role.HEAD, WARD))
    assert (others.status_code, missing.status_code) == (404, 404)
    assert await _told(intake, "revealed") == []


async def test_files_lie_on_the_disk_unreadable_and_are_stored_once(intake: Intake, tmp_path: Path) -> None:
    receipt = await _lodged(intake)
    first = await _attach(intake, receipt, [PDF])
    again = await _attach(intake, receipt, [PDF])
    assert first.json() == again.json()
    (stored,) = [path.read_bytes() for path in (tmp_path / "attachments").rglob("*") if path.is_file()]
    assert b"endobj" not in stored


async def test_what_is_protected_is_revealed_to_the_competent_office_with_a_purpose_and_said(intake: Intake) -> None:
    body = {"kind": "complaint", "text": "Bí mật", "petitioner": {"name": "Bưởi", "phone": "024 3825 3536"}}
    receipt = (await intake.http.post("/api/petitions", json=body)).json()
    await _route(intake, receipt["petition_id"])
    path = f"/api/petitions/{receipt['code']}/reveal"
    asked = {"fields": ["name", "phone", "text"], "purpose": "verifying"}
    others = await intake.http.post(path, json=asked, headers=intake.as_person(Role.OFFICER, "hanoi-00004"))
    auditor = await intake.http.post(path, json=asked, headers=intake.as_person(Role.AUDITOR, WARD))
    no_purpose = await intake.http.post(path, json={"fields": ["name"]}, headers=intake.as_person(Role.OFFICER, WARD))
    unlisted = await intake.http.post(path, json=asked | {"fields": ["iq"]}, headers=intake.as_person(Role.OFFICER, WARD))
    assert (others.status_code, auditor.status_code) == (404, 403)
    assert (no_purpose.status_code, unlisted.status_code) == (422, 422)
    theirs = await intake.http.post(path, json=asked, headers=intake.as_person(Role.OFFICER, WARD))
    assert theirs.json()["fields"] == {"name": "Bưởi", "phone": "+842438253536", "text": "Bí mật"}
    (event,) = await _told(intake, "revealed")
    assert (event["fields"], event["purpose"], event["actor"]) == (asked["fields"], asked["purpose"], "person:p-1")


async def test_who_knows_the_code_alone_adds_no_files(intake: Intake) -> None:
    receipt, other = await _lodged(intake), await _lodged(intake)
    for proof in ({}, {"secret": other["secret"]}, {"secret": "HN8K"}):
        answer = await _attach(intake, receipt, [PDF], data=proof)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_secret")
        (error,) = answer.json()["errors"]
        assert (error["field"], error["reason"], bool(error["remedy"])) == ("secret", "wrong" if proof else "missing", True)
    in_the_head = await _attach(intake, receipt, [PDF], data={}, headers={"Petition-Secret": other["secret"]})
    assert in_the_head.status_code == 422
    assert await _told(intake, "supplemented") == []


async def test_each_of_several_petitioners_adds_files_by_his_own_secret_in_the_form_or_the_header(intake: Intake) -> None:
    people = [{"name": f"Người {place}", "has_signed": True} for place in range(3)]
    body = {"kind": "complaint", "text": "Không đồng ý.", "petitioners": people}
    receipt = (await intake.http.post("/api/petitions", json=body)).json()
    _, second, third = receipt["petitioners"]
    assert (await _attach(intake, receipt, [PDF], data={"secret": second})).status_code == 201
    header = {"Petition-Secret": third.lower()}
    assert (await _attach(intake, receipt, [photo()], data={}, headers=header)).status_code == 201
    assert len(await _told(intake, "supplemented")) == 2
