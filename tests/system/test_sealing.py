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
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from deploy.local.servers import Nats, Postgres
from deploy.names import SERVICES
from shared.identity import Ciphers
from shared.kernel.refusals import Malformed
from shared.telemetry import collect_spans
from shared.telemetry.logs import JsonLines, hush
from shared.testing import wait_until
from tests.system.conftest import OpenCity
from tests.system.places import STEP_SECONDS_MAX, mails, opened, settled, streams, tables
from tests.system.planted import found

NAME, GIVEN = "Lò Khuyên Xoắn Mớ", "Khuyên Xoắn"
PHONE, DIGITS = "0987 604 312", "987604312"
EMAIL = "khuyenxoan.4312@vidu.example"
PLACE = "ngách 97/46 Đê Quai Tằm"
WORDS = "nhận bưu kiện màu tím than"
LATER = "vì họ dọa đốt ghe"
NEEDLES = (NAME, GIVEN, PHONE, DIGITS, "604 312", EMAIL, "khuyenxoan", PLACE, "Đê Quai Tằm", WORDS, "bưu kiện màu tím", LATER)
OFFICE = "hanoi-thanh-tra"
EXCLUDED = "relative-1"
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
        asked = {"fields": ["name", "phone", "email", "text", "place"], "purpose": "verifying"}
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

    async def exclude(self) -> None:
        """Keep somebody with a conflict of interest away, whatever roles he has."""
        kept_away = {"subject": EXCLUDED, "why": "relative"}
        headers = self.person("head-1", "head")
        await self.ask("POST", f"/routing/api/petitions/{self.code}/exclusions", json=kept_away, headers=headers, expected=204)

    async def finish(self, phrase: str) -> None:
        path = f"/intake/api/petitions/{self.code}/publications"
        asked = {"text": f"Kết luận nội dung tố cáo của {NAME} ({PHONE}), {PLACE}.", "is_final": True}
        await self.ask("POST", path, json=asked, headers=self.person("head-1", "head"))
        await self.ask("POST", "/intake/api/sealed/verdict", json={"phrase": phrase, "is_satisfied": False, "text": LATER})
        await self.act("record", step="conclusion_published")
        await self.act("close")

    async def told_to_who_must_not_know(self) -> dict[str, str]:
        """Return what they get to see at the doors of one petition and in lists who must not know that there is one."""
        people, file = f"/intake/api/petitions/{self.code}/people", f"/routing/api/petitions/{self.code}"
        clocks = [f"/escalation/api/petitions/{self.code}/{what}" for what in ("deadlines", "derivations")]
        lists = [f"/escalation/api/offices/{OFFICE}/due", "/escalation/api/verdicts", "/routing/api/queue"]
        states = ("waiting", "sent", "failed", "skipped")
        notices = [f"/notify/api/petitions/{self.code}/notices", *(f"/notify/api/notices?state={state}" for state in states)]
        others = {
            "own officer": self.person("officer-1", "officer"),
            "excluded head": self.person(EXCLUDED, "head"),
            "excluded leader": self.person(EXCLUDED, "leader", "hanoi"),
            "excluded auditor": self.person(EXCLUDED, "auditor", None),
            "operator": self.person("operator-1", "operator", None),
            "another office": self.person("head-9", "head", "hanoi-00070"),
            "leader elsewhere": self.person("leader-9", "leader", "hanoi-00070"),
        }
        told = {}
        for who, headers in others.items():
            for path in [file, people, *clocks, *lists, *notices]:
                answer = await self.http.get(path, headers=headers)
                assert answer.status_code in (200, 403, 404), f"{who} {path}: {answer.status_code}"
                told[f"{who} {path}"] = answer.text
        return told

    async def told_to_who_may_know(self) -> list[str]:
        head, auditor = self.person("head-1", "head"), self.person("auditor-1", "auditor", None)
        asked = [
            (f"/escalation/api/offices/{OFFICE}/due", head),
            (f"/escalation/api/petitions/{self.code}/deadlines", head),
            (f"/escalation/api/petitions/{self.code}/derivations", auditor),
            (f"/notify/api/petitions/{self.code}/notices", head),
            ("/notify/api/notices?state=sent", auditor),
        ]
        return [(await self.http.get(path, headers=headers)).text for path, headers in asked]

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
            await story.exclude()
            await settled(city)
            assert all(story.code in answer for answer in await story.told_to_who_may_know())
            kept_away = await story.told_to_who_must_not_know()
            await story.finish(phrase)
            await settled(city)
            seen = await story.seen_by_others()
    places = await everything(city, [postgres_server.var / "log", nats_server.var / "log"]) | {
        "log": "\n".join(log.lines).encode(),
        "spans": "".join(span.to_json() for span in spans.get_finished_spans()).encode(),
        "what others see": seen,
    }
    assert [asked for asked, answer in kept_away.items() if story.code in answer] == []
    places |= {f"what is told to {asked}": answer.encode() for asked, answer in kept_away.items()}
    assert min(len(places[name]) for name in ("stream SEALED", "audit.log")) > 5000
    assert {"mail", "file", "stream", "log"} <= {name.split()[0] for name in places}
    needles = (*NEEDLES, phrase, "21.0251", "105.8523")
    left = {place: words for place, data in places.items() if (words := found(needles, data))}
    assert left == {}, f"after {time.monotonic() - begun:.0f} s"
    keys = Ciphers.from_files(*(city.directory / "secrets" / name for name in ("master-key", "sealed-key")))
    written = await opened(city, keys.denunciations)
    assert len(written) == 3
    assert all(WORDS in text for text in written.values())
    with pytest.raises(Malformed):
        await opened(city, keys.ordinary)
    assert story.code.encode() not in places["stream PETITIONS"]


async def everything(city: OpenCity, logs: Sequence[Path]) -> dict[str, bytes]:
    """Return all that the city keeps, has said and has sent, by its place; and what its servers wrote into their logs."""
    said = {f"stream {name}": data for name, data in (await streams(city)).items()}
    files = [path for path in (city.directory / "attachments").rglob("*") if path.is_file()]
    written = [path for folder in logs for path in folder.iterdir()]
    kept = {f"file {path.name}": path.read_bytes() for path in (*files, *written)}
    return await tables(city) | said | mails(city, address=EMAIL) | kept


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    await wait_until(condition, STEP_SECONDS_MAX, what=getattr(condition, "__name__", "it"))
