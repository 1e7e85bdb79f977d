"""The local mail sink over a real SMTP connection, and its pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from deploy.local.mail import MailDoors, Sink
from deploy.names import LOOPBACK
from shared.testing import FakeClock

AT = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[tuple[Sink, int]]:
    started = Sink(tmp_path, FakeClock(AT))
    port = await started.start(LOOPBACK, 0)
    yield started, port
    await started.stop()


@pytest.fixture
def http(sink: tuple[Sink, int]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(MailDoors(sink[0].mailbox).app()), base_url="http://mail")


def _mail(to: str, *, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Cầu Nối <caunoi@example.org>"
    message["To"] = to
    message["Subject"] = "Đã tiếp nhận <b>"
    message["Message-ID"] = f"<{to}>"
    message.set_content("Xin chào, kiến nghị đã được tiếp nhận.")
    if html:
        message.add_alternative(html, subtype="html")
    return message


async def _send(sink: tuple[Sink, int], message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=LOOPBACK, port=sink[1], start_tls=False)


async def test_what_is_sent_is_listed_newest_first_and_found_by_recipient(
    sink: tuple[Sink, int], http: httpx.AsyncClient
) -> None:
    for to in ("an@example.org", "binh@example.org", "an@example.org"):
        await _send(sink, _mail(to))
    listed = (await http.get("/api/messages")).json()
    assert listed["total"] == 3
    assert [mail["to"] for mail in listed["items"]] == [["an@example.org"], ["binh@example.org"], ["an@example.org"]]
    assert len((await http.get("/api/messages", params={"to": "AN@example.org"})).json()["items"]) == 2
    assert len((await http.get("/api/messages", params={"message_id": "<binh@example.org>"})).json()["items"]) == 1


async def test_a_page_of_the_list_names_the_next(sink: tuple[Sink, int], http: httpx.AsyncClient) -> None:
    for _ in range(3):
        await _send(sink, _mail("an@example.org"))
    first = (await http.get("/api/messages", params={"limit": 2})).json()
    second = (await http.get("/api/messages", params={"limit": 2, "before": first["next"]})).json()
    assert len(first["items"]) == 2
    assert len(second["items"]) == 1
    assert second["next"] is None
    assert not {mail["id"] for mail in first["items"]} & {mail["id"] for mail in second["items"]}


async def test_one_mail_is_shown_with_its_headers_and_text(sink: tuple[Sink, int], http: httpx.AsyncClient) -> None:
    await _send(sink, _mail("an@example.org"))
    mail_id = (await http.get("/api/messages")).json()["items"][0]["id"]
    mail = (await http.get(f"/api/messages/{mail_id}")).json()
    assert mail["text"] == "Xin chào, kiến nghị đã được tiếp nhận.\n"
    assert mail["html"] is None
    assert ["Subject", "Đã tiếp nhận <b>"] in mail["headers"]


async def test_pages_show_mails_without_running_what_they_bring(sink: tuple[Sink, int], http: httpx.AsyncClient) -> None:
    await _send(sink, _mail("an@example.org", html="<script>alert(1)</script><p>Xin chào</p>"))
    mail_id = (await http.get("/api/messages")).json()["items"][0]["id"]
    overview = await http.get("/")
    assert "Đã tiếp nhận &lt;b&gt;" in overview.text
    one = await http.get(f"/{mail_id}")
    assert "Xin chào, kiến nghị" in one.text
    assert "<script>" not in one.text
    assert "sandbox" in (await http.get(f"/{mail_id}/html")).headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/nothing", "/nothing/html", "/api/messages/nothing"])
async def test_a_mail_that_is_not_there_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404
