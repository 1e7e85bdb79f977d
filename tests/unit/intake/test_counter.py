"""The counter: what a register says, and what a receipt shows."""

import io
import logging
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
import segno
import zxingcpp
from fpdf import FPDF
from PIL import Image

from services.intake.api.papers import paper
from services.intake.domain.counter import Registration, mistakes_in_registration, received_at, register_number_of
from services.intake.domain.receipts import LogProof, Missing, Recorded
from services.intake.gateways.receipts import receipt_pdf
from services.intake.wire.counter import parse_counter
from services.intake.wire.receipts import receipt_file, recorded
from shared.telemetry.logs import hush
from shared.tlog.verify import entry_for, receipt_text, verify_receipt
from tests.unit.tlog import receipts

TODAY = date(2026, 10, 5)
NOW = datetime(2026, 10, 5, 7, 5, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("written", ["123/đt-tcd", " 123 / ĐT-TCD ", "123/ĐT-TCD"])
def test_a_register_number_has_one_written_form(written: str) -> None:
    assert register_number_of(written) == "123/ĐT-TCD"


BAD = {
    "register_number missing": Registration("post", TODAY, None),
    "register_number bad_register_number": Registration("counter", TODAY, "=1+1"),
    "channel not_listed": Registration("web", TODAY, "1"),
    "received_on future_day": Registration("post", date(2026, 10, 6), "1"),
    "received_on old_day": Registration("post", date(2025, 10, 1), "1"),
}


@pytest.mark.parametrize(("told", "registration"), BAD.items())
def test_what_is_wrong_with_a_registration_is_named(told: str, registration: Registration) -> None:
    assert [f"{item.field} {item.code}" for item in mistakes_in_registration(registration, today=TODAY)] == [told]


def test_time_counts_from_the_day_received() -> None:
    assert received_at(Registration("counter", TODAY, None), now=NOW, zone=ZONE) == NOW
    earlier = received_at(Registration("post", date(2026, 10, 2), "1"), now=NOW, zone=ZONE)
    assert earlier == datetime(2026, 10, 2, tzinfo=ZONE)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"petitions": []}', orjson.dumps({"petitions": [{}] * 21})])
def test_a_request_that_is_no_list_of_petitions_is_named(body: bytes) -> None:
    lines, mistakes = parse_counter(body, today=TODAY)
    assert (lines, len(mistakes)) == ([], 1)


def test_each_line_has_its_own_mistakes() -> None:
    good = {"kind": "complaint", "text": "x", "register_number": "1", "received_on": "2026-10-02", "channel": "post"}
    sent = [
        good,
        7,
        good | {"received_on": "5/10"},
        good | {"colour": "red"},
        good | {"register_number": 5, "name_on_receipt": 1},
    ]
    lines, mistakes = parse_counter(orjson.dumps({"petitions": sent}), today=TODAY)
    assert mistakes == []
    assert [[item.field for item in line.mistakes] for line in lines] == [
        [],
        ["petitions", "kind", "text"],
        ["received_on"],
        ["colour"],
        ["register_number", "name_on_receipt"],
    ]


def _pdf(
    *, kind: str = "complaint", name: str | None = "Nguyễn Thị Bưởi", at: datetime = NOW, proof: Recorded | Missing = Missing.SOON
) -> bytes:
    office = ("Ban Tiếp công dân", "Citizen reception")
    url = "https://example.vn/{code}"
    printed = paper(
        code="HN8K-2FQ7-XM3P",
        kind=kind,
        office=office,
        lodged_at=at,
        register_number="12/TCD",
        name=name,
        secret="0KWR-FC78-KENK",
        tracking_url=url,
        fetch_url="https://example.vn/intake/receipt",
        proof=proof,
    )
    return receipt_pdf(printed)


