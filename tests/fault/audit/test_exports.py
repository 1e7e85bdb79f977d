"""Audit killed with SIGKILL in the middle of an export: another start finishes it; the file is whole, the event one."""

import hashlib
import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from signal import SIGKILL
from typing import Any

import httpx
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # the package brings no types
import pytest
from sqlalchemy import text

from deploy.local.processes import free_port
from deploy.names import LOOPBACK
from shared.messaging import BusSettings
from shared.persistence import Database, DatabaseSettings
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.conftest import ServiceDatabase
from tests.system.processes import Logged

EVENTS = 120_000
PETITION = "5e0c6f0e-5d63-4d0f-9b53-0a8f4a1c7b11"
NOBODY = "http://127.0.0.1:9"
SECONDS_MAX = 90.0
# Rows of the log as they might stand there: made in the database, in one statement.
_FILL = text(
    """
    INSERT INTO log (position, id, aggregate_id, source, version, type, effective_at, recorded_at, heard_at, actor, correlation_id,
        office, is_sealed, stream, stream_seq, body)
    SELECT n, gen_random_uuid(), CAST(:petition AS uuid), 'routing', n, 'petitions.routing.step.recorded.v1', now(), now(), now(),
        'service:routing', CAST(:petition AS uuid), '_', false, 'PETITIONS', n, convert_to('{"n":' || n || '}', 'UTF8')
    FROM generate_series(1, :events) n
    """
)

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with serving_issuer(tmp_path_factory.mktemp("issuer")) as served:
        yield served


@pytest.fixture
async def url(service_database: ServiceDatabase) -> str:
    return await service_database("audit")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="audit")
    async with database.transaction() as tx:
        await tx.connection.execute(_FILL, {"petition": PETITION, "events": EVENTS})
        await tx.connection.execute(text("UPDATE log_head SET position = :events"), {"events": EVENTS})
    yield database
    await database.close()


def serving(directory: Path, name: str, url: str, bus: BusSettings, issuer: KeyIssuer) -> tuple[Logged, str]:
    port = free_port()
    environ: Mapping[str, str] = {
        "AUDIT_DATABASE__URL": url,
        **{f"AUDIT_{other.upper()}_URL": f"{NOBODY}/{other}" for other in ("intake", "routing", "escalation", "notify")},
        "CAUNOI_BUS__URL": bus.url,
        "CAUNOI_BUS__USER": bus.user or "",
        "CAUNOI_BUS__PASSWORD": bus.password or "",
        **issuer.environ,
    }
    words = ("serve", "audit", "--host", LOOPBACK, "--port", str(port))
    return Logged(*words, log=directory / f"{name}.log", environ=dict(environ)), f"http://{LOOPBACK}:{port}/audit"


async def state(database: Database) -> Mapping[str, Any]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT state, position, attempts, rows, file_sha256, file_bytes FROM exports"))
        return dict(rows.mappings().one())


async def test_a_killed_export_is_finished_by_the_next_start_whole_and_once(
    database: Database, url: str, bus: BusSettings, issuer: KeyIssuer, tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {issuer.token('kiemtoan', roles=['auditor'])}"}
    first, address = serving(tmp_path, "first", url, bus, issuer)
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        try:
            await wait_until(lambda: _answers(http, address), SECONDS_MAX, what="audit")
            asked = {"format": "parquet", "query": {"services": ["routing"]}}
            job = (await http.post(f"{address}/api/exports", json=asked)).json()["id"]

            async def is_under_way() -> bool:
                return bool(0 < (await state(database))["position"] < EVENTS)

            await wait_until(is_under_way, SECONDS_MAX, what="the export is under way")
        finally:
            first.end(SIGKILL)
        async with database.transaction() as tx:
            half = (await tx.connection.execute(text("SELECT count(*) FROM export_parts"))).scalar_one()
            # As thirty seconds later: the worker that is gone was not seen since.
            await tx.connection.execute(text("UPDATE exports SET seen_at = seen_at - interval '1 minute'"))
        assert (half, (await state(database))["state"]) == (0, "running"), "nothing of a file that is not whole"
        second, address = serving(tmp_path, "second", url, bus, issuer)
        try:

            async def is_done() -> bool:
                return bool((await state(database))["state"] == "done")

            await wait_until(is_done, SECONDS_MAX, what="the export is finished by another")
            answer = await http.get(f"{address}/api/exports/{job}/file")
        finally:
            second.end()
    found = await state(database)
    assert (found["attempts"], found["rows"]) == (2, EVENTS)
    assert hashlib.sha256(answer.content).hexdigest() == found["file_sha256"]
    positions = pq.read_table(io.BytesIO(answer.content), columns=["position"]).column("position").to_pylist()
    assert positions == list(range(1, EVENTS + 1))
    async with database.reading() as connection:
        events = (await connection.execute(text("SELECT count(*) FROM events WHERE type LIKE '%export.made.v1'"))).scalar_one()
    assert events == 1


async def _answers(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(f"{address}/health")).is_success
    except httpx.TransportError:
        return False
