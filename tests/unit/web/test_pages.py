"""Pages: problems in front of a person, the language that he chose, static files that are kept for good, nothing from elsewhere."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shared.web.pages.answering import local
from shared.web.pages.rendering import Pages, lasting, number
from tests.unit.web.house import asking, service

ROOT = Path(__file__).resolve().parents[3]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TEMPLATES = sorted(path for folder in ("shared/web", "services") for path in (ROOT / folder).rglob("templates/*.html"))
STYLES = sorted(path for folder in ("shared/web", "services") for path in (ROOT / folder).rglob("static/*.css"))
SCRIPTS = sorted(path for folder in ("shared/web", "services") for path in (ROOT / folder).rglob("static/*.js"))


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("refused", 409, "Không thực hiện được ở trạng thái hiện tại"),
        ("in_words", 409, "Nóng 40 độ."),
        ("unknown", 404, "Không có, hoặc không thuộc phạm vi của bạn."),
        ("malformed", 422, "Có chỗ chưa đúng"),
        ("trouble", 503, "Không có gì bị mất"),
        ("bug", 500, "Mã theo dõi"),
    ],
)
async def test_a_problem_is_a_page_with_the_same_status_to_who_asks_for_pages(kind: str, status: int, words: str) -> None:
    answer = await asking(service()).get(f"/api/errors/{kind}", headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text
    assert "hunter2" not in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
async def test_a_problem_stays_json_to_programs(accept: str) -> None:
    answer = await asking(service()).get("/api/errors/unknown", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_page_of_trouble_keeps_the_header_that_says_when_to_ask_again() -> None:
    assert (await asking(service()).get("/api/errors/trouble", headers=BROWSER)).headers["retry-after"] == "5"


async def test_an_address_that_does_not_exist_gets_a_page_in_the_readers_language() -> None:
    http = asking(service())
    vietnamese = await http.get("/nowhere", headers=BROWSER)
    english = await http.get("/nowhere", headers=BROWSER | {"Accept-Language": "en"})
    assert (vietnamese.status_code, english.status_code) == (404, 404)
    assert ('<html lang="vi">' in vietnamese.text, '<html lang="en">' in english.text) == (True, True)
    assert "Không tìm thấy" in vietnamese.text
    assert "Not found" in english.text


async def test_the_chosen_language_is_kept_and_the_reader_is_led_back() -> None:
    http = asking(service())
    seen = await http.get("/nowhere?q=1", headers=BROWSER)
    href = re.search(r'href="/test(/language[^"]+)"', seen.text)
    assert href
    chosen = await http.get(href[1].replace("&amp;", "&"))
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/test/nowhere?q=1")
    assert '<html lang="en">' in (await http.get("/nowhere", headers=BROWSER | {"Accept-Language": "vi"})).text
    assert (await http.get("/api/errors/unknown")).headers["content-language"] == "en"


@pytest.mark.parametrize("to", ["fr", "vi\r\nX: 1", ""])
async def test_another_language_than_ours_is_vietnamese(to: str) -> None:
    answer = await asking(service()).get("/language", params={"to": to, "next": "/test/"})
    assert "caunoi-language=vi;" in answer.headers.get("set-cookie", "caunoi-language=vi;")


@pytest.mark.parametrize(
    "written",
    [
        "https://evil.example",
        "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/a\r\nSet-Cookie: x=1",
        "/ a",
        "/\t/evil.example",
        "",
        "/" + "a" * 3000,
        "/đơn",
    ],
)
async def test_nobody_is_led_elsewhere(written: str) -> None:
    assert local(written, otherwise="/test/") == "/test/"
    answer = await asking(service()).get("/language", params={"to": "en", "next": written})
    assert answer.headers["location"] == "/test/"


def test_a_path_of_this_city_is_kept() -> None:
    assert local("/audit/petitions/HN-1?x=1&y=%2F", otherwise="/") == "/audit/petitions/HN-1?x=1&y=%2F"


async def test_static_files_are_kept_for_good_under_their_digest_and_not_under_another() -> None:
    http = asking(service())
    href = re.search(r'stylesheet" href="/test(/static/pages\.[0-9a-f]{16}\.css)"', (await http.get("/x", headers=BROWSER)).text)
    assert href
    answers = [await http.get(path) for path in (href[1], "/static/pages.css", "/static/pages.0123456789abcdef.css")]
    assert [answer.headers["cache-control"] for answer in answers] == [
        "public, max-age=31536000, immutable",
        "no-cache",
        "no-cache",
    ]
    assert {answer.headers["content-type"] for answer in answers} == {"text/css; charset=utf-8"}


@pytest.mark.parametrize("name", ["nothing.css", "..%2Frendering.py", "layout.html", "rendering.py"])
async def test_nothing_but_static_files_is_served(name: str) -> None:
    assert (await asking(service()).get(f"/static/{name}")).status_code == 404


def test_times_lengths_and_numbers_are_written_as_people_do() -> None:
    assert [number(1234.5, language=language) for language in ("vi", "en")] == ["1.234,5", "1,234.5"]
    assert lasting(timedelta(days=2, hours=3, minutes=5), language="vi") == "2 ngày 3 giờ"
    assert lasting(timedelta(days=1, minutes=5), language="en") == "1 day"
    assert [lasting(value, language="en") for value in (0, 61, 3600, -90)] == [
        "0 seconds",
        "1 minute 1 second",
        "1 hour",
        "1 minute 30 seconds",
    ]


def test_what_a_template_is_given_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text("{{ text }}")
    assert Pages(templates=tmp_path).render("one.html", {"text": "<script>"}, language="vi") == "&lt;script&gt;"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_what_the_policy_refuses_or_loads_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\bon[a-z]+\s*=\s*[\"']|\bstyle\s*=\s*[\"']|<style|javascript:|\|\s*safe\b|hx-on|autoescape", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(src|href)\s*=\s*[\"'](https?:)?//", text)


@pytest.mark.parametrize("path", STYLES + SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_style_or_script_loads_from_elsewhere_or_makes_code_from_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"@import|url\(|https?://(?!www\.w3\.org)|\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", text
    )
    assert "text-transform: uppercase" not in text


def test_headings_and_text_leave_room_for_vietnamese_marks() -> None:
    style = (ROOT / "shared/web/pages/static/pages.css").read_text(encoding="utf-8")
    heights = [
        float(found)
        for found in re.findall(r"line-height: ([0-9.]+)|font: [0-9.]+rem/([0-9.]+)", style)
        for found in found
        if found
    ]
    assert heights
    assert min(heights) >= 1.3


async def test_pages_are_told_apart_by_what_they_depend_on() -> None:
    answer: httpx.Response = await asking(service()).get("/x", headers=BROWSER)
    assert answer.headers["vary"] == "Accept, Accept-Language, Cookie"
    assert answer.headers["cache-control"] == "no-store"