def _words(monkeypatch: pytest.MonkeyPatch, **facts: object) -> list[str]:
    """Return what is written on the paper, before it is turned into glyphs."""
    said: list[str] = []
    written = FPDF.multi_cell

    def listen(pdf: FPDF, width: float, height: float, text: str, **more: object) -> object:
        said.append(text)
        return written(pdf, width, height, text, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(FPDF, "multi_cell", listen)
    _pdf(**facts)  # type: ignore[arg-type]
    return said


def test_a_receipt_says_vietnamese_first_and_english_second(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _words(monkeypatch)
    for vietnamese, english in (("Đơn khiếu nại", "Complaint"), ("14 giờ 05, ngày 05/10/2026", "14:05, 5 October 2026")):
        assert said.index(vietnamese) + 1 == said.index(english)
    assert {"HN8K-2FQ7-XM3P", "Nguyễn Thị Bưởi", "12/TCD", "https://example.vn/HN8K-2FQ7-XM3P"} <= set(said)


def test_the_receipt_of_a_denunciation_says_petition_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _words(monkeypatch, kind="denunciation", name=None)
    assert "Đơn" in said
    assert "0KWR-FC78-KENK" in said  # the phrase stands there
    assert "https://example.vn/" in said
    assert not any("HN8K-2FQ7-XM3P" in line for line in said)
    assert not any(word in " ".join(said).lower() for word in ("tố cáo", "denunciation", "bưởi"))


def test_a_letter_of_an_earlier_day_shows_no_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ngày 02/10/2026" in _words(monkeypatch, at=datetime(2026, 10, 2, tzinfo=ZONE))


def test_metadata_and_log_say_nothing_of_anybody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        data = _pdf(name="王 😀 Bưởi")
    assert caplog.records == []
    assert b"/Author" not in data
    assert b"HN8K" not in data


def test_making_a_receipt_writes_none_of_its_letters_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("fontTools").setLevel(logging.NOTSET)
    hush()
    with caplog.at_level(logging.DEBUG):
        _pdf()
    assert [record.name for record in caplog.records if record.name.startswith("fontTools")] == []
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []


def test_a_receipt_is_one_page_that_a_printer_can_draw(tmp_path: Path) -> None:
    data = _pdf(name="Ưỡng " * 40)
    assert data.startswith(b"%PDF")
    file = tmp_path / "receipt.pdf"
    file.write_bytes(data)
    try:
        drawn = subprocess.run(["pdftoppm", "-r", "50", "-png", str(file)], check=True, capture_output=True).stdout
    except FileNotFoundError:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.size == (292, 414)
        darkest, _ = image.convert("L").getextrema()
    assert darkest == 0


def _recorded(*, witnesses: int) -> tuple[Recorded, str]:
    """Return what a paper says of the entry of a log of ten million, and the file of that receipt."""
    entry = entry_for(receipts.ENTRY_SALT, receipts.record().encode())
    log = receipts.large_log_of(entry, index=6_999_998, size=10_000_000)
    signed = receipts.checkpoint(log, witnesses=witnesses)
    proof = receipts.receipt(log=log, signed=signed).split("\n")
    found = LogProof(receipts.record(), receipts.ENTRY_SALT.hex(), "\n".join([proof[0], *proof[2:]]))
    text = receipt_file(found, code=receipts.CODE, commitment=None)
    return recorded(text, page_url="https://caunoi.example.gov.vn/audit/proof"), text


@pytest.mark.parametrize("witnesses", [0, 2, 20])
def test_a_qr_code_holds_the_whole_receipt_of_a_log_of_ten_million(witnesses: int) -> None:
    proof, text = _recorded(witnesses=witnesses)
    made = segno.make([(proof.link, None), (proof.digits, None)], error="l", micro=False)  # type: ignore[arg-type]
    assert int(made.version) <= 40
    picture = io.BytesIO()
    made.save(picture, kind="png", scale=4)
    (read,) = zxingcpp.read_barcodes(Image.open(picture))
    assert receipt_text(read.text) == text
    assert verify_receipt(read.text, receipts.KEY).code == receipts.CODE


def test_the_paper_that_a_printer_draws_can_be_read_and_verified(tmp_path: Path) -> None:
    proof, text = _recorded(witnesses=2)
    file = tmp_path / "receipt.pdf"
    file.write_bytes(_pdf(proof=proof))
    try:
        drawn = subprocess.run(["pdftoppm", "-r", "200", "-f", "2", "-png", str(file)], check=True, capture_output=True).stdout
    except FileNotFoundError:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn)))
    assert receipt_text(read.text) == text


def test_a_paper_says_where_the_proof_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for missing in Missing:
            said = _words(patch, proof=missing)
            assert "https://example.vn/intake/receipt" in said
            assert "CHỨNG NHẬN GHI SỔ" not in said
    proof, _ = _recorded(witnesses=0)
    said = _words(monkeypatch, proof=proof)
    assert {"CHỨNG NHẬN GHI SỔ", "6999999 / 10000000", "08:15:02 05/10/2026 (+07:00)"} <= set(said)


def test_the_proof_of_a_denunciation_names_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    proof, _ = _recorded(witnesses=0)
    said = _words(monkeypatch, kind="denunciation", name=None, proof=proof)
    assert not any("HN8K-2FQ7-XM3P" in line for line in said)
