"""Reads at 100,000 petitions: one petition's whole life from audit (600,000 events), one page of an office's queue from routing.

The petitions come over the bus as in production: routing routes them, audit hears everything; what that costs is a figure of its
own. Run: ``python -m tests.bench.bench_reads [--petitions N]``
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import asyncpg
import httpx

from deploy.bus import jetstream
from deploy.house import durables
from deploy.local.processes import free_port
from deploy.local.servers import SUPERUSER
from services.intake.domain.code import ENTROPY_BYTES, mint
from shared.contracts import Envelope
from shared.messaging.publisher import Publisher
from shared.messaging.topology import provision
from shared.persistence.ledger import StoredEvent
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer, serving_issuer
from tests.bench.engines import Engines, running_engines
from tests.bench.load import Measured
from tests.bench.proc import percentile, report
from tests.component.audit.story import Story

PETITIONS = 100_000
AT_ONCE = 1000
SAID_HERE = 5
"""Events of each petition that this benchmark says itself; routing says one more."""
COMMUNES = ("00070", "00097", "00103", "00118", "00127", "00145", "00160", "00166")
READS = 3000
WARM_UP = 300
CLIENTS = (1, 8)
HEARING_SECONDS_MAX = 900.0
READERS = ("audit", "routing")
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Reader:
    """A served service and what is asked of it."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    request: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Heard:
    """How many events are in the log, and the office with the longest queue."""

    events: int
    office: str
    queue: int


@dataclass(slots=True)
class Questions:
    """What the readers ask; filled once it is known what there is."""

    issuer: KeyIssuer
    codes: list[str] = field(default_factory=list)
    queue_token: str = ""

    def asker(self, name: str) -> Callable[[], bytes]:
        generator = random.Random(8)  # noqa: S311 - the same reads in every run
        trace_token = self.issuer.token("kiemtoan", roles=["auditor"])

        def trace() -> bytes:
            return _get(f"/audit/api/petitions/{generator.choice(self.codes)}/trace", trace_token)

        def queue() -> bytes:
            return _get("/routing/api/queue?limit=50", self.queue_token)

        return trace if name == "audit" else queue

    def know(self, codes: Sequence[str], office: str) -> None:
        self.codes.extend(codes)
        self.queue_token = self.issuer.token("canbo", roles=["officer"], office=office)


def _get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def said_of(number: int, codes: list[str], generator: random.Random) -> list[tuple[Envelope, bytes]]:
    """Return what is said of one petition beside routing's own event: SAID_HERE events."""
    story = Story(mint(generator.randbytes(ENTROPY_BYTES)))
    lodged = story.lodge(topic="giao-thong", commune=COMMUNES[number % len(COMMUNES)], has_text=False)
    for _ in range(2):
        story.set_deadline(lodged, uuid4())
        story.notify(lodged)
    codes.append(story.code)
    after = timedelta(seconds=number)
    return [
        (replace(e, effective_at=e.effective_at + after, recorded_at=e.recorded_at + after), body) for e, body in story.events
    ]


async def prepared(engines: Engines) -> dict[str, str]:
    """Make the schemas, the streams and the consumers; return the addresses of the schemas."""
    async with jetstream(engines.bus) as js:
        await provision(js, durables(READERS))
    return await engines.schemas(*READERS)


async def publish(engines: Engines, petitions: int) -> list[str]:
    """Put the petitions on the stream; return their codes."""
    codes: list[str] = []
    generator = random.Random(7)  # noqa: S311 - the same petitions in every run
    async with jetstream(engines.bus) as js:
        publisher = Publisher(js)
        for start in range(0, petitions, AT_ONCE):
            events = [event for number in range(start, start + AT_ONCE) for event in said_of(number, codes, generator)]
            await publisher.publish([StoredEvent(seq=0, envelope=envelope, body=body) for envelope, body in events])
    return codes


