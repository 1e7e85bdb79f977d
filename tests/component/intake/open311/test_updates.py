"""Updates: what changed, and words for the office that nobody else reads."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.contracts.routing import PetitionAcceptedV1, PetitionAnsweredV1
from shared.contracts.words import Kind, Role
from shared.kernel.clock import SystemClock
from tests.component.intake.open311.scene import FORMS, POSTED, WARD, Client, errors, moment, shape
from tests.component.intake.test_attaching import PDF

UPDATES = "v2/servicerequestupdates"


async def statements(client: Client, code: str, role: Role = Role.OFFICER) -> list[dict[str, Any]]:
    """Return what the office reads of what was said later."""
    asked = {"fields": ["statements"], "purpose": "dealing"}
    answer = await client.intake.http.post(
        f"/api/petitions/{code}/reveal", json=asked, headers=client.intake.as_person(role, WARD)
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["fields"]["statements"]
    return found


async def test_official_steps_are_updates_the_oldest_first(client: Client) -> None:
    code = await client.in_hand()
    at = SystemClock().now().replace(microsecond=0) + timedelta(minutes=1)
    await client.hears(code, PetitionAcceptedV1(office=WARD), at=at)
    await client.hears(code, PetitionAnsweredV1(office=WARD), at=at + timedelta(minutes=1))
    until = (at + timedelta(hours=1)).isoformat()
    found = (await client.get(UPDATES, end_date=until)).json()
    assert [(item["service_request_id"], item["status"], item["description"]) for item in found] == [
        (code, "open", "Chuyển đến cơ quan"),
        (code, "open", "Thụ lý"),
        (code, "closed", "Trả lời"),
    ]
    assert moment(found[1]["updated_datetime"]) == at
    assert [item["update_id"] for item in found] == [f"{code}-routing-{version}" for version in (1, 2, 3)]
    root = shape(await client.get(UPDATES, form="xml", end_date=until))
    assert (root.tag, {item.tag for item in root}, len(root)) == ("service_request_updates", {"request_update"}, 3)
    assert [item.tag for item in root[0]] == list(found[0])


async def test_updates_are_asked_for_by_time_by_request_and_in_pages(client: Client) -> None:
    first, second, old = await client.in_hand(), await client.in_hand(), await client.in_hand(days_ago=100)

    async def numbers(**asked: Any) -> list[str]:
        return [item["service_request_id"] for item in (await client.get(UPDATES, **asked)).json()]

    assert await numbers() == [first, second]
    assert await numbers(service_request_id=f"{second},x") == [second]
    assert await numbers(service_request_id=old) == []
    assert await numbers(service_request_id=old, start_date=(SystemClock().now() - timedelta(days=101)).isoformat()) == [old]
    assert await numbers(page=2, page_size=1) == [second]
    wrong = await client.get(UPDATES, start_date="2026-01-01T00:00:00Z", end_date="2026-06-01T00:00:00Z")
    assert (wrong.status_code, errors(wrong)[0][1].partition(":")[0]) == (400, "start_date")


async def test_a_comment_is_read_by_the_office_alone_and_said_without_its_words(client: Client) -> None:
    code = await client.in_hand()
    for number, words in enumerate(("Nước vẫn ngập", "Đã sâu hơn"), start=1):
        answer = await client.post(UPDATES, service_request_id=code, description=words, first_name="Lan", email="lan@example.vn")
        assert (answer.status_code, answer.json()) == (201, [{"update_id": f"{code}-comment-{number}"}])
    found = await statements(client, code)
    assert [(item["what"], item["words"], item["who"]) for item in found] == [
        ("comment", "Nước vẫn ngập", None),
        ("comment", "Đã sâu hơn", None),
    ]
    async with client.intake.database.reading() as connection:
        rows = await connection.execute(text("SELECT body, actor FROM events WHERE type LIKE '%commented.v1' ORDER BY seq"))
        assert [(json.loads(row.body), row.actor) for row in rows] == [({"number": n}, "client:app-1") for n in (1, 2)]
        kept = (await connection.execute(text("SELECT count(*) FROM statements WHERE ciphertext IS NOT NULL"))).scalar_one()
        readings = (await connection.execute(text("SELECT reader, purpose, fields FROM vault_readings"))).all()
    assert kept == 2
    assert [tuple(row) for row in readings] == [("person:p-1", "dealing", "statements")]
    assert (await client.said())[-1] == "identity.revealed.v1"


async def test_a_comment_in_xml_is_answered_with_its_number(client: Client) -> None:
    code = await client.in_hand()
    root = shape(await client.post(UPDATES, form="xml", service_request_id=code, description="x"))
    assert (root.tag, root.findtext("request_update/update_id")) == ("service_request_updates", f"{code}-comment-1")


async def test_words_of_a_withdrawal_are_read_with_who_said_them(client: Client) -> None:
    answer = await client.post(extensions="true", **POSTED)
    (receipt,) = answer.json()
    code, secret = receipt["service_request_id"], receipt["extended_attributes"]["secret"]
    joined = await client.intake.http.post(f"/api/petitions/{code}/join", json={"petitioner": {"phone": "0912345678"}})
    await client.routed(code)
    for given, words in ((joined.json()["secret"], "Tôi thôi"), (secret, None)):
        await client.intake.http.post(f"/api/petitions/{code}/withdraw", json={"secret": given, "text": words})
    found = await statements(client, code)
    assert [(item["what"], item["words"], item["who"]) for item in found] == [
        ("withdrawn", "Tôi thôi", 2),
        ("withdrawn", None, 1),
    ]


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no number": ({"service_request_id": ""}, 400, "service_request_id:"),
    "no words": ({"description": "  "}, 400, "description:"),
    "too many words": ({"description": "ă" * 20_001}, 400, "description:"),
    "a number that is none": ({"service_request_id": "1"}, 404, ""),
    "a number that nobody has": ({"service_request_id": "HN8K-2FQ7-XM3P"}, 404, ""),
    "another jurisdiction": ({"jurisdiction_id": "sf.gov"}, 404, "jurisdiction_id"),
}


async def test_what_is_wrong_with_a_comment_is_named_and_nothing_is_kept(client: Client) -> None:
    code = await client.in_hand()
    for name, (sent, status, named) in WRONG.items():
        for form in FORMS:
            answer = await client.post(UPDATES, form=form, **({"service_request_id": code, "description": "x"} | sent))
            assert (name, answer.status_code) == (name, status)
            assert named in errors(answer)[0][1], name
    assert await client.said() == ["petition.lodged.v1"]


async def test_a_comment_needs_a_key_and_an_open_report_that_everybody_may_see(client: Client) -> None:
    code = await client.in_hand()
    sent = {"service_request_id": code, "description": "x"}
    assert (await client.post(UPDATES, key=None, **sent)).status_code == 403
    assert (await client.post(UPDATES, **(sent | {"description": "ă" * 20_000}))).status_code == 201
    await client.hears(code, PetitionAnsweredV1(office=WARD))
    ended = await client.post(UPDATES, **sent)
    assert (ended.status_code, errors(ended)) == (400, [(400, "Phản ánh đã kết thúc: hãy gửi phản ánh mới.")])
    hidden = await client.lodged()
    await client.routed(hidden, topic=None, rule="restricted.denunciation")
    assert (await client.post(UPDATES, **(sent | {"service_request_id": hidden}))).status_code == 404


async def test_the_same_key_keeps_the_same_words_once(client: Client) -> None:
    code = await client.in_hand()
    headers, sent = {"Idempotency-Key": "comment-0001"}, {"service_request_id": code, "description": "Nước vẫn ngập"}
    first, again = [await client.post(UPDATES, headers=headers, **sent) for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await client.post(UPDATES, headers=headers, **(sent | {"description": "Khác"}))
    assert other.status_code == 400
    assert [item["words"] for item in await statements(client, code)] == ["Nước vẫn ngập"]
    await client.hears(code, PetitionAnsweredV1(office=WARD))
    assert (await client.post(UPDATES, headers=headers, **sent)).json() == first.json()


async def test_files_of_a_comment_are_kept_and_bad_ones_keep_the_words_out(client: Client) -> None:
    code = await client.in_hand()
    sent = {"service_request_id": code, "description": "Xem ảnh"}
    bad = await client.post(UPDATES, files=[("media", ("a.txt", b"words", "text/plain"))], **sent)
    assert (bad.status_code, errors(bad)[0][1].partition(":")[0]) == (400, "media.0")
    assert (await client.post(UPDATES, files=[("media", ("a.pdf", PDF, "application/pdf"))], **sent)).status_code == 201
    assert await client.said() == ["petition.lodged.v1", "petition.supplemented.v1", "petition.commented.v1"]
    assert (await client.intake.http.get(f"/api/petitions/{code}")).json()["attachments"] == 1


async def test_what_was_said_later_of_a_denunciation_is_for_the_head_alone(client: Client) -> None:
    sent = {"kind": "denunciation", "text": "Tôi tố cáo"}
    phrase = (await client.intake.http.post("/api/petitions", json=sent)).json()["phrase"]
    code = (await client.intake.only())["code"]
    await client.routed(code, kind=Kind.DENUNCIATION)
    await client.intake.http.post("/api/sealed/withdraw", json={"phrase": phrase, "text": "Tôi sợ"})
    asked = {"fields": ["statements"], "purpose": "dealing"}
    path = f"/api/petitions/{code}/reveal"
    officer = await client.intake.http.post(path, json=asked, headers=client.intake.as_person(Role.OFFICER, WARD))
    assert officer.status_code == 404
    assert [item["words"] for item in await statements(client, code, Role.HEAD)] == ["Tôi sợ"]
