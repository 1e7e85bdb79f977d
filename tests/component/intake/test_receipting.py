"""Receipts: who gets which, what they prove, and what happens where the log is late or away or the content is gone."""

import base64
import io
import json
import subprocess
from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import text

from services.intake.store import retention
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from shared.tlog.verify import Receipt, verify_receipt
from tests.component.intake.conftest import Intake
from tests.component.intake.played_log import PlayedLog
from tests.unit.tlog import receipts

OFFICE = "hanoi-tcd"
WORDS = "Đèn đường hỏng trước nhà tôi."
PETITIONER = {"name": "Nguyễn Văn A", "phone": "+84912345678"}
SENT = {
    "kind": "recommendation",
    "text": WORDS,
    "place": "12 Hàng Bài",
    "petitioner": {"name": "Nguyễn Văn A", "phone": "0912345678"},
}
EVENTS = text("SELECT body FROM events WHERE type = :type ORDER BY seq")
LODGED = "petitions.intake.petition.lodged.v1"


@pytest.fixture
def more_settings(log: PlayedLog) -> dict[str, str]:
    return {"INTAKE_AUDIT_URL": log.url, "INTAKE_PROOF_URL": "https://caunoi.example/audit/proof"}


@pytest.fixture
def signed(intake: Intake, log: PlayedLog) -> PlayedLog:
    """The log, with every event of intake under a checkpoint."""
    log.knows = intake.database
    return log


async def _lodge(intake: Intake, **more: Any) -> dict[str, Any]:
    answer = await intake.http.post("/api/petitions", json=SENT | more)
    assert answer.status_code == 201, answer.text
    lodged: dict[str, Any] = answer.json()
    return lodged


async def _at_counter(intake: Intake, **more: Any) -> dict[str, Any]:
    headers = intake.as_person(Role.CLERK, OFFICE)
    answer = await intake.http.post("/api/counter/petitions", json={"petitions": [SENT | more]}, headers=headers)
    (line,) = answer.json()["lines"]
    assert line["status"] == "lodged", line
    return dict(line)


