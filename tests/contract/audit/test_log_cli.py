"""`caunoi log`: an auditor mirrors the log by plain HTTP, checks it offline, and sees whatever was changed."""

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.main import build
from services.audit.handlers import reading
from shared.contracts.words import Role
from shared.identity import Principal
from shared.tlog import verify
from shared.tlog.notes import Signer
from shared.tlog.tiles import WIDTH, Tile
from tests.contract.audit.closing import SIGNER, LogHouse

KEY = str(SIGNER.vkey)
AUDITOR = Principal(subject="kiemtoan", roles=frozenset({Role.AUDITOR}))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that it has there
        return


@pytest.fixture
async def house(house: LogHouse) -> LogHouse:
    """A log of two checkpoints; the first one was kept by somebody, and the key stands beside the tiles."""
    await house.hear(40)
    await house.close_over()
    shutil.copy(house.folder / "checkpoint", house.folder.parent / "old")
    await house.hear(WIDTH)
    await house.close_over()
    (house.folder / "key").write_text(f"{KEY}\n")
    return house


@pytest.fixture
def url(house: LogHouse) -> Iterator[str]:
    """The folder behind any web server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(house.folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(build(["log"]), ["log", *map(str, words)])
    return result.exit_code, result.output


async def test_a_mirror_is_made_over_http_and_verifies_offline_against_an_older_checkpoint(
    house: LogHouse, url: str, tmp_path: Path
) -> None:
    mirror, old = tmp_path / "mirror", house.folder.parent / "old"
    assert run("mirror", mirror, url, "--key", KEY)[0] == 0
    status, output = run("verify", mirror, "--key", KEY, "--old", old)
    assert status == 0, output
    assert f"entries   {40 + WIDTH}" in output
    assert "its first 40 entries are those of the checkpoint that you kept" in output
    assert run("key", mirror) == (0, f"{KEY}\n")
    kept = tmp_path / "kept"
    assert run("checkpoint", url, "--key", KEY, "--out", kept)[0] == 0
    assert verify.open_checkpoint(kept.read_text(encoding="utf-8"), SIGNER.vkey).checkpoint.size == 40 + WIDTH


async def test_a_key_that_the_log_tells_of_itself_is_named_as_such(house: LogHouse) -> None:
    status, output = run("checkpoint", house.folder)
    assert status == 0
    assert "compare it with what was published" in output


async def test_every_event_is_compared_with_its_leaf(house: LogHouse, tmp_path: Path) -> None:
    lines = [
        {"index": index, "record": record.decode(), "salt": salt.hex()}
        async for index, record, salt in reading.records(house.database, AUDITOR, 0, limit=10_000)
    ]
    export = tmp_path / "records"
    export.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    status, output = run("verify", house.folder, "--key", KEY, "--records", export)
    assert status == 0, output
    assert f"{40 + WIDTH} of {40 + WIDTH} are what the log committed to" in output
    lines[77]["record"] = str(lines[77]["record"]).replace("petitioner", "somebody")
    export.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    status, output = run("verify", house.folder, "--key", KEY, "--records", export)
    assert (status, "event 78 is not what the log committed to" in output) == (1, True)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (Tile(0, 0).path, "tile/0/000 is not what the entries give"),
        (Tile(None, 0).path, "tile/0/000 is not what the entries give"),
        (Tile(1, 0, 1).path, "tile/1/000.p/1 is not what the entries give"),
        ("checkpoint", "error: "),
    ],
)
async def test_whatever_is_changed_in_a_mirror_is_said(house: LogHouse, path: str, words: str) -> None:
    place = house.folder / path
    data = bytearray(place.read_bytes())
    data[len(data) * 3 // 7] ^= 1
    place.write_bytes(data)
    status, output = run("verify", house.folder, "--key", KEY)
    assert (status, words in output) == (1, True), output


async def test_a_log_that_was_changed_since_somebody_kept_a_checkpoint_is_said_to_be(house: LogHouse) -> None:
    forged = verify.Checkpoint(SIGNER.vkey.name, 40, bytes(32))
    signature = SIGNER.sign(str(forged))
    old = house.folder.parent / "forged"
    old.write_text(f"{forged}\n{signature}", encoding="utf-8")
    status, output = run("verify", house.folder, "--key", KEY, "--old", old)
    assert (status, "the log was changed" in output) == (1, True)
    assert "keep both checkpoints" in output


async def test_what_is_missing_or_wrong_is_said_with_what_to_do(house: LogHouse, tmp_path: Path) -> None:
    other = str(Signer.from_seed(SIGNER.vkey.name, bytes(32)).vkey)
    status, output = run("verify", house.folder, "--key", other)
    assert (status, "is it the right key?" in output) == (1, True)
    assert run("verify", tmp_path, "--key", KEY)[0] == 1
    assert run("verify", house.folder, "--key", "no key")[0] == 1
    assert run("checkpoint", "http://127.0.0.1:9", "--key", KEY)[0] == 1
    (house.folder / Tile(None, 0).path).unlink()
    status, output = run("verify", house.folder, "--key", KEY)
    assert (status, "has no tile/entries/000" in output, "caunoi log mirror" in output) == (1, True, True)
