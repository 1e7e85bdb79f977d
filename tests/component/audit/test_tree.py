"""What everybody may read of the log over HTTP, and the proofs that some may ask for, of a running service."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from nats.js import JetStreamContext

from services.audit.app import build
from shared.contracts.audit import CheckpointPublishedV1
from shared.messaging import BusSettings
from shared.persistence import Database
from shared.testing import FakeClock, wait_until
from shared.testing.issuer import KeyIssuer
from shared.tlog import verify
from shared.tlog.tiles import Growing, Tile, entries_in, tiles_of
from shared.web import Service
from tests.component.audit.conftest import NOW
from tests.component.audit.story import Asking, Story, publish
from tests.component.audit.test_log import logged

ORIGIN = "thanhpho.example/nhatky"


@pytest.fixture
async def service(js: JetStreamContext, url: str, bus: BusSettings, issuer: KeyIssuer, tmp_path: Path) -> AsyncIterator[Service]:
    """An audit service with keys: the second one signs as well, as while a key is changed."""
    (tmp_path / "key").write_text(f"{'11' * 32}\n{'22' * 32}\n")
    environ = {
        "AUDIT_DATABASE__URL": url,
        "AUDIT_LOG_KEY_FILE": str(tmp_path / "key"),
        "AUDIT_LOG_DIR": str(tmp_path / "log"),
        "AUDIT_LOG_ORIGIN": ORIGIN,
        "AUDIT_LOG_PACE_SECONDS": "0.1",
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        **issuer.environ,
    }
    service = build(environ, clock=FakeClock(NOW))
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def stranger(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has never signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://audit") as http:
        yield http


async def closed(http: httpx.AsyncClient, size: int) -> verify.Opened:
    """Wait for a checkpoint of at least `size` entries; read it as somebody who knows the key."""
    key = verify.Vkey.parse((await http.get("/log/key")).text.splitlines()[0])

    async def there() -> verify.Opened | None:
        answer = await http.get("/log/checkpoint")
        if answer.status_code == 404:
            return None
        opened = verify.open_checkpoint(answer.text, key)
        return opened if opened.checkpoint.size >= size else None

    return await wait_until(there, what=f"a checkpoint of {size} entries")


async def test_a_stranger_mirrors_the_log_and_checks_it(stranger: httpx.AsyncClient, js: JetStreamContext) -> None:
    await publish(js, [event for number in range(3) for event in Story(f"HN{number}").whole().events])
    opened = await closed(stranger, 21)
    assert opened.checkpoint.origin == ORIGIN
    tree = Growing()
    for tile in [tile for tile in tiles_of(opened.checkpoint.size) if tile.level is None]:
        for entry in entries_in((await stranger.get(f"/log/{tile.path}")).content):
            tree.append(entry)
    assert tree.root() == opened.checkpoint.root
    tiles = dict(tree.edge())
    for tile, data in tiles.items():
        answer = await stranger.get(f"/log/{tile.path}")
        assert answer.content == data
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "immutable" in answer.headers["cache-control"]
    shown = await stranger.get("/log/checkpoint")
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    assert shown.headers["cache-control"] == "public, max-age=1"


async def test_both_keys_of_a_change_of_keys_verify(stranger: httpx.AsyncClient, js: JetStreamContext) -> None:
    await publish(js, Story("HN").whole().events)
    await closed(stranger, 7)
    shown = (await stranger.get("/log/checkpoint")).text
    keys = [verify.Vkey.parse(line) for line in (await stranger.get("/log/key")).text.splitlines()]
    assert [verify.open_checkpoint(shown, key).checkpoint.origin for key in keys] == [ORIGIN, ORIGIN]


async def test_a_checkpoint_is_heard_again_and_makes_no_further_one(
    stranger: httpx.AsyncClient, js: JetStreamContext, database: Database
) -> None:
    await publish(js, Story("HN").whole().events)
    opened = await closed(stranger, 7)
    entries = await logged(database, opened.checkpoint.size + 1)
    assert entries[-1].type == CheckpointPublishedV1.TYPE
    await publish(js, Story("HN2").whole().events)
    later = await closed(stranger, len(entries) + 7)
    entries = await logged(database, later.checkpoint.size + 1)
    told = [entry for entry in entries if entry.type == CheckpointPublishedV1.TYPE]
    assert [entry.version for entry in told] == list(range(1, len(told) + 1))


async def test_a_proof_is_given_by_right_and_verifies_alone(
    stranger: httpx.AsyncClient, js: JetStreamContext, ask: Asking
) -> None:
    story = Story("HN").whole()
    await publish(js, story.events)
    await closed(stranger, 7)
    lodged = story.events[0][0].id
    answer = await ask("auditor").get(f"/api/log/proofs/{lodged}")
    assert answer.status_code == 200
    given = answer.json()
    entry = verify.entry_for(bytes.fromhex(given["salt"]), given["record"].encode())
    key = (await stranger.get("/log/key")).text.splitlines()[0]
    proven = verify.verify_proof(given["proof"], key, entry=entry)
    assert proven.proof.index == given["index"]
    assert str(lodged) in given["record"]
    assert (await stranger.get(f"/api/log/proofs/{lodged}")).status_code == 401
    assert (await ask("officer").get(f"/api/log/proofs/{lodged}")).status_code == 403


async def test_what_is_not_in_the_log_yet_is_to_be_asked_for_again(ask: Asking) -> None:
    answer = await ask("auditor").get(f"/api/log/proofs/{Story('HN').id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_in_log_yet")
    assert int(answer.headers["retry-after"]) > 0


PATHS = [
    "0/001",
    "0/000.p/255",
    "0/../checkpoint",
    "..%2f..%2fkey",
    "%2e%2e/%2e%2e/key",
    "entries/../../../key",
    "0//000",
    "0/000%00",
    "9/x000/000",
    "",
]


async def test_no_path_leads_beyond_the_tiles(stranger: httpx.AsyncClient, js: JetStreamContext, tmp_path: Path) -> None:
    await publish(js, Story("HN").whole().events)
    await closed(stranger, 7)
    assert (tmp_path / "key").exists()
    for path in PATHS:
        answer = await stranger.get(f"/log/tile/{path}")
        assert (path, answer.status_code) == (path, 404)
        assert "11" * 32 not in answer.text


async def test_tiles_that_are_lost_are_made_again(stranger: httpx.AsyncClient, js: JetStreamContext, tmp_path: Path) -> None:
    await publish(js, Story("HN").whole().events)
    await closed(stranger, 7)
    shutil.rmtree(tmp_path / "log" / "tile")
    await publish(js, Story("HN2").whole().events)
    opened = await closed(stranger, 14)
    bundle = Tile(None, 0, opened.checkpoint.size)
    assert len(entries_in((await stranger.get(f"/log/{bundle.path}")).content)) == opened.checkpoint.size
