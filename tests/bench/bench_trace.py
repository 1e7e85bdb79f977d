"""A petition's whole life out of a log of 10,000,000 events, through the HTTP door; the limit is 50 ms at p95.

The rows are made in the database, in sets; events of one petition lie far apart, as they do when a city's petitions go on side by
side. Most lives have 20 events, 2,000 have 200. Asked alone, and held against the services' own records (real ledger doors of the
other four in this process). Run: ``python -m tests.bench.bench_trace [--events N]``
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import asyncpg
import httpx
import uvicorn
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.routing import Mount

from deploy.local.processes import free_port
from shared.identity import IdentitySettings, TokenVerifier
from shared.kernel.clock import SystemClock
from shared.persistence import Database
from shared.testing.issuer import KeyIssuer, serving_issuer
from shared.web import LimitSettings, build_app
from tests.bench.engines import Engines, running_engines
from tests.bench.proc import percentile, report

EVENTS = 10_000_000
LONG_LIVES, LONG, SHORT = 2_000, 200, 20
LIMIT_MS = 50.0
READS, WARM_UP, LONG_READS, COMPARED = 2_000, 300, 400, 500
NEIGHBOURS = ("intake", "routing", "escalation", "notify")

_BODY = """
    CASE WHEN k = 1 THEN '{"code":"' || lpad(p::text, 12, '0') || '","kind":"complaint","jurisdiction":"hanoi","topic":"dat-dai",'
            '"commune":"00070","channel":"web","language":"vi","is_reachable":true,"is_physical":false,"has_text":true}'
        WHEN k = 2 THEN '{"code":"' || lpad(p::text, 12, '0') || '","kind":"complaint","route":{"office":"hanoi-00070",'
            '"superiors":["hanoi"],"basis":"competence","rule":"KN-1","table_version":"2026.1"}}'
        WHEN k = 3 THEN '{"deadline_id":"' || md5('d' || p::text)::uuid || '","rule":"KN1.RESOLVE","rule_version":1,"step":"resolve",'
            '"limit":"30 calendar_day","office":"hanoi-00070","due_at":"2026-12-31T16:59:59Z","calendar":"hanoi",'
            '"calendar_version":"2026.1","citation":"Luật Khiếu nại 02/2011/QH13, Điều 28","confirmation":"TEXT"}'
        WHEN k % 3 = 0 THEN '{"deadline_id":"' || md5('d' || p::text)::uuid || '","rule":"KN1.RESOLVE","office":"hanoi-00070",'
            '"percent":50,"due_at":"2026-12-31T16:59:59Z","plan":1,"is_urgent":false,"concerns_petitioner":true}'
        WHEN k % 3 = 1 THEN '{"notice_id":"' || md5('n' || p::text || k::text)::uuid || '","about":"reminder","audience":"office",'
            '"channel":"email","template":"reminder.office.vi@1","message_id":"<x@city>","attempts":1}'
        ELSE '{"office":"hanoi-00070","step":"commented","entry":null}' END
"""
_MAKE = f"""
    INSERT INTO audit.log (position, id, aggregate_id, source, version, type, effective_at, recorded_at, heard_at, actor,
        correlation_id, cause_id, cause_source, cause_version, office, is_sealed, traceparent, stream, stream_seq, body, authority)
    SELECT row_number() OVER () + $3::bigint, md5(p::text || '-' || k::text)::uuid, md5('p' || p::text)::uuid,
        CASE WHEN k = 1 THEN 'intake' WHEN k % 3 = 0 THEN 'escalation' WHEN k % 3 = 1 THEN 'notify' ELSE 'routing' END,
        CASE WHEN k = 1 THEN 1 WHEN k % 3 = 0 THEN k / 3 WHEN k % 3 = 1 THEN (k - 1) / 3 ELSE (k + 1) / 3 END,
        CASE WHEN k = 1 THEN 'petitions.intake.petition.lodged.v1' WHEN k = 2 THEN 'petitions.routing.petition.routed.v1'
            WHEN k = 3 THEN 'petitions.escalation.deadline.set.v1' WHEN k % 3 = 0 THEN 'petitions.escalation.deadline.reminded.v1'
            WHEN k % 3 = 1 THEN 'petitions.notify.notice.sent.v1' WHEN k = 5 THEN 'petitions.routing.petition.accepted.v1'
            ELSE 'petitions.routing.step.recorded.v1' END,
        t, t, t, CASE WHEN k % 3 = 2 AND k > 2 THEN 'person:canbo.hoankiem' ELSE 'service:x' END, md5('p' || p::text)::uuid,
        CASE WHEN k > 1 AND (k % 3 <> 2 OR k = 2) THEN md5(p::text || '-' || (k - 1)::text)::uuid END,
        CASE WHEN k > 1 AND (k % 3 <> 2 OR k = 2) THEN 'routing' END,
        CASE WHEN k > 1 AND (k % 3 <> 2 OR k = 2) THEN 1 END,
        'hanoi-00070', false, NULL, 'PETITIONS', row_number() OVER () + $3::bigint, convert_to({_BODY}, 'UTF8'),
        CASE WHEN k % 3 = 2 AND k > 2 THEN 'officer@hanoi-00070' ELSE 'service' END
    FROM (
        SELECT k::int, p::int, timestamptz '2026-01-01' + make_interval(mins => (k * 700 + p % 700)::int) AS t
        FROM generate_series($1::int, $2::int) k, LATERAL generate_series(1, CASE WHEN $1::int > {SHORT} THEN $4::int ELSE $5::int END) p
    ) e
