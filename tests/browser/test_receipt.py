"""A receipt through a whole city: lodged, fetched on a page, checked on another, as a person with a telephone does it."""

from pathlib import Path
from time import monotonic

from playwright.sync_api import Download, Page

from shared.tlog import verify as tlog
from tests.browser.conftest import PHONE, SECONDS_MAX, Visiting, Visitor
from tests.system.cities import People


def test_a_receipt_of_a_real_city_is_fetched_and_checked_by_its_people(visiting: Visiting, city: People, tmp_path: Path) -> None:
    words = "Cây trước số 7 sắp đổ."
    lodged = city.http.post("/intake/api/petitions", json={"kind": "field_report", "text": words, "commune": "00070"}).json()
    with visiting(screen=PHONE) as visitor:
        page: Page = visitor.page
        given = _fetch(visitor, lodged, tmp_path)
        visitor.open("/audit/proof")
        page.set_input_files("#file", given)
        page.locator("summary").click()
        page.locator("#words").fill(words)
        page.get_by_role("button", name="Kiểm tra").click()
        page.locator("#result").wait_for()
        said = page.locator("#result").inner_text()
        assert all(part in said for part in ("Đúng: đơn đã được ghi sổ", lodged["code"], "đúng là lời đã nộp"))
        assert visitor.is_as_wide_as_the_screen()
    key = city.http.get("/audit/log/key").text
    assert tlog.verify_receipt(given.read_bytes(), key, code=lodged["code"]).holds(words.encode()) == "text"


def _fetch(visitor: Visitor, lodged: dict[str, str], folder: Path) -> Path:
    """Fetch the file as a person does: try again while the page says that it is not there yet."""
    page: Page = visitor.page
    visitor.open("/intake/receipt")
    assert visitor.barriers() == []
    page.get_by_label("Mã tra cứu").fill(lodged["code"])
    page.get_by_label("Mã bí mật").fill(lodged["secret"])
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))  # noqa: PLW0108 - a plain method cannot be marked
    ends = monotonic() + SECONDS_MAX
    while not downloads:
        assert monotonic() < ends
        page.get_by_role("button", name="Lấy tệp biên nhận").click()
        page.wait_for_timeout(500)
    visitor.complaints = [said for said in visitor.complaints if "409" not in said]  # "not yet" is an answer
    saved = folder / downloads[0].suggested_filename
    downloads[0].save_as(saved)
    assert saved.name == f"{lodged['code']}.tlog-proof"
    return saved
