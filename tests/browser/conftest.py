"""A city and one real Chromium for all tests of pages; whatever a page does that its policy refuses fails the test."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it says nothing of its types
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from deploy.local.accounts import DEMO_PASSWORD
from tests.system.cities import People, some_city

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP, PHONE = (1280, 900), (320, 640)
SECONDS_MAX = 30
OFFICER = "canbo.hoankiem"


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("pages")) as people:
        yield people


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine: none of {', '.join(NAMES)} is on the path (apt-get install chromium)")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


class Visitor:
    """Somebody with a browser. `complaints` is what the browser had to say against the pages that he saw."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.set_default_timeout(SECONDS_MAX * 1000)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> int:
        """Open a path of the city; return the status of the page that comes in the end."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        return answer.status

    def sign_in(self, account: str, *, path: str = "/audit/") -> None:
        self.open(path)
        self.page.get_by_label("Tài khoản Account").fill(account)
        self.page.get_by_label("Mật khẩu Password").fill(DEMO_PASSWORD)
        self.page.get_by_role("button", name="Đăng nhập · Sign in").click()

    def is_as_wide_as_the_screen(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))

    def unfold(self) -> None:
        self.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    def barriers(self) -> list[str]:
        """Return what axe finds that shuts people out (WCAG 2 A and AA, and good practice)."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['target']} {node['html'][:120]}" for each in found for node in each["nodes"]]

    def _said(self, message: ConsoleMessage) -> None:
        is_own_status = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if message.type in ("error", "warning") and not is_own_status:
            self.complaints.append(f"{self.page.url}: {message.text}")


Visiting = Callable[..., Any]


@pytest.fixture
def visiting(browser: Browser, city: People) -> Visiting:
    """A factory: ``with visiting(scripts=False) as somebody`` is a person with a fresh browser, whose complaints fail the test."""

    @contextmanager
    def visit(*, scripts: bool = True, screen: tuple[int, int] = DESKTOP, language: str = "vi-VN") -> Iterator[Visitor]:
        width, height = screen
        context = browser.new_context(java_script_enabled=scripts, viewport={"width": width, "height": height}, locale=language)
        visitor = Visitor(context.new_page(), city.url)
        yield visitor
        context.close()
        assert visitor.complaints == []

    return visit


@pytest.fixture(scope="session")
def code(city: People) -> str:
    """A petition that was lodged, accepted and answered, and whose author somebody looked up."""
    code = city.lodge(
        kind="field_report",
        text="Đèn đường trước số 5 không sáng đã ba đêm.",
        commune="00070",
        place="5 Hàng Khay",
        petitioner={"name": "Trần Văn Ổi", "email": "oi@example.vn"},
    )
    city.wait_for(code, "routing petition.routed", "escalation deadline.set")
    office = city.look(code)["office"]["code"]
    officer = OFFICER if office == "hanoi-00070" else "canbo.xaydung"
    assert city.act(officer, code, "accept", version=1).is_success
    reveal = {"fields": ["name", "email"], "purpose": "contacting"}
    answer = city.http.post(f"/intake/api/petitions/{code}/reveal", json=reveal, headers=city.bearer(officer))
    assert answer.is_success, answer.text
    city.wait_for(code, "routing petition.accepted", "intake identity.revealed", "notify notice.sent")
    ends = time.monotonic() + SECONDS_MAX
    while city.trace(code)["verdict"] != "complete":  # what was said a moment ago may still be on its way
        assert time.monotonic() < ends, city.trace(code)["records"]
        time.sleep(0.2)
    return code


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """The folder where pictures of the pages are to be left, for who wants to look at them (CAUNOI_PICTURES)."""
    named = os.environ.get("CAUNOI_PICTURES")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