"""


async def fill(url: str, events: int) -> list[int]:
    """Make the rows, the indexes afterwards; return how many petitions there are of each length."""
    petitions = (events - LONG_LIVES * LONG) // SHORT + LONG_LIVES
    connection = await asyncpg.connect(url, command_timeout=3600)
    await connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off; SET max_parallel_workers = 0")
    await connection.execute("ALTER TABLE audit.log DISABLE TRIGGER USER")
    kept = await connection.fetch(
        """
        SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE conrelid = 'audit.log'::regclass AND contype IN ('p', 'u')
        """
    )
    more = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'audit' AND tablename = 'log' AND indexname <> ALL($1::text[])",
        [row["name"] for row in kept],
    )
    for row in kept:
        await connection.execute(f"ALTER TABLE audit.log DROP CONSTRAINT {row['name']}")
    for row in more:
        await connection.execute(f"DROP INDEX audit.{row['indexname']}")
    made = 0
    for first, last in ((1, SHORT), (SHORT + 1, LONG)):
        await connection.execute(_MAKE, first, last, made, LONG_LIVES, petitions)
        made = await connection.fetchval("SELECT count(*) FROM audit.log")
    for row in kept:
        await connection.execute(f"ALTER TABLE audit.log ADD CONSTRAINT {row['name']} {row['definition']}")
    for row in more:
        await connection.execute(row["indexdef"])
    await connection.execute(
        """
        INSERT INTO audit.petitions SELECT lpad(p::text, 12, '0'), md5('p' || p::text)::uuid, lpad(p::text, 12, '0')
        FROM generate_series(1, $1::int) p
        """,
        petitions,
    )
    await connection.execute("UPDATE audit.log_head SET position = $1", made)
    await connection.execute("VACUUM ANALYZE audit.log")
    await connection.execute("ANALYZE audit.petitions")
    await connection.close()
    return [made, petitions]


async def keep_in_services(url: str, petitions: Sequence[int]) -> None:
    """Give the other services what they said of some petitions."""
    connection = await asyncpg.connect(url)
    for service in NEIGHBOURS:
        await connection.execute(
            f"""
            INSERT INTO {service}.events (id, aggregate_id, version, type, effective_at, recorded_at, actor, correlation_id,
                cause_id, cause_source, cause_version, office, is_sealed, traceparent, body, authority)
            SELECT id, aggregate_id, version, type, effective_at, recorded_at, actor, correlation_id, cause_id, cause_source,
                cause_version, office, is_sealed, traceparent, convert_from(body, 'UTF8'), authority
            FROM audit.log WHERE source = $1 AND aggregate_id = ANY(
                SELECT md5('p' || p::text)::uuid FROM unnest($2::int[]) p)
            """,
            service,
            list(petitions),
        )
    await connection.close()


async def plan(url: str) -> list[str]:
    """Return the nodes of the plan of the query that a trace asks first; all of them should be by an index."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("EXPLAIN SELECT * FROM audit.log WHERE aggregate_id = $1", UUID(int=1))
    await connection.close()
    return [row[0].strip() for row in rows]


