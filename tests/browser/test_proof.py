"""The page that checks receipts, in a real browser: the same vectors as the module, without a network, and for everybody."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from fastapi import FastAPI
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Mount, Route

import services.audit
from services.audit.handlers.closing import TheLog
from services.audit.pages import proof
from shared.kernel.clock import SystemClock
from shared.tlog import verify as tlog
from shared.tlog.notes import Signer
from shared.web.pages import Pages
from tests.unit.tlog import receipts

FOLDER = Path(services.audit.__file__).parent
GOOD = receipts.receipt()
KEY = str(receipts.KEY)
WITNESSED = receipts.receipt(
    signed=receipts.checkpoint(receipts.log_of(tlog.entry_for(receipts.ENTRY_SALT, receipts.record().encode())), witnesses=2)
)
CONTENT = receipts.content()
VECTORS: dict[str, tuple[str, str]] = {
    "good": (GOOD, KEY),
    "witnessed": (WITNESSED, KEY),
    "scanned": (f"https://caunoi.example/audit/proof#{tlog.pack_receipt(GOOD)}", KEY),
    "line ends of mail": (GOOD.replace("\n", "\r\n"), KEY),
    "several keys": (GOOD, f"{receipts.OTHER_KEY}\n{KEY}\n"),
    "without code and content": (receipts.receipt(code=None, content=None), KEY),
    "another key": (GOOD, str(receipts.OTHER_KEY)),
    "no key": (GOOD, "x"),
    "nothing": ("", KEY),
    "words": ("Kính gửi Ban Tiếp công dân", KEY),
    "cut off": (GOOD[:-1], KEY),
    "half": (GOOD[: len(GOOD) // 2], KEY),
    "misread": (tlog.pack_receipt(GOOD).replace("7", "1", 1), KEY),
    "misread by one": (tlog.pack_receipt(GOOD)[:-1], KEY),
    "another's signature": (
        receipts.receipt(
            signed=receipts.checkpoint(
                receipts.log_of(tlog.entry_for(receipts.ENTRY_SALT, receipts.record().encode())),
                secret=receipts.OTHER_SECRET,
                key=receipts.KEY,
            )
        ),
        KEY,
    ),
    "another code": (receipts.receipt(code="HN8K-2FQ7-XM3Q"), KEY),
    "another content": (receipts.receipt(content=CONTENT | {"text": CONTENT["details"]}), KEY),
    "two parts": (receipts.receipt(content={"text": CONTENT["text"]}), KEY),
    "bad part": (receipts.receipt(content=CONTENT | {"text": {"digest": "x"}}), KEY),
    "more": (receipts.receipt(more="x"), KEY),
    "another checkpoint": (receipts.receipt(checkpoint="0" * 64), KEY),
    "another event": (receipts.receipt(said=receipts.record(type="petitions.routing.petition.closed.v1")), KEY),
    "another index": (GOOD.replace("index 4", "index 3"), KEY),
    "beyond the log": (GOOD.replace("index 4", "index 9"), KEY),
}
CHECK = """async ([said, key]) => {
  try { return "code " + String((await caunoiProof.verifyReceipt(said, key)).code); } catch (error) { return error.code || String(error); }
}"""


@dataclass
class Opened:
    """A page and what went wrong on it: errors, refusals of its policy, and whom it asked."""

    page: Page
    wrong: list[str]
    asked: list[str]

    def result(self) -> str:
        result = self.page.locator("#result")
        result.wait_for()
        return result.inner_text()

    def check(self) -> str:
        self.page.locator("#result").evaluate("result => { result.hidden = true; }")
        self.page.get_by_role("button", name="Kiểm tra").click()
        return self.result()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Audit's pages of receipts behind a real port."""
    app = FastAPI()
    app.state.clock, app.state.pages = SystemClock(), Pages(templates=FOLDER / "templates", static=FOLDER / "static")
    log = TheLog(origin=receipts.ORIGIN, signers=(Signer.from_seed(receipts.ORIGIN, bytes(range(32))),), tiles=None)  # type: ignore[arg-type]  # no tile is asked for
    app.router.routes.append(Route("/static/{name}", lambda request: app.state.pages.static.answer(request.path_params["name"])))
    app.include_router(proof.router(log))
    whole = Starlette(routes=[Mount("/audit", app=app)])
    server = uvicorn.Server(uvicorn.Config(whole, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    listener: socket.socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/audit"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def opened(browser: Browser, url: str) -> Iterator[Opened]:
    context = browser.new_context(locale="vi-VN", viewport={"width": 320, "height": 720})
    yield _open(context.new_page(), f"{url}/proof")
    context.close()


@pytest.fixture(scope="module")
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page, for what its script computes."""
    context = browser.new_context()
    yield _open(context.new_page(), f"{url}/proof").page
    context.close()


def _open(page: Page, address: str) -> Opened:
    found = Opened(page, [], [])
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    page.on("console", lambda said: found.wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: found.asked.append(request.url))
    page.goto(address)
    return found


@pytest.mark.parametrize("name", VECTORS)
def test_the_browser_finds_what_the_module_finds(page: Page, name: str) -> None:
    said, key = VECTORS[name]
    found = page.evaluate(CHECK, [said, key])
    try:
        expected = f"code {tlog.verify_receipt(said, key).code}".replace("None", "null")
    except tlog.ProofError as error:
        expected = tlog._SAME.get(error.code, error.code)
    assert found == expected


def test_both_have_the_same_words_for_each_failure(page: Page) -> None:
    words: dict[str, list[str]] = page.evaluate("caunoiProof.WORDS")
    assert {code: tuple(said) for code, said in words.items() if not code.startswith("no_")} == {
        code: said for code, said in tlog.WORDS.items() if code != "too_few_witnesses"
    }


@pytest.mark.parametrize("said", [GOOD, WITNESSED, tlog.pack_receipt(GOOD)], ids=["signed", "witnessed", "scanned"])
def test_no_byte_can_be_changed_unnoticed_in_the_browser(page: Page, said: str) -> None:
    unnoticed = page.evaluate(
        """async ([said, key]) => {
          const raw = new TextEncoder().encode(said);
          const unnoticed = [];
          for (let place = 0; place < raw.length; place += 1) {
            const bad = raw.slice();
            bad[place] ^= 1 << (place % 8);
            try { await caunoiProof.verifyReceipt(bad, key); unnoticed.push(place); } catch (error) { if (!error.code) throw error; }
          }
          return unnoticed;
        }""",
        [said, KEY],
    )
    assert unnoticed == []


def test_words_are_recognised_in_the_browser(page: Page) -> None:
    contents = [receipts.TEXT, receipts.TEXT.replace("\n", "\r\n") + "\n", receipts.canonical(receipts.DETAILS).decode(), "khác"]
    found = page.evaluate(
        """async ([said, key, contents]) => {
          const receipt = await caunoiProof.verifyReceipt(said, key);
          return Promise.all(contents.map((content) => caunoiProof.holds(receipt, new TextEncoder().encode(content))));
        }""",
        [GOOD, KEY, contents],
    )
    assert found == ["text", "text", "details", None]


def test_a_file_is_checked_and_nothing_is_sent(opened: Opened, tmp_path: Path) -> None:
    page = opened.page
    assert page.locator("#key").input_value() == KEY
    (tmp_path / "receipt.tlog-proof").write_text(GOOD, encoding="utf-8")
    before = len(opened.asked)
    page.context.set_offline(True)
    page.set_input_files("#file", tmp_path / "receipt.tlog-proof")
    said = opened.check()
    assert all(words in said for words in ("Đúng: đơn đã được ghi sổ", receipts.CODE, "08:15:02 05/10/2026", "5 trên tổng số 7"))
    page.locator("summary").click()
    page.locator("#words").fill(receipts.TEXT)
    assert "đúng là lời đã nộp" in opened.check()
    page.locator("#words").fill("khác")
    assert "Biên nhận đúng, nhưng lời đơn khác" in opened.check()
    page.locator("#said").fill(GOOD.replace("index 4", "index 3"))
    assert "Không đúng" in opened.check()
    assert (opened.asked[before:], opened.wrong) == ([], [])


def test_a_scanned_code_opens_the_page_and_leaves_no_trace_in_the_address(opened: Opened, url: str) -> None:
    opened.page.goto("about:blank")
    opened.page.goto(f"{url}/proof#{tlog.pack_receipt(GOOD)}")
    assert receipts.CODE in opened.result()
    assert opened.page.url == f"{url}/proof"
    assert all("#" not in asked for asked in opened.asked[:1])


def test_a_file_may_be_dropped(opened: Opened) -> None:
    opened.page.evaluate(
        """(said) => {
          const carried = new DataTransfer();
          carried.items.add(new File([said], "receipt.tlog-proof"));
          document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }""",
        GOOD,
    )
    assert receipts.CODE in opened.result()


def test_an_empty_form_says_what_is_missing(opened: Opened) -> None:
    assert "Hãy chọn tệp biên nhận" in opened.check()


def test_a_denunciation_is_not_called_one(opened: Opened) -> None:
    opened.page.locator("#said").fill(receipts.receipt(said=receipts.record(sealed=True), code=None))
    said = opened.check()
    assert "Đúng" in said
    assert receipts.CODE not in said


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });", "trang an toàn"),
        ("SubtleCrypto.prototype.importKey = async () => { throw new DOMException('x', 'NotSupportedError'); };", "Ed25519"),
        ("delete globalThis.DecompressionStream;", "không giải nén được"),
    ],
)
def test_a_browser_that_cannot_check_says_so(browser: Browser, url: str, lost: str, words: str) -> None:
    context = browser.new_context(locale="vi-VN")
    context.add_init_script(lost)
    opened = _open(context.new_page(), f"{url}/proof#{tlog.pack_receipt(GOOD)}")
    said = opened.result()
    assert ("Chưa kiểm tra được" in said, words in said) == (True, True)
    context.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_is_for_everybody(browser: Browser, url: str, language: str) -> None:
    context = browser.new_context(locale=language, viewport={"width": 320, "height": 720})
    opened = _open(context.new_page(), f"{url}/proof#{tlog.pack_receipt(GOOD)}")
    opened.result()
    assert _faults(opened.page) == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert opened.wrong == []
    context.close()


def test_the_saved_file_checks_without_any_server(browser: Browser, url: str, tmp_path: Path) -> None:
    context = browser.new_context(locale="en-GB", accept_downloads=True)
    page = context.new_page()
    page.goto(f"{url}/proof")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save this page").click()
    saved = tmp_path / "saved.html"
    download.value.save_as(saved)
    context.set_offline(True)
    opened = _open(page, saved.as_uri())
    page.locator("#said").fill(GOOD)
    page.get_by_role("button", name="Check").click()
    said = opened.result()
    assert ("Proven" in said, receipts.CODE in said) == (True, True)
    assert (opened.asked, opened.wrong) == ([saved.as_uri()], [])
    assert "unsafe" not in saved.read_text(encoding="utf-8")
    assert _faults(page) == []
    context.close()


def test_without_scripts_the_page_names_another_way(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/proof")
    assert "caunoi proof verify" in page.locator("noscript").inner_text()
    context.close()


def _faults(page: Page) -> list[Any]:
    """Return what axe finds wrong."""
    found: dict[str, Any] = Axe().run(page).response
    return [(item["id"], [node["target"] for node in item["nodes"]]) for item in found["violations"]]
