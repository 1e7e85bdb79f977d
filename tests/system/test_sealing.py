"""A denunciation's way from the door to its publication leaves nothing of its author or its words outside the vault.

After a full run every table, stream, log line, span, metric, file and mail is searched for what was planted, in any encoding.
"""

import base64
import contextlib
import gzip
import io
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import pytest
from PIL import Image

from deploy.bus import jetstream
from deploy.local.servers import Nats, Postgres
from deploy.names import SERVICES
from shared.telemetry import collect_spans
from shared.telemetry.logs import JsonLines, hush
from shared.testing import wait_until
from tests.system.conftest import OpenCity
from tests.system.planted import found

NAME, GIVEN = "Lò Khuyên Xoắn Mớ", "Khuyên Xoắn"
PHONE, DIGITS = "0987 604 312", "987604312"
EMAIL = "khuyenxoan.4312@vidu.example"
PLACE = "ngách 97/46 Đê Quai Tằm"
WORDS = "nhận bưu kiện màu tím than"
LATER = "vì họ dọa đốt ghe"
NEEDLES = (NAME, GIVEN, PHONE, DIGITS, "604 312", EMAIL, "khuyenxoan", PLACE, "Đê Quai Tằm", WORDS, "bưu kiện màu tím", LATER)
OFFICE, STEP_SECONDS_MAX = "hanoi-thanh-tra", 40.0
TEXT = f"Tôi là {NAME}, số máy {PHONE}, thư {EMAIL}, ở {PLACE}. Tôi tố cáo trưởng phòng {WORDS} của doanh nghiệp."
SENT = {
    "kind": "denunciation",
    "text": TEXT,
    "place": PLACE,
    "topic": "dat-dai",
    "commune": "00070",
    "latitude": 21.0251,
    "longitude": 105.8523,
    "petitioner": {"name": NAME, "phone": PHONE, "email": EMAIL},
}


@pytest.mark.parametrize(
    "hide",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode().hex().encode(),
        lambda text: base64.b64encode(b"a" + text.encode()),
        lambda text: base64.b64encode(b"ab" + text.encode() + b"c"),
        lambda text: base64.urlsafe_b64encode(text.encode()),
        lambda text: quote(text).encode(),
        lambda text: json.dumps({"x": text}).encode(),
        lambda text: json.dumps(json.dumps({"x": text})).encode(),
        lambda text: text.encode("ascii", "xmlcharrefreplace"),
        lambda text: gzip.compress(text.encode()),
    ],
)
def test_what_was_planted_is_found_in_every_encoding(hide: Callable[[str], bytes]) -> None:
    for needle in (NAME, WORDS, EMAIL):
        assert found([needle], b"before" + hide(needle) if hide(needle)[:2] != b"\x1f\x8b" else hide(needle)) == {needle}
        assert found([needle], hide("something else altogether")) == set()


