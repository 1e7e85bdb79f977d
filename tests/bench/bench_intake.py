"""Intake at 1, 8 and 32 clients beside the bare limit, in turns in the same run.

Both doors run alone in a process under the same server (uvicorn, httptools, uvloop). Intake's figures hold all that it does for a
petition: validation, key, vault, event, outbox, and publishing to nats-server. Run: ``python -m tests.bench.bench_intake [--quick]``
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import httpx
import orjson

from deploy.bus import jetstream
from deploy.local.processes import free_port
from services.intake.app import DURABLE
from shared.messaging.topology import provision
from shared.testing import wait_until
from tests.bench.bare_door import TABLES
from tests.bench.engines import Engines, Work, running_engines
from tests.bench.load import Measured, run_clients
from tests.bench.proc import percentile, report

CLIENTS = (1, 8, 32)
ROUNDS = 3
REQUESTS = {1: 400, 8: 1500, 32: 3000}
WARM_UP = 400
QUICK_PART = 5
_TEXT = "Nắp cống trước số 12 phố Hàng Bài bị vỡ, rất nguy hiểm cho người đi xe máy vào buổi tối. "


@dataclass
class Door:
    """A door under test, and what was measured of it by number of clients."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    request: Callable[[], bytes]
    seen: dict[int, Measured] = field(default_factory=dict)
    cost: dict[int, Work] = field(default_factory=dict)


def lodging(path: str) -> Callable[[], bytes]:
    """Return what makes a request: a body of ordinary length, a key of its own."""
    petition = {
        "kind": "field_report",
        "text": _TEXT * 3,
        "commune": "00070",
        "topic": "giao-thong",
        "latitude": 21.02512,
        "longitude": 105.85234,
        "place": "12 Hàng Bài",
        "petitioner": {"name": "Nguyễn Thị Bưởi", "email": "buoi@example.vn", "phone": "0912345678"},
    }
    body = orjson.dumps(petition)
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"

    def request() -> bytes:
        return f"{head}Idempotency-Key: {uuid4()}\r\n\r\n".encode() + body

    return request


@contextmanager
def door(name: str, words: list[str], environ: Mapping[str, str], path: str, port: int) -> Iterator[Door]:
    process = subprocess.Popen([sys.executable, "-m", *words], env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    try:
        yield Door(name, port, process, lodging(path))
    finally:
        process.terminate()
        process.wait(timeout=15)


def intake_environ(engines: Engines, url: str) -> dict[str, str]:
    """Return what `caunoi serve intake` reads."""
    (engines.var / "master-key").write_text("ab" * 32)
    (engines.var / "service-secret").write_text("s" * 48)
    return {
        "INTAKE_DATABASE__URL": url,
        "INTAKE_MASTER_KEY_FILE": str(engines.var / "master-key"),
        "INTAKE_SEALED_KEY_FILE": str(engines.var / "master-key"),
        "INTAKE_ATTACHMENTS_DIR": str(engines.var / "attachments"),
        "CAUNOI_BUS__URL": engines.nats.url,
        "CAUNOI_BUS__USER": engines.nats.user,
        "CAUNOI_BUS__PASSWORD": engines.nats.password,
        "CAUNOI_IDENTITY__ISSUER": "http://127.0.0.1:9/issuer",
        "CAUNOI_IDENTITY__JWKS_URL": "http://127.0.0.1:9/jwks",
        "CAUNOI_IDENTITY__SERVICE_SECRET_FILE": str(engines.var / "service-secret"),
        "CAUNOI_LOG_LEVEL": "WARNING",
    }


async def is_ready(port: int) -> bool:
    try:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"http://127.0.0.1:{port}/intake/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def drained(url: str) -> None:
    """Wait until everything said is published, so that its cost is counted."""
    connection = await asyncpg.connect(url)

    async def is_empty() -> bool:
        return bool(await connection.fetchval("SELECT NOT EXISTS (SELECT 1 FROM intake.outbox)"))

    await wait_until(is_empty, 60)
    await connection.close()


async def measure(doors: list[Door], engines: Engines, url: str, part: int) -> None:
    for each in doors:
        await run_clients(each.port, each.request, clients=8, requests=WARM_UP)
    await drained(url)
    for clients in CLIENTS:
        for _ in range(ROUNDS):
            for each in doors:
                before = await engines.work(each.process.pid)
                measured = await run_clients(each.port, each.request, clients=clients, requests=REQUESTS[clients] // part)
                await drained(url)
                work = (await engines.work(each.process.pid)).since(before)
                each.cost[clients] = each.cost[clients].plus(work) if clients in each.cost else work
                seen = each.seen.setdefault(clients, Measured())
                seen.seconds += measured.seconds
                seen.latencies += measured.latencies


def figures(doors: list[Door]) -> dict[str, object]:
    rows: dict[str, object] = {}
    for clients in CLIENTS:
        for each in doors:
            seen, place = each.seen[clients], f"{clients} clients, {each.name}"
            rows[f"{place}: rate /s"] = round(seen.rate)
            for percent in (50, 95, 99):
                rows[f"{place}: p{percent} ms"] = round(percentile(seen.latencies, percent) * 1000, 2)
            for name, value in each.cost[clients].per(len(seen.latencies)).items():
                rows[f"{place}: {name}"] = round(value, 3)
        ours, bare = doors[1].seen[clients].rate, doors[0].seen[clients].rate
        rows[f"{clients} clients: rate of intake by the bare rate"] = round(ours / bare, 2)
    return rows


async def prepared(engines: Engines) -> tuple[str, str]:
    """Make both databases and the streams; return the bare door's and intake's address."""
    url = (await engines.schemas("intake"))["intake"]
    admin = await asyncpg.connect(engines.postgres.url)
    await admin.execute("CREATE DATABASE bare")
    await admin.close()
    bare = engines.postgres.url_of("postgres", engines.postgres.password, database="bare")
    connection = await asyncpg.connect(bare)
    await connection.execute(TABLES)
    await connection.close()
    async with jetstream(engines.bus) as js:
        await provision(js, [DURABLE])
    return bare, url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"one {QUICK_PART}th of the requests")
    arguments = parser.parse_args()
    with running_engines() as engines, ExitStack() as stack:
        bare_url, url = asyncio.run(prepared(engines))
        bare_port, port = free_port(), free_port()
        serve = ["deploy.cli.main", "serve", "intake", "--host", "127.0.0.1", "--port", str(port)]
        environ = intake_environ(engines, url)
        bare = stack.enter_context(door("bare", ["tests.bench.bare_door", bare_url, str(bare_port)], {}, "/", bare_port))
        ours = stack.enter_context(door("intake", serve, environ, "/intake/api/petitions", port))

        async def work() -> None:
            await wait_until(lambda: is_listening(bare_port), 30)
            await wait_until(lambda: is_ready(port), 30)
            await measure([bare, ours], engines, url, QUICK_PART if arguments.quick else 1)

        asyncio.run(work())
        report("intake", figures([bare, ours]))


if __name__ == "__main__":
    main()
