"""Input of bad will over a real port: a clear error, nothing stored, nothing lost, memory bounded."""

import gzip
import io
import json
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image
from sqlalchemy import text

from tests.component.intake.conftest import Served

GOOD = {"kind": "field_report", "text": "Nắp cống vỡ"}
GROWTH_BYTES_MAX = 400 * 1024 * 1024
MEGABYTE = 1024 * 1024


@pytest.fixture
async def http(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{served.url}/intake", timeout=60) as client:
        yield client


async def stored(served: Served) -> int:
    async with served.intake.database.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM petitions"))).scalar_one())


def body(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes, ensure_ascii=False).encode()


BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 422),
    "no JSON": (b"kind=field_report", 422),
    "a list": (b"[]", 422),
    "deep lists": (b'{"kind":' + b"[" * 200_000 + b"]" * 200_000 + b"}", 422),
    "deep objects": (b'{"petitioner":' * 50_000 + b"1" + b"}" * 50_000, 422),
    "Windows-1258": (json.dumps(GOOD | {"text": "Đường hỏng"}, ensure_ascii=False).encode("cp1258", "replace"), 422),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), 422),
    "cut in a letter": (body()[:-4], 422),
    "a lone surrogate": (b'{"kind":"field_report","text":"x \\ud800 y"}', 422),
    "infinity": (b'{"kind":"field_report","text":"x","latitude":1e999,"longitude":1e999}', 422),
    "a number of ten thousand digits": (b'{"kind":"field_report","text":"x","latitude":' + b"9" * 10_000 + b"}", 422),
    "a field of a megabyte": (body(text="x" * (MEGABYTE - 200)), 422),
    "two megabytes": (body(text="x" * 2 * MEGABYTE), 413),
    "compressed": (gzip.compress(body(text="x" * MEGABYTE)), 422),
    "a name that is an object": (body(petitioner={"name": {"$gt": ""}}), 422),
    "a kind of our classes": (body(kind="__class__"), 422),
}


async def test_a_body_of_bad_will_is_told_what_is_wrong_and_nothing_is_stored(served: Served, http: httpx.AsyncClient) -> None:
    for name, (sent, status) in BODIES.items():
        answer = await http.post("/api/petitions", content=sent, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, (name, answer.text[:500])
        problem = answer.json()
        assert problem["code"], name
        assert problem["detail"], name
        assert len(answer.content) < 20_000, name
    assert await stored(served) == 0
    assert (await http.post("/api/petitions", json=GOOD)).status_code == 201


async def test_nul_and_control_characters_in_words_are_kept_as_they_were_said(served: Served, http: httpx.AsyncClient) -> None:
    said = "Nắp\u0000cống\u202e vỡ\ufeff"
    assert (await http.post("/api/petitions", json=GOOD | {"text": said})).status_code == 201
    assert await stored(served) == 1


PATHS = (
    "/api/petitions/..%2f..%2f..%2fetc%2fpasswd",
    "/api/petitions/%00",
    "/api/petitions/" + "A" * 8_000,
    "/api/petitions/HN8K-2FQ7-XM3P'%20OR%201=1--",
    "/api/petitions/%ff%fe",
    "/api/petitions/%F0%9F%92%A3",
    "/api/search?q=%00",
    "/api/publications/..%2f..%2f..%2fetc%2fpasswd",
    "/api/publications?cursor=%00",
    "/api/publications?cursor=2026-01-01T00:00:00~not-an-id",
    "/api/publications?office=%00",
)


async def test_paths_lead_nowhere_else(http: httpx.AsyncClient) -> None:
    for path in PATHS:
        answer = await http.get(path)
        assert answer.status_code in (401, 404, 422), (path, answer.text[:500])
        assert "root:" not in answer.text
        assert answer.json()["code"], path


def png(width: int, height: int) -> bytes:
    """Return a PNG that says it is so large, with a body that unfolds to as much as a bomb does."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(50 * MEGABYTE), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def small(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, format=kind)
    return out.getvalue()


FILES: dict[str, bytes] = {
    "100 megapixels": png(10_000, 10_000),
    "no pixels": png(0, 0),
    "an archive": b"PK\x03\x04" + gzip.compress(bytes(10 * MEGABYTE)),
    "a bomb of gzip": gzip.compress(bytes(50 * MEGABYTE)),
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a program": b"MZ" + bytes(1000),
    "a picture cut off": small("JPEG")[:40],
    "a moving picture": small("GIF"),
    "eleven megabytes": b"%PDF-1.7\n" + bytes(11 * MEGABYTE),
    "nothing": b"",
}


async def test_files_of_bad_will_are_named_and_memory_is_bounded(served: Served, http: httpx.AsyncClient, tmp_path: Path) -> None:
    receipt = (await http.post("/api/petitions", json=GOOD)).json()
    before, most = psutil.Process().memory_info().rss, 0
    for name, data in FILES.items():
        files = [("files", ("../../../etc/cron.d/x.jpg", data, "image/jpeg"))]
        answer = await http.post(f"/api/petitions/{receipt['code']}/attachments", files=files, data={"secret": receipt["secret"]})
        assert answer.status_code in (413, 422), name
        assert answer.json()["code"], name
        most = max(most, psutil.Process().memory_info().rss)
    assert most - before < GROWTH_BYTES_MAX
    assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []


async def test_a_file_s_name_is_never_a_path(http: httpx.AsyncClient, tmp_path: Path) -> None:
    receipt = (await http.post("/api/petitions", json=GOOD)).json()
    for name in ("../../../../tmp/evil.jpg", "/etc/passwd", "C:\\windows\\x.jpg", "a\u0000b.jpg", "x" * 5_000):
        files = [("files", (name, small("JPEG")))]
        answer = await http.post(f"/api/petitions/{receipt['code']}/attachments", files=files, data={"secret": receipt["secret"]})
        assert answer.status_code == 201 or "tên tệp" in answer.json()["detail"], (name[:20], answer.text)
    places = {path.parent.parent for path in (tmp_path / "attachments").rglob("*") if path.is_file()}
    assert places == {tmp_path / "attachments"}


async def test_a_form_of_thousands_of_fields_is_refused(http: httpx.AsyncClient) -> None:
    code = (await http.post("/api/petitions", json=GOOD)).json()["code"]
    files = [("files", (f"{number}.jpg", b"x")) for number in range(2_000)]
    answer = await http.post(f"/api/petitions/{code}/attachments", files=files)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"]


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Content-Type": "text/plain"}, "Content-Type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "Content-Type"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "Content-Encoding"),
    ],
)
async def test_a_body_of_another_type_or_coding_is_not_read_and_the_header_is_named(
    served: Served, http: httpx.AsyncClient, headers: dict[str, str], named: str
) -> None:
    answer = await http.post("/api/petitions", content=gzip.compress(body()), headers=headers)
    assert (answer.status_code, answer.json()["header"]) == (415, named)
    assert named in answer.json()["detail"]
    assert await stored(served) == 0


async def test_a_file_sent_as_words_is_told_which_form_it_has_to_have(http: httpx.AsyncClient) -> None:
    code = (await http.post("/api/petitions", json=GOOD)).json()["code"]
    answer = await http.post(f"/api/petitions/{code}/attachments", content=b"x", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json().get("accepted")) == (415, ["multipart/form-data"])