@contextmanager
def neighbours(urls: Mapping[str, str], issuer: KeyIssuer) -> Iterator[int]:
    """Serve the ledger doors of the other services in a thread; yield the port."""
    environ = issuer.environ
    settings = IdentitySettings(
        issuer=environ["CAUNOI_IDENTITY__ISSUER"],
        jwks_url=environ["CAUNOI_IDENTITY__JWKS_URL"],
        service_secret_file=environ["CAUNOI_IDENTITY__SERVICE_SECRET_FILE"],
    )

    async def ready() -> list[str]:
        return []

    mounts = []
    for name in NEIGHBOURS:
        database = Database(make_url(urls[name]).set(drivername="postgresql+asyncpg"), schema=name)
        app = build_app(
            name=name,
            routers=[],
            verifier=TokenVerifier(settings),
            clock=SystemClock(),
            readiness=ready,
            limits=LimitSettings(),
            ledger=database,
        )
        mounts.append(Mount(f"/{name}", app))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=mounts), port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield port
    server.should_exit = True
    thread.join()


def ask(http: httpx.Client, numbers: Sequence[int], *, compare: bool) -> list[float]:
    """Return how long each trace took, in milliseconds."""
    taken = []
    for number in numbers:
        begun = time.perf_counter()
        answer = http.get(f"/audit/api/petitions/{number:012}/trace", params={"compare": str(compare).lower()})
        taken.append((time.perf_counter() - begun) * 1000)
        found = answer.json()
        assert answer.status_code == 200, answer.text
        assert (found["is_complete"], found["is_verified"]) == (True, compare), found["records"]
    return taken


def _environ(engines: Engines, urls: Mapping[str, str], issuer: KeyIssuer, others: int) -> dict[str, str]:
    return issuer.environ | {
        "AUDIT_DATABASE__URL": urls["audit"],
        **{f"AUDIT_{name.upper()}_URL": f"http://127.0.0.1:{others}/{name}" for name in NEIGHBOURS},
        "CAUNOI_BUS__URL": engines.nats.url,
        "CAUNOI_BUS__USER": engines.nats.user,
        "CAUNOI_BUS__PASSWORD": engines.nats.password,
        "CAUNOI_LOG_LEVEL": "ERROR",
        "CAUNOI_LIMITS__ACCOUNT_PER_MINUTE": "0",
    }


def measured(engines: Engines, urls: Mapping[str, str], issuer: KeyIssuer, made: int, petitions: int) -> dict[str, object]:
    generator = random.Random(8)  # noqa: S311 - the same reads in every run
    short = [generator.randint(LONG_LIVES + 1, petitions) for _ in range(READS + WARM_UP)]
    long = [generator.randint(1, LONG_LIVES) for _ in range(LONG_READS)]
    compared = generator.sample(range(LONG_LIVES + 1, petitions), COMPARED)
    asyncio.run(keep_in_services(engines.postgres.url.rsplit("/", 1)[0] + "/bench", compared))
    rows: dict[str, object] = {"events": f"{made:,}", "petitions": f"{petitions:,}"}
    with neighbours(urls, issuer) as others:
        port = free_port()
        environ = _environ(engines, urls, issuer, others)
        words = [sys.executable, "-m", "deploy.cli.main", "serve", "audit", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(words, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
        try:
            token = issuer.token("kiemtoan", roles=["auditor"])
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
            ) as http:
                while not _is_up(http):
                    time.sleep(0.2)
                ask(http, short[READS:], compare=False)
                for name, numbers, compare in (
                    ("20 events", short[:READS], False),
                    ("200 events", long, False),
                    ("20 events, compared", compared, True),
                ):
                    taken = ask(http, numbers, compare=compare)
                    rows[f"{name}: p50 ms"] = f"{percentile(taken, 50):.1f}"
                    rows[f"{name}: p95 ms"] = f"{percentile(taken, 95):.1f}"
                    rows[f"{name}: p95 / {LIMIT_MS:.0f} ms"] = f"{percentile(taken, 95) / LIMIT_MS:.2f}"
        finally:
            process.terminate()
            process.wait(timeout=15)
    return rows


def _is_up(http: httpx.Client) -> bool:
    try:
        return http.get("/audit/health").is_success
    except httpx.TransportError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    events = parser.parse_args().events
    with running_engines() as engines, serving_issuer(engines.var) as issuer:
        urls = asyncio.run(engines.schemas("audit", *NEIGHBOURS))
        superuser = engines.postgres.url.rsplit("/", 1)[0] + "/bench"
        begun = time.perf_counter()
        made, petitions = asyncio.run(fill(superuser, events))
        filled = time.perf_counter() - begun
        rows = {"made in s": f"{filled:.0f}", "plan": "; ".join(asyncio.run(plan(superuser)))}
        report("trace", rows | measured(engines, urls, issuer, made, petitions))


if __name__ == "__main__":
    main()