@contextmanager
def served(name: str, port: int, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "deploy.cli.main", "serve", name, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(words, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def environment(engines: Engines, urls: Mapping[str, str], issuer: KeyIssuer) -> dict[str, str]:
    (engines.var / "master-key").write_text("ab" * 32)
    return issuer.environ | {
        "AUDIT_DATABASE__URL": urls["audit"],
        "ROUTING_DATABASE__URL": urls["routing"],
        "ROUTING_INTAKE_URL": "http://127.0.0.1:9/intake",
        "ROUTING_MASTER_KEY_FILE": str(engines.var / "master-key"),
        "ROUTING_SEALED_KEY_FILE": str(engines.var / "master-key"),
        "CAUNOI_BUS__URL": engines.nats.url,
        "CAUNOI_BUS__USER": engines.nats.user,
        "CAUNOI_BUS__PASSWORD": engines.nats.password,
        "CAUNOI_LOG_LEVEL": "WARNING",
    }


async def heard(connection: asyncpg.Connection, *, events: int) -> Heard:
    """Wait until audit has heard everything, routing's own events too; return what there is."""

    async def is_all() -> bool:
        return int(await connection.fetchval("SELECT position FROM audit.log_head")) >= events

    await wait_until(is_all, HEARING_SECONDS_MAX, what="everything routed and heard")
    await connection.execute("VACUUM ANALYZE")
    office = await connection.fetchrow("SELECT office, count(*) FROM routing.petitions GROUP BY office ORDER BY 2 DESC LIMIT 1")
    assert office is not None
    return Heard(events, office["office"], office["count"])


async def is_ready(reader: Reader) -> bool:
    try:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"http://127.0.0.1:{reader.port}/{reader.name}/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def read(reader: Reader, *, clients: int, requests: int) -> tuple[Measured, int]:
    """Send `requests` from `clients` at once; return what they saw, and the bytes of one answer on average."""
    measured, left, size = Measured(), requests, 0

    async def client() -> None:
        nonlocal left, size
        incoming, outgoing = await asyncio.open_connection("127.0.0.1", reader.port)
        while left > 0:
            left -= 1
            began = time.perf_counter()
            outgoing.write(reader.request())
            head = await incoming.readuntil(_HEAD_END)
            body = await incoming.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            measured.latencies.append(time.perf_counter() - began)
            if head[9:12] != b"200":
                raise AssertionError(f"{head!r} {body[:500]!r}")
            size += len(body)
        outgoing.close()
        await outgoing.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*[client() for _ in range(clients)])
    measured.seconds = time.perf_counter() - began
    return measured, size // requests


async def measure(readers: Sequence[Reader], engines: Engines) -> dict[str, object]:
    rows: dict[str, object] = {}
    for reader in readers:
        await read(reader, clients=1, requests=WARM_UP)
        for clients in CLIENTS:
            before = await engines.work(reader.process.pid)
            seen, size = await read(reader, clients=clients, requests=READS)
            work = (await engines.work(reader.process.pid)).since(before)
            place = f"{'trace' if reader.name == 'audit' else 'queue'}, {clients} clients"
            rows[f"{place}: rate /s"] = round(seen.rate)
            for percent in (50, 95, 99):
                rows[f"{place}: p{percent} ms"] = round(percentile(seen.latencies, percent) * 1000, 2)
            rows[f"{place}: bytes of an answer"] = size
            rows |= {f"{place}: {name}": round(value, 3) for name, value in work.per(READS).items()}
    return rows


async def hearing(readers: Sequence[Reader], engines: Engines, petitions: int, questions: Questions) -> dict[str, object]:
    """Let both hear the petitions; return what audit's part of it cost per event."""
    for reader in readers:
        await wait_until(partial(is_ready, reader), 30, what=f"{reader.name} is ready")
    connection = await asyncpg.connect(engines.postgres.url_of(SUPERUSER, engines.postgres.password, database="bench"))
    offices: int = await connection.fetchval("SELECT count(*) FROM routing.events")
    before, began = await engines.work(readers[0].process.pid), time.perf_counter()
    codes = await publish(engines, petitions)
    found = await heard(connection, events=offices + petitions * (SAID_HERE + 1))
    seconds = time.perf_counter() - began
    await connection.close()
    work = (await engines.work(readers[0].process.pid)).since(before)
    questions.know(codes, found.office)
    return {
        "petitions": petitions,
        "events in the log": found.events,
        "petitions in the queue": found.queue,
        "hearing: events /s, routing and audit side by side": round(found.events / seconds),
        "hearing: CPU ms per event, audit": round(work.service_cpu * 1000 / found.events, 4),
        "hearing: CPU ms per event, PostgreSQL for both": round(work.postgres_cpu * 1000 / found.events, 4),
        "hearing: CPU ms per event, nats-server": round(work.nats_cpu * 1000 / found.events, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--petitions", type=int, default=PETITIONS, help=f"a multiple of {AT_ONCE}")
    petitions = parser.parse_args().petitions
    with running_engines() as engines, ExitStack() as stack:
        urls = asyncio.run(prepared(engines))
        issuer = stack.enter_context(serving_issuer(engines.var))
        environ, questions = environment(engines, urls, issuer), Questions(issuer)
        readers = []
        for name in READERS:
            port = free_port()
            process = stack.enter_context(served(name, port, environ))
            readers.append(Reader(name, port, process, questions.asker(name)))

        async def work() -> dict[str, object]:
            rows = await hearing(readers, engines, petitions, questions)
            return rows | await measure(readers, engines)

        report("reads", asyncio.run(work()))


if __name__ == "__main__":
    main()
