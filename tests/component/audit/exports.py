"""An audit service whose log is closed over, and exports asked of it."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from services.audit.app import build
from shared.contracts.audit import ExportMadeV1
from shared.messaging import BusSettings
from shared.persistence import Database
from shared.testing import FakeClock, wait_until
from shared.testing.issuer import KeyIssuer
from tests.component.audit.conftest import NOW, NOWHERE
from tests.component.audit.story import Story, publish
from tests.component.audit.test_log import CODE, logged

SEALED_CODE = "HN99-9999-9999"
EVIL = "=HYPERLINK(1)"


@pytest.fixture
async def keyed(
    js: JetStreamContext, url: str, bus: BusSettings, issuer: KeyIssuer, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """Audit with a key for its log, and an auditor who asks it."""
    (tmp_path / "key").write_text("ab" * 32)
    environ = {
        "AUDIT_DATABASE__URL": url,
        **{f"AUDIT_{name.upper()}_URL": f"{NOWHERE}/{name}" for name in ("intake", "routing", "escalation", "notify")},
        "AUDIT_LOG_KEY_FILE": str(tmp_path / "key"),
        "AUDIT_LOG_DIR": str(tmp_path / "log"),
        "AUDIT_LOG_PACE_SECONDS": "0.1",
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        **issuer.environ,
    }
    service = build(environ, clock=FakeClock(NOW))
    await service.start()
    headers = {"Authorization": f"Bearer {issuer.token('kiemtoan', roles=['auditor'])}", "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://audit", headers=headers) as http:
        yield http
    await service.stop()


async def checkpointed(http: httpx.AsyncClient, size: int) -> None:
    """Wait until the log is closed over `size` events."""

    async def is_closed() -> bool:
        answer = await http.get("/log/checkpoint")
        return answer.is_success and int(answer.text.splitlines()[1]) >= size

    await wait_until(is_closed, 20, what=f"a checkpoint over {size}")


async def finished(http: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await http.post("/api/exports", json=asked)
    assert answer.status_code == 202, answer.text
    path = f"/api/exports/{answer.json()['id']}"

    async def is_over() -> bool:
        return (await http.get(path)).json()["state"] not in ("waiting", "running")

    await wait_until(is_over, 20, what="the export")
    return dict((await http.get(path)).json())


async def file_of(http: httpx.AsyncClient, export: dict[str, Any]) -> bytes:
    answer = await http.get(f"/api/exports/{export['id']}/file")
    assert answer.status_code == 200, answer.text
    assert hashlib.sha256(answer.content).hexdigest() == export["file_sha256"]
    assert (len(answer.content), answer.headers["content-length"]) == (export["file_bytes"], str(export["file_bytes"]))
    return answer.content


async def said(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT aggregate_id, actor, authority, is_sealed, body FROM events WHERE type = :type ORDER BY seq"),
            {"type": ExportMadeV1.TYPE},
        )
        return [{**row._asdict(), **json.loads(row.body)} for row in rows]


async def two(js: JetStreamContext, database: Database, http: httpx.AsyncClient) -> tuple[Story, Story]:
    """Say an open and a sealed life; one actor has a name like a formula."""
    opened, sealed = Story(CODE), Story(SEALED_CODE, is_sealed=True).whole()
    opened.whole()
    envelope, body = opened.events[4]
    opened.events[4] = (type(envelope)(**{name: getattr(envelope, name) for name in envelope.__slots__} | {"actor": EVIL}), body)
    for story in (opened, sealed):
        await publish(js, story.events)
    await logged(database, 14)
    await checkpointed(http, 14)
    return opened, sealed