async def _receipt(intake: Intake, lodged: Mapping[str, Any], **asked: Any) -> Receipt:
    answer = await intake.http.post(f"/api/petitions/{lodged['code']}/proof", json={"secret": lodged["secret"], **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{lodged["code"]}.tlog-proof"'
    return verify_receipt(answer.content, receipts.KEY, code=lodged["code"])


async def _said(intake: Intake, event_type: str) -> list[dict[str, Any]]:
    async with intake.database.reading() as connection:
        return [json.loads(row.body) for row in await connection.execute(EVENTS, {"type": event_type})]


@pytest.mark.usefixtures("signed")
async def test_who_lodged_takes_home_a_file_that_proves_it_and_its_words(intake: Intake) -> None:
    receipt = await _receipt(intake, await _lodge(intake))
    assert receipt.holds(WORDS.encode()) == "text"
    assert receipt.holds(orjson.dumps([PETITIONER])) is None
    details = {"channel": "web", "jurisdiction": "hanoi", "kind": "recommendation", "language": "vi", "place": "12 Hàng Bài"}
    assert receipt.holds(orjson.dumps(details)) == "details"
    (event,) = await _said(intake, LODGED)
    assert event == receipt.data


@pytest.mark.usefixtures("signed")
async def test_who_wants_it_can_prove_that_it_was_him(intake: Intake) -> None:
    receipt = await _receipt(intake, await _lodge(intake), with_petitioner=True)
    assert receipt.holds(orjson.dumps([PETITIONER])) == "petitioner"


@pytest.mark.usefixtures("signed")
async def test_the_code_alone_gets_no_receipt(intake: Intake) -> None:
    lodged = await _lodge(intake)
    for secret in ("", "AAAA-AAAA-AAAA"):
        answer = await intake.http.post(f"/api/petitions/{lodged['code']}/proof", json={"secret": secret})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_secret")


@pytest.mark.usefixtures("signed")
async def test_who_joined_later_gets_nothing_by_which_the_words_could_be_tried(intake: Intake) -> None:
    lodged = await _lodge(intake)
    joined = await intake.http.post(f"/api/petitions/{lodged['code']}/join", json={"petitioner": {"name": "Trần B"}})
    receipt = await _receipt(intake, joined.json())
    assert (receipt.code, receipt.parts) == (lodged["code"], {})


@pytest.mark.usefixtures("signed")
async def test_each_of_those_who_lodged_jointly_gets_the_receipt_of_all(intake: Intake) -> None:
    people = [{"name": name, "has_signed": True} for name in ("An", "Bình")]
    lodged = await _lodge(intake, kind="complaint", petitioner=None, petitioners=people)
    for secret in lodged["petitioners"]:
        receipt = await _receipt(intake, lodged | {"secret": secret}, with_petitioner=True)
        who = [{"has_signed": True, "is_representative": False, "name": name} for name in ("An", "Bình")]
        assert receipt.holds(orjson.dumps(who)) == "petitioner"


@pytest.mark.usefixtures("signed")
async def test_the_same_lodging_has_the_same_receipt(intake: Intake) -> None:
    key = {"Idempotency-Key": "visit-0001"}
    first = (await intake.http.post("/api/petitions", json=SENT, headers=key)).json()
    again = (await intake.http.post("/api/petitions", json=SENT, headers=key)).json()
    assert first == again
    assert (await _receipt(intake, first)).parts == (await _receipt(intake, again)).parts


async def test_a_denunciation_has_its_receipt_for_its_phrase_alone(intake: Intake, signed: PlayedLog) -> None:
    sealed = (await intake.http.post("/api/petitions", json=SENT | {"kind": "denunciation"})).json()
    answer = await intake.http.post("/api/sealed/proof", json={"phrase": sealed["phrase"]})
    assert answer.headers["content-disposition"] == 'attachment; filename="bien-nhan.tlog-proof"'
    receipt = verify_receipt(answer.content, receipts.KEY)
    assert (receipt.code, receipt.holds(WORDS.encode())) == (None, "text")
    asked = len(signed.tokens)
    code = (await intake.only())["code"]
    hidden = await intake.http.post(f"/api/petitions/{code}/proof", json={"secret": "AAAA-AAAA-AAAA"})
    other = await intake.http.post("/api/petitions/AAAA-AAAA-AAA0/proof", json={"secret": "AAAA-AAAA-AAAA"})
    assert (hidden.status_code, other.status_code) in {(404, 404), (404, 422)}
    assert len(signed.tokens) == asked  # nothing is asked of the log for who has no right


async def test_a_late_checkpoint_is_said_to_be_late(intake: Intake, signed: PlayedLog) -> None:
    lodged = await _lodge(intake)
    signed.late = 1
    asked = {"json": {"secret": lodged["secret"]}, "headers": {"Accept-Language": "en"}}
    answer = await intake.http.post(f"/api/petitions/{lodged['code']}/proof", **asked)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (409, "receipt_not_yet", "5")
    assert "in a moment" in answer.json()["detail"]
    assert (await intake.http.post(f"/api/petitions/{lodged['code']}/proof", **asked)).status_code == 200  # type: ignore[arg-type]


@pytest.mark.parametrize("nonsense", [None, b"", b"[]", b'{"record": "x"}'])
async def test_an_audit_that_is_away_is_trouble_and_no_bug(intake: Intake, log: PlayedLog, nonsense: bytes | None) -> None:
    lodged = await _lodge(intake)
    log.nonsense = nonsense
    answer = await intake.http.post(f"/api/petitions/{lodged['code']}/proof", json={"secret": lodged["secret"]})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "audit_unreachable", "5")


@pytest.mark.usefixtures("signed")
async def test_a_receipt_outlives_the_content_and_a_new_one_says_no_more_of_it(intake: Intake) -> None:
    lodged = await _lodge(intake)
    before = await intake.http.post(f"/api/petitions/{lodged['code']}/proof", json={"secret": lodged["secret"]})
    petition = await intake.only()
    async with intake.database.transaction() as tx:
        await retention.erase(tx.connection, [petition["petition_id"]], now=SystemClock().now())  # type: ignore[list-item]
    old = verify_receipt(before.content, receipts.KEY)
    assert old.holds(WORDS.encode()) == "text"
    new = await _receipt(intake, lodged)
    assert (new.parts, new.data) == ({}, old.data)
    async with intake.database.reading() as connection:
        kept = (await connection.execute(text("SELECT count(*) FROM vault"))).scalar_one()
    assert kept == 0  # the salts went with the content


async def test_the_counter_hands_out_files_to_its_own_visitors(intake: Intake, signed: PlayedLog) -> None:
    line = await _at_counter(intake)
    path = f"/api/counter/petitions/{line['code']}/proof"
    signed.late = 1
    assert (await intake.http.get(path, headers=intake.as_person(Role.CLERK, OFFICE))).status_code == 409
    signed.late = 2
    answer = await intake.http.get(path, params={"wait_seconds": 20}, headers=intake.as_person(Role.CLERK, OFFICE))
    assert verify_receipt(answer.content, receipts.KEY).holds(WORDS.encode()) == "text"
    assert (await intake.http.get(path, headers=intake.as_person(Role.CLERK, "hanoi-00070"))).status_code == 404
    assert (await intake.http.get(path, headers=intake.as_person(Role.OFFICER, OFFICE))).status_code == 403
    read = await _said(intake, "petitions.intake.identity.revealed.v1")
    assert [(item["fields"], item["purpose"]) for item in read] == [(["proof"], "receipt")]


async def test_the_paper_bears_the_proof_that_a_telephone_reads(intake: Intake, signed: PlayedLog) -> None:
    line = await _at_counter(intake)
    assert _pages(base64.b64decode(line["receipt_pdf"])) == 1  # nothing can be proved at that moment
    signed.late = 1
    path = line["receipt_url"].removeprefix("/intake")
    printed = await intake.http.get(path, headers=intake.as_person(Role.CLERK, OFFICE))
    assert _pages(printed.content) == 2
    receipt = verify_receipt(_read(printed.content), receipts.KEY, code=line["code"])
    assert receipt.holds(WORDS.encode()) == "text"
    read = await _said(intake, "petitions.intake.identity.revealed.v1")
    assert [item["fields"] for item in read] == [["secret", "proof"]]


async def test_a_visitor_never_leaves_without_paper(intake: Intake, log: PlayedLog) -> None:
    line = await _at_counter(intake)
    path = line["receipt_url"].removeprefix("/intake")
    headers = intake.as_person(Role.CLERK, OFFICE)
    away = await intake.http.get(path, headers=headers)
    log.knows, log.late = intake.database, 100
    late = await intake.http.get(path, params={"wait_seconds": 0.6}, headers=headers)
    unasked = await intake.http.get(path, params={"with_proof": False}, headers=headers)
    assert [(answer.status_code, _pages(answer.content)) for answer in (away, late, unasked)] == [(200, 1)] * 3


@pytest.mark.usefixtures("signed")
async def test_the_paper_of_a_denunciation_bears_a_proof_only_where_the_visitor_wants_it(intake: Intake) -> None:
    line = await _at_counter(intake, kind="denunciation")
    path = line["receipt_url"].removeprefix("/intake")
    headers = intake.as_person(Role.CLERK, OFFICE)
    assert _pages((await intake.http.get(path, headers=headers)).content) == 1
    wanted = await intake.http.get(path, params={"with_proof": True}, headers=headers)
    assert _pages(wanted.content) == 2


@pytest.mark.usefixtures("signed")
async def test_what_another_system_took_in_is_not_committed_to(intake: Intake) -> None:
    headers = intake.as_person(Role.OPERATOR)
    row = {"reference": "1", "opened_at": "2026-01-05T08:00:00+07:00", "kind": "field_report", "text": "Cây đổ"}
    imported = await intake.http.post("/api/imports/other/rows", json={"rows": [row]}, headers=headers)
    assert imported.json()["imported"] == 1, imported.text
    (event,) = await _said(intake, LODGED)
    assert event["content_commitment"] is None


def _pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


def _read(pdf: bytes) -> str:
    """Return what a telephone reads of the second page."""
    try:
        drawn = subprocess.run(
            ["pdftoppm", "-r", "200", "-f", "2", "-png", "-"], input=pdf, check=True, capture_output=True
        ).stdout
    except FileNotFoundError:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn)))
    return str(found.text)


