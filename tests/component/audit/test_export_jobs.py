"""Exports as jobs: made once, whole or not at all, by right, each of them an event; no cell is a formula."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from nats.js import JetStreamContext

from services.audit.domain.exporting import harmless
from services.audit.handlers import making
from services.audit.handlers.exporting import Exporter
from services.audit.store import exports as store
from shared.contracts.procedure import PersonExcludedV1
from shared.contracts.words import Conflict
from shared.persistence import Database
from shared.testing import wait_until
from tests.component.audit.conftest import NOW
from tests.component.audit.exports import SEALED_CODE, finished, keyed, said, two
from tests.component.audit.story import OFFICE, Asking, publish
from tests.component.audit.test_log import CODE

__all__ = ["keyed"]


async def test_every_export_is_an_event_and_a_case_has_it_in_its_trace(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    opened, sealed = await two(js, database, keyed)
    await keyed.get("/api/events?limit=3")
    listed = await finished(keyed, format="csv", query={"codes": [CODE]})
    case = await finished(keyed, format="json", petition=CODE)
    hidden = await finished(keyed, format="json", petition=SEALED_CODE)
    lines, query, one, secret = await said(database)
    assert (lines["format"], lines["rows"], lines["filters"]) == ("ndjson", None, {"after": 0, "limit": 3})
    assert (query["format"], query["rows"], query["file_sha256"]) == ("csv", 7, listed["file_sha256"])
    assert query["filters"]["codes"] == [CODE]
    assert (one["aggregate_id"], one["file_sha256"], one["log_size"]) == (opened.id, case["file_sha256"], case["upto"])
    assert (secret["aggregate_id"], secret["is_sealed"], one["is_sealed"]) == (sealed.id, True, False)
    assert {item["actor"] for item in (lines, query, one, secret)} == {"person:kiemtoan"}
    assert {item["authority"] for item in (lines, query, one, secret)} == {"auditor"}

    async def is_told() -> bool:
        told = (await keyed.get(f"/api/petitions/{CODE}/trace")).json()
        return any(item["what"] == "export" for item in told["readings"])

    await wait_until(is_told, 20, what="the export in the trace")
    assert SEALED_CODE not in (hidden["file_name"] or "")


async def test_who_is_excluded_gets_nothing_of_the_petition(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    opened, _ = await two(js, database, keyed)
    before = await finished(keyed, format="json", petition=CODE)
    opened.events.clear()
    opened.say(PersonExcludedV1(office=OFFICE, person="person:kiemtoan", why=Conflict.INTEREST), minutes=95)
    await publish(js, opened.events)

    async def is_hidden() -> bool:
        return (await keyed.get(f"/api/petitions/{CODE}/trace")).status_code == 404

    await wait_until(is_hidden, 20, what="the exclusion")
    assert (await keyed.get(f"/api/exports/{before['id']}/file")).status_code == 404
    assert (await keyed.post("/api/exports", json={"format": "pdf", "petition": CODE})).status_code == 404
    rest = await finished(keyed, format="parquet", query={"services": ["intake", "routing", "escalation", "notify"]})
    assert rest["rows"] == 0


async def test_an_export_is_for_who_asked_for_it_and_one_at_a_time(
    ask: Asking, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "work", _nothing)
    mine, other = ask("auditor"), ask("auditor", who="another")
    first = (await mine.post("/api/exports", json={"format": "csv", "query": {}})).json()
    second = await mine.post("/api/exports", json={"format": "csv", "query": {}})
    assert (second.status_code, second.json()["code"]) == (409, "export_running")
    assert (await other.get(f"/api/exports/{first['id']}")).status_code == 404
    assert (await other.get(f"/api/exports/{first['id']}/file")).status_code == 404
    assert (await other.post(f"/api/exports/{first['id']}/cancel")).status_code == 404
    assert (await mine.get(f"/api/exports/{first['id']}/file")).json()["code"] == "export_not_ready"
    assert (await mine.post(f"/api/exports/{first['id']}/cancel")).json()["state"] == "cancelled"
    assert (await mine.post("/api/exports", json={"format": "csv", "query": {}})).status_code == 202
    assert len((await mine.get("/api/exports")).json()["items"]) == 2
    assert (await ask("officer").post("/api/exports", json={"format": "csv"})).status_code == 403
    assert (await mine.post("/api/exports", json={"format": "pdf"})).status_code == 422
    assert (await mine.post("/api/exports", json={"format": "csv", "petition": CODE})).status_code == 422
    nul = {"format": "csv", "query": {"codes": ["\x00"]}}
    assert (await mine.post("/api/exports", json=nul)).status_code == 422


async def _nothing(_exporter: Exporter) -> bool:
    return False


async def test_a_worker_that_is_gone_is_followed_by_another_and_writes_nothing_any_more(database: Database) -> None:
    export_id, first, second = uuid4(), uuid4(), uuid4()
    values = {
        "id": export_id,
        "actor": "person:a",
        "authority": None,
        "format": "csv",
        "petition_id": None,
        "code": None,
        "language": "vi",
        "upto": 0,
        "checkpoint": None,
        "now": NOW,
    }
    file = {"rows": 0, "file_name": "x", "file_bytes": 1, "file_sha256": "0", "now": NOW, "expires_at": NOW + timedelta(days=1)}
    async with database.transaction() as tx:
        assert await store.ask(tx.connection, values, {})
        assert not await store.ask(tx.connection, values | {"id": uuid4()}, {})
        assert await store.claim(tx.connection, first, now=NOW, lost_before=NOW) is not None
        assert await store.claim(tx.connection, second, now=NOW, lost_before=NOW) is None, "somebody is at it"
        later = NOW + timedelta(seconds=31)
        assert await store.claim(tx.connection, second, now=later, lost_before=later - making.LOST) is not None
        assert not await store.seen(tx.connection, export_id, first, position=1, rows=1, now=later)
        assert not await store.done(tx.connection, export_id, first, file, [b"half"])
        assert await store.done(tx.connection, export_id, second, file, [b"whole"])
        assert not await store.done(tx.connection, export_id, second, file, [b"twice"])
        assert await store.part(tx.connection, export_id, 0) == b"whole"
        await store.expire(tx.connection, now=NOW + timedelta(days=2))
        assert await store.part(tx.connection, export_id, 0) is None
        found = await store.one(tx.connection, export_id, actor="person:a")
    assert found is not None
    assert (found.state, found.attempts) == ("expired", 2)


@pytest.mark.parametrize("text_", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1"])
def test_no_cell_begins_like_a_formula(text_: str) -> None:
    assert harmless(text_) == f"'{text_}"


@pytest.mark.parametrize("text_", ["", "a=1", "person:x", "2026-11-16", "{}"])
def test_other_cells_stay_as_they_are(text_: str) -> None:
    assert harmless(text_) == text_