class Listening(logging.Handler):
    """Every line of the log as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(JsonLines("city"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextlib.contextmanager
def listening() -> Iterator[Listening]:
    handler, root = Listening(), logging.getLogger()
    before = root.level
    hush()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class Story:
    """What everybody does with one denunciation until its conclusion is public."""

    def __init__(self, city: OpenCity, http: httpx.AsyncClient) -> None:
        self.city, self.http = city, http
        self.code = ""

    def person(self, name: str, role: str, office: str | None = OFFICE) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.city.issuer.token(name, roles=[role], office=office)}"}

    async def ask(self, method: str, path: str, *, expected: int | None = None, **sent: Any) -> Any:
        answer = await self.http.request(method, path, **sent)
        is_expected = answer.is_success if expected is None else answer.status_code == expected
        assert is_expected, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.headers.get("content-type", "").endswith("json") else answer.content

    async def act(self, act: str, *, by: str = "head", **body: Any) -> Any:
        headers = self.person(f"{by}-1", by)
        shown = await self.ask("GET", f"/routing/api/petitions/{self.code}", headers=headers)
        return await self.ask(
            "POST", f"/routing/api/petitions/{self.code}/{act}", json={"version": shown["version"], **body}, headers=headers
        )

    async def lodge(self) -> str:
        bad = SENT | {"petitioner": {"name": NAME, "phone": "12", "email": EMAIL}}
        await self.ask("POST", "/intake/api/petitions", json=bad, expected=422)
        headers = {"Idempotency-Key": uuid4().hex}
        receipt = await self.ask("POST", "/intake/api/petitions", json=SENT, headers=headers, expected=201)
        other = SENT | {"text": TEXT + " Khác."}
        await self.ask("POST", "/intake/api/petitions", json=other, headers=headers, expected=409)
        letter = SENT | {"channel": "post", "register_number": "1/M", "name_on_receipt": True}
        clerk = self.person("clerk-1", "clerk", "hanoi-tcd")
        await self.ask("POST", "/intake/api/counter/petitions", json={"petitions": [letter]}, headers=clerk)
        return str(receipt["phrase"])

    async def add(self, phrase: str) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(picture, format="JPEG", comment=NAME.encode())
        files = [("files", (f"{NAME}.jpg", picture.getvalue(), "image/jpeg"))]
        await self.ask("POST", "/intake/api/sealed/attachments", data={"phrase": phrase}, files=files, expected=201)
        wrong = [("files", (f"{NAME}.txt", TEXT.encode(), "text/plain"))]
        await self.ask("POST", "/intake/api/sealed/attachments", data={"phrase": phrase}, files=wrong, expected=422)

    async def is_with_its_office(self) -> bool:
        queue = await self.ask("GET", "/routing/api/queue", headers=self.person("head-1", "head"))
        mine = sorted(queue["items"], key=lambda item: item["lodged_at"])
        self.code = mine[0]["code"] if mine else ""
        return len(mine) == 2

    async def deal_with(self, phrase: str) -> None:
        office = self.person("head-1", "head")
        path = f"/intake/api/petitions/{self.code}"
        asked = {"fields": ["name", "phone", "email", "text", "place"], "purpose": "verifying", "note": f"gặp {NAME}"}
        assert (await self.ask("POST", f"{path}/reveal", json=asked, headers=office))["fields"]["name"] == NAME
        copy = {"also": ["doanh nghiệp"], "verifiers": ["verifier-1"]}
        made = await self.ask("POST", f"{path}/copies", json=copy, headers=office)
        verifier = self.person("verifier-1", "officer", "hanoi-so-xd")
        read = await self.ask("GET", f"/intake/api/copies/{made['copy_id']}", headers=verifier)
        assert found([NAME, DIGITS, EMAIL, "Đê Quai Tằm"], read["text"].encode()) == set()
        await self.act("accept", requests=[f"Làm rõ việc {WORDS}"])
        paper = {"number": "12/QĐ", "issued_on": "2026-01-05"}
        await self.act("suspend", ground="TC34.OTHER_BODY", document=paper)
        await self.act("resume", document=paper)
        await self.ask("POST", "/intake/api/sealed/withdraw", json={"phrase": phrase, "text": f"Tôi rút {LATER}"})
        answer: dict[str, Any] = {
            "text": f"Kết luận: bà {NAME} tố cáo đúng, có việc {WORDS}.",
            "points": [{"request": 1, "answer": f"Có việc {WORDS}."}],
            "grounds": ["Luật Tố cáo"],
        }
        waits = await self.act("answer", **answer)
        confirm = f"/routing/api/petitions/{self.code}/proposals/{waits['proposal']}/confirm"
        await self.ask("POST", confirm, headers=self.person("head-2", "head"))

    async def is_answered(self, phrase: str) -> bool:
        status = await self.ask("POST", "/intake/api/sealed/status", json={"phrase": phrase})
        return bool(status["state"] == "answered")

    async def finish(self, phrase: str) -> None:
        path = f"/intake/api/petitions/{self.code}/publications"
        asked = {"text": f"Kết luận nội dung tố cáo của {NAME} ({PHONE}), {PLACE}.", "is_final": True}
        await self.ask("POST", path, json=asked, headers=self.person("head-1", "head"))
        await self.ask("POST", "/intake/api/sealed/verdict", json={"phrase": phrase, "is_satisfied": False, "text": LATER})
        await self.act("record", step="conclusion_published")
        await self.act("close")

    async def seen_by_others(self) -> bytes:
        """Return what everybody else gets to see where they look for it."""
        auditor, leader = self.person("auditor-1", "auditor", None), self.person("leader-1", "leader", "hanoi")
        asked = [
            ("/intake/api/search", auditor),
            (f"/intake/api/search?q={quote(WORDS)}", leader),
            (f"/intake/api/search?q={quote(NAME)}", auditor),
            (f"/audit/api/petitions/{self.code}/trace", auditor),
            ("/intake/api/publications", {}),
            ("/routing/api/queue", self.person("x", "officer", "hanoi-00070")),
            *((f"/{service}/metrics", {}) for service in SERVICES),
        ]
        answers = [await self.http.get(path, headers=headers) for path, headers in asked]
        assert answers[0].json()["items"] == []
        return b"\n".join(answer.content for answer in answers)


async def tables(city: OpenCity) -> dict[str, bytes]:
    """Return every table of every schema as text, by name."""
    read: dict[str, bytes] = {}
    for service, url in city.databases.items():
        connection = await asyncpg.connect(url)
        try:
            names = await connection.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", service)
            for (name,) in names:
                rows = await connection.fetch(f'SELECT t::text FROM {service}."{name}" t')
                read[f"{service}.{name}"] = "\n".join(row[0] for row in rows).encode()
        finally:
            await connection.close()
    return read


async def streams(city: OpenCity) -> dict[str, bytes]:
    """Return every message of every stream with its subject and headers, by stream."""
    read: dict[str, bytes] = {}
    async with jetstream(city.bus) as js:
        for info in await js.streams_info():
            name, parts = info.config.name or "", []
            for place in range(info.state.first_seq, info.state.last_seq + 1):
                message = await js.get_msg(name, place)
                parts.append(f"{message.subject}\n{json.dumps(message.headers)}\n".encode() + (message.data or b""))
            read[name] = b"\n".join(parts)
    return read


async def _rows(city: OpenCity, service: str, table: str) -> int:
    connection = await asyncpg.connect(city.databases[service])
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {service}.{table}"))
    finally:
        await connection.close()


async def settled(city: OpenCity) -> None:
    """Wait until audit has heard as much as was said, twice the same."""
    sizes: list[int] = []

    async def nothing_more() -> bool:
        said = sum([await _rows(city, service, "events") for service in SERVICES])
        heard = await _rows(city, "audit", "log")
        sizes.append(said)
        return heard >= said and len(sizes) > 2 and sizes[-1] == sizes[-2] == sizes[-3]

    await wait_until(nothing_more, STEP_SECONDS_MAX, what="everything is heard")


def mails(city: OpenCity) -> dict[str, bytes]:
    """Return the mails without the address that they went to, which the petitioner gave for that."""
    files = [path for path in (city.directory / "mail").rglob("*") if path.is_file()]
    return {f"mail {path.name}": path.read_bytes().replace(EMAIL.encode(), b"") for path in files}


async def test_nothing_of_a_denunciation_is_anywhere_but_in_the_vault(
    city: OpenCity, postgres_server: Postgres, nats_server: Nats
) -> None:
    begun = time.monotonic()
    with listening() as log, collect_spans() as spans:
        async with httpx.AsyncClient(base_url=city.url, timeout=20) as http:
            story = Story(city, http)
            phrase = await story.lodge()
            await story.add(phrase)
            await _until(story.is_with_its_office)
            await story.deal_with(phrase)
            await _until(lambda: story.is_answered(phrase))
            await story.finish(phrase)
            await settled(city)
            seen = await story.seen_by_others()
    places = await tables(city) | {f"stream {name}": data for name, data in (await streams(city)).items()} | mails(city)
    places |= {
        "log": "\n".join(log.lines).encode(),
        "spans": "".join(span.to_json() for span in spans.get_finished_spans()).encode(),
        "what others see": seen,
        "PostgreSQL's log": (postgres_server.var / "log" / "postgres.log").read_bytes(),
        "nats-server's log": b"".join(path.read_bytes() for path in (nats_server.var / "log").glob("*")),
    }
    places |= {f"file {path.name}": path.read_bytes() for path in (city.directory / "attachments").rglob("*") if path.is_file()}
    assert len(places["stream SEALED"]) > 5000
    assert len(places["audit.log"]) > 5000
    assert any(name.startswith("mail") for name in places)
    assert any(name.startswith("file") for name in places)
    assert len(places["log"]) > 100
    needles = (*NEEDLES, phrase, "21.0251", "105.8523")
    # The note that a reader wrote is for who supervises him, and is kept where he read.
    left = {
        place: words for place, data in places.items() if (words := found(needles, data)) and place != "intake.vault_readings"
    }
    assert left == {}, f"after {time.monotonic() - begun:.0f} s"
    assert "stream PETITIONS" in places
    assert story.code.encode() not in places["stream PETITIONS"]


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    await wait_until(condition, STEP_SECONDS_MAX, what=getattr(condition, "__name__", "it"))
