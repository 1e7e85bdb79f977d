"""Audit's pages in a real browser: signing in, finding a petition, reading its life, with scripts and without."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visiting, Visitor

AUDITOR = "kiemtoan"
LOOKS_MAX, PAUSE_MILLISECONDS = 100, 300
PAGES = (
    "/audit/",
    "/audit/petitions/{code}",
    "/audit/petitions?code=nothing",
    "/audit/gaps",
    "/audit/log",
    "/audit/exports",
    "/audit/proof",
    "/audit/nowhere",
)
RICHEST = ("/audit/petitions/{code}", "/audit/log", "/audit/exports")
PUBLIC = ("/", "/mail/", "/nowhere", "/intake/nowhere")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_auditor_signs_in_finds_a_petition_and_reads_its_life(visiting: Visiting, code: str, *, scripts: bool) -> None:
    with visiting(scripts=scripts) as auditor:
        page = auditor.page
        auditor.open("/")
        page.get_by_role("link", name="Kiểm toán").click()
        page.get_by_label("Tài khoản Account").fill(AUDITOR)
        page.get_by_label("Mật khẩu Password").fill("caunoi-demo")
        page.get_by_role("button", name="Đăng nhập · Sign in").click()
        expect(page).to_have_url(f"{auditor.url}/audit/")
        page.get_by_label("Mã hồ sơ").fill(code.lower())
        page.get_by_role("button", name="Tìm").click()
        expect(page).to_have_url(f"{auditor.url}/audit/petitions/{code}")
        expect(page.get_by_role("heading", level=1)).to_have_text(code)
        sections = page.get_by_role("heading", level=2).all_inner_texts()
        assert sections[:3] == ["Điều cần xem trước", "Ai đã xem dữ liệu cá nhân", "Thời hạn"]
        expect(page.get_by_text("Đầy đủ và không có gì bất thường")).to_be_visible()
        reading = page.get_by_role("region", name="Mỗi lần xem")
        expect(reading).to_contain_text("công chức")
        expect(reading).to_contain_text("thông tin người gửi: họ và tên, thư điện tử")
        life = page.get_by_role("list", name="Sự kiện theo thứ tự trong nhật ký").get_by_role("heading", level=3)
        assert life.all_inner_texts()[0] == "Tiếp nhận"
        assert "Thụ lý" in life.all_inner_texts()
        assert "Trần Văn Ổi" not in page.content()


def test_causes_lead_to_their_events_facts_unfold_and_each_event_has_its_proof(
    visiting: Visiting, code: str, pictures: Path | None
) -> None:
    with visiting() as auditor:
        auditor.sign_in(AUDITOR, path=f"/audit/petitions/{code}")
        page = auditor.page
        routed = page.locator(".moment", has=page.get_by_role("heading", name="Chuyển tới cơ quan có thẩm quyền"))
        routed.locator("dt:text-is('Do') + dd a").click()
        assert page.locator(".moment:target h3").inner_text() == "Tiếp nhận"
        routed.get_by_text("Dữ kiện, dấu vết và bằng chứng").click()
        expect(routed.get_by_text("petitions.routing.petition.routed.v1")).to_be_visible()
        routed.get_by_role("link", name="xem và tải bằng chứng").click()
        expect(page.get_by_text("Máy chủ này kiểm tra: đứng vững")).to_be_visible()
        look_at(auditor, "event-proof", pictures)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Tải tệp bằng chứng").click()
        assert saved.value.path().read_text().startswith("c2sp.org/tlog-proof@v1")


def test_who_is_no_auditor_is_told_so_and_can_sign_out(visiting: Visiting, code: str) -> None:
    with visiting() as officer:
        officer.sign_in("canbo.hoankiem", path=f"/audit/petitions/{code}")
        page = officer.page
        expect(page.get_by_role("heading", level=1)).to_have_text("Không có quyền")
        expect(page.get_by_role("main")).to_contain_text("Trang này dành cho: kiểm toán")
        assert code not in page.get_by_role("main").inner_text()
        page.get_by_role("button", name="Đăng xuất").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Bạn đã đăng xuất")
        assert officer.barriers() == []
        page.get_by_role("link", name="Đăng nhập lại").click()
        expect(page.get_by_label("Tài khoản Account")).to_be_visible()


def test_a_wrong_password_is_said_and_the_right_one_then_signs_in(visiting: Visiting) -> None:
    with visiting() as auditor:
        auditor.open("/audit/")
        page = auditor.page
        page.get_by_label("Tài khoản Account").fill(AUDITOR)
        page.get_by_label("Mật khẩu Password").fill("wrong")
        page.get_by_role("button", name="Đăng nhập · Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("không đúng")
        assert auditor.barriers() == []
        page.get_by_role("button", name="Đăng nhập : Kiểm toán").click()
        expect(page).to_have_url(f"{auditor.url}/audit/")


def test_the_language_is_switched_on_the_spot_and_stays(visiting: Visiting, code: str) -> None:
    with visiting() as auditor:
        auditor.sign_in(AUDITOR, path=f"/audit/petitions/{code}?show=acts")
        auditor.page.get_by_role("link", name="English").click()
        expect(auditor.page).to_have_url(f"{auditor.url}/audit/petitions/{code}?show=acts")
        assert auditor.page.get_by_role("heading", level=2).all_inner_texts()[0] == "What calls for a word first"
        auditor.open("/audit/gaps")
        expect(auditor.page.get_by_role("heading", level=1)).to_have_text("Gaps")


def test_the_keyboard_alone_reaches_the_content_and_sees_where_it_is(visiting: Visiting) -> None:
    with visiting() as auditor:
        auditor.sign_in(AUDITOR)
        page = auditor.page
        page.reload()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Tới nội dung chính"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "code"


@pytest.mark.parametrize("language", ["vi-VN", "en-GB"])
def test_no_page_shuts_anybody_out_or_scrolls_sideways_on_a_small_telephone(
    visiting: Visiting, code: str, pictures: Path | None, language: str
) -> None:
    with visiting(language=language, screen=PHONE) as auditor:
        look(auditor, "sign-in", pictures, path="/audit/")
        auditor.sign_in(AUDITOR)
        for place, path in enumerate((*PAGES, *PUBLIC) if language == "vi-VN" else RICHEST):
            look(auditor, f"{language}-{place}", pictures, path=path.format(code=code))


def look(visitor: Visitor, name: str, pictures: Path | None, *, path: str) -> None:
    """Open a page and hold it against what every page must be."""
    visitor.open(path)
    look_at(visitor, name, pictures)


def look_at(visitor: Visitor, name: str, pictures: Path | None) -> None:
    """Hold the page that is open against what every page must be."""
    path = visitor.page.url
    visitor.unfold()
    visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert (path, visitor.barriers()) == (path, [])
    assert visitor.is_as_wide_as_the_screen(), path
    if pictures:
        for size, (width, height) in (("320", PHONE), ("1280", (1280, 900))):
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.page.screenshot(path=pictures / f"{name}-{size}.png", full_page=True)
        visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def test_in_print_the_navigation_is_gone_and_the_address_is_there(visiting: Visiting, code: str) -> None:
    with visiting() as auditor:
        auditor.sign_in(AUDITOR, path=f"/audit/petitions/{code}")
        auditor.page.emulate_media(media="print")
        expect(auditor.page.get_by_role("navigation").first).to_be_hidden()
        expect(auditor.page.get_by_text(f"/audit/petitions/{code}", exact=True)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_case_is_taken_out_as_a_file_and_its_page_shows_when_it_is_ready(
    visiting: Visiting, code: str, pictures: Path | None, *, scripts: bool
) -> None:
    with visiting(scripts=scripts) as auditor:
        auditor.sign_in(AUDITOR, path=f"/audit/petitions/{code}")
        page = auditor.page
        page.get_by_label("Để làm gì").select_option("court")
        page.get_by_role("button", name="PDF/A").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("PDF/A")
        until(page, scripts=scripts)
        if scripts:
            look_at(auditor, "export", pictures)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Tải tệp").click()
        assert saved.value.path().read_bytes().startswith(b"%PDF-")


def until(page: Page, *, scripts: bool) -> None:
    """Wait until the file is ready: the script shows it by itself, without one the reader looks again."""
    if not scripts:
        for _ in range(LOOKS_MAX):
            again = page.get_by_role("link", name="Xem lại tiến độ")
            if not again.count():
                break
            again.click()
            page.wait_for_timeout(PAUSE_MILLISECONDS)
    expect(page.get_by_text("Tệp đã xong")).to_be_visible(timeout=30_000)