async def _fetched(intake: Intake, **form: str) -> httpx.Response:
    return await intake.http.post("/receipt", data=form, headers={"Accept": "text/html"})


@pytest.mark.usefixtures("signed")
async def test_a_person_fetches_the_file_on_a_page(intake: Intake) -> None:
    lodged = await _lodge(intake)
    shown = await intake.http.get("/receipt", headers={"Accept": "text/html"})
    assert ("Lấy biên nhận" in shown.text, "https://caunoi.example/audit/proof" in shown.text) == (True, True)
    got = await _fetched(intake, code=lodged["code"].lower(), secret=lodged["secret"])
    assert verify_receipt(got.content, receipts.KEY, code=lodged["code"]).holds(orjson.dumps([PETITIONER])) is None
    named = await _fetched(intake, code=lodged["code"], secret=lodged["secret"], with_petitioner="yes")
    assert verify_receipt(named.content, receipts.KEY).holds(orjson.dumps([PETITIONER])) == "petitioner"
    sealed = (await intake.http.post("/api/petitions", json=SENT | {"kind": "denunciation"})).json()
    assert verify_receipt((await _fetched(intake, phrase=sealed["phrase"])).content, receipts.KEY).code is None


async def test_the_page_says_what_is_wrong_and_keeps_what_was_written(intake: Intake, log: PlayedLog) -> None:
    lodged = await _lodge(intake)
    code, secret = lodged["code"], lodged["secret"]
    away = await _fetched(intake, code=code, secret=secret)
    log.knows, log.late = intake.database, 1
    late = await _fetched(intake, code=code, secret=secret)
    wrong = await _fetched(intake, code=code, secret="AAAA-AAAA-AAAA")
    empty = await _fetched(intake)
    assert [answer.status_code for answer in (away, late, wrong, empty)] == [503, 409, 422, 422]
    assert ("Chưa có biên nhận" in late.text, late.headers["retry-after"]) == (True, "5")
    assert "Mã bí mật không đúng" in wrong.text
    assert all(f'value="{code}"' in answer.text for answer in (away, late, wrong))
