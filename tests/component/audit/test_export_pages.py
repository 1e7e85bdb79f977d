"""Exports on pages: asking, watching, cancelling, fetching; forms that are wrong are shown again with what to do."""

import io
import re
import zipfile

import httpx
from nats.js import JetStreamContext

from shared.persistence import Database
from shared.testing import wait_until
from tests.component.audit.story import Asking, Story, publish
from tests.component.audit.test_log import CODE, logged
from tests.component.audit.test_pages import HTML


def opened(content: bytes) -> bytes:
    """Return what a file says; of an archive what all of its members say."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


async def until_over(http: httpx.AsyncClient, path: str) -> str:
    async def over() -> str | None:
        shown = await http.get(path, headers=HTML)
        return None if "being made" in shown.text or ">waiting<" in shown.text else shown.text

    return await wait_until(over, what="the export is over")


async def test_a_petitions_page_and_the_page_of_exports_have_files_made(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    http = ask("auditor")
    shown = (await http.get(f"/petitions/{CODE}", headers=HTML)).text
    assert re.search(r'<form method="post" action="/exports">.*name="format" value="pdf"', shown, re.DOTALL)
    for form, name in (
        ({"format": "json", "petition": str(story.id), "purpose": "court"}, f"{CODE}"),
        ({"format": "csv", "since": "2026-11-01", "until": "2026-11-30", "kinds": "", "codes": CODE}, "2026"),
    ):
        asked = await http.post("/exports", data=form, headers=HTML)
        assert asked.status_code == 303, asked.text
        page = await until_over(http, asked.headers["location"])
        assert "The file is ready" in page
        link = re.search(r'href="(/api/exports/[^"]+/file)" download', page)
        assert link
        file = await http.get(link[1])
        assert (file.status_code, CODE.encode() in opened(file.content)) == (200, True)
        assert name in (await http.get("/exports", headers=HTML)).text


async def test_a_form_that_is_wrong_is_shown_again_with_every_mistake(ask: Asking) -> None:
    form = {"format": "csv", "since": "2026-11-30", "until": "2026-11-01", "codes": "A " * 1001}
    wrong = await ask("auditor").post("/exports", data=form, headers=HTML)
    assert wrong.status_code == 422
    assert "The last day must not be before the first." in wrong.text
    assert "At most 1000 codes." in wrong.text
    assert 'href="#until"' in wrong.text
    assert 'value="2026-11-30"' in wrong.text
    assert (await ask("auditor").post("/exports", data=form | {"since": "30/11"}, headers=HTML)).status_code == 422
    assert (await ask("auditor").post("/exports", data={"format": "exe"}, headers=HTML)).status_code == 422


async def test_an_export_of_what_does_not_exist_or_of_somebody_else_is_not_found(ask: Asking) -> None:
    asked = await ask("auditor").post("/exports", data={"format": "pdf", "petition": "HN8K-2FQ7-0000"}, headers=HTML)
    assert (asked.status_code, asked.headers["content-type"]) == (404, "text/html; charset=utf-8")
    begun = await ask("auditor").post("/exports", data={"format": "csv"}, headers=HTML)
    path = begun.headers["location"]
    assert (await ask("auditor", who="another").get(path, headers=HTML)).status_code == 404
    assert (await ask("auditor", who="another").post(f"{path}/cancel", headers=HTML)).status_code == 404
    ended = await ask("auditor").post(f"{path}/cancel", headers=HTML)
    assert (ended.status_code, ended.headers["location"]) == (303, path)
    assert (await ask("officer").get("/exports", headers=HTML)).status_code == 403
