"""The sweep beside itself at 10,000, 100,000 and 1,000,000 open deadlines: idle, 10,000 falling due within a minute, all at once.

Cost follows what is due, not what is open: the columns should be flat within noise. Lateness is counted to the commit: from the
planned instant until everybody can read the event. Publishing it is the relay's work and is measured end to end elsewhere. Then
100,000 within a minute, and two and three replicas in processes of their own, one of them killed on the way.

Run: ``python -m tests.bench.bench_sweep [--open N ...] [--seconds N]``
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from deploy.local.provision import Server, provision
from deploy.local.servers import SUPERUSER, Postgres
from services.escalation.domain.plan import Step, StepKind
from services.escalation.handlers.lawbook import Lawbook
from services.escalation.store.tables import DEADLINES, steps_text
from services.escalation.timers import Sweep
from services.escalation.wire.rulebook import Law, read_law
from shared.kernel.clock import SystemClock
from shared.persistence import Database, DatabaseSettings, bulk
from tests.bench.proc import family_cpu_seconds, own_cpu_seconds, percentile, report

RULES = Path(__file__).resolve().parents[2] / "services" / "escalation" / "rules"
OPEN, DUE, MANY, WITHIN_SECONDS = (10_000, 100_000, 1_000_000), 10_000, 100_000, 60
CHUNK = 5_000
LEAD = timedelta(seconds=2)
IDLE_SECONDS = 20

_HEADS = text("INSERT INTO event_heads SELECT petition_id, 1 FROM deadlines ON CONFLICT DO NOTHING")
_SPOKEN = text(
    """
    INSERT INTO events (id, aggregate_id, version, type, effective_at, recorded_at, actor, correlation_id, office, is_sealed, body)
    SELECT id, petition_id, 1, 'petitions.escalation.deadline.set.v1', started_at, started_at, 'service:escalation', petition_id,
        office, false, repeat('x', 600) FROM deadlines ON CONFLICT DO NOTHING
    """
)


_STANDING = dict.fromkeys(
    ("planned_on", "given_by", "pauses", "breached_at", "paused_on", "paused_by", "ended_at", "ended_by", "ended_fact", "outcome")
) | {"rung": 0, "acknowledged_level": 0}


def row(steps: Sequence[Step], number: int, now: datetime) -> dict[str, object]:
    """Return a stored deadline with `steps` before it."""
    petition_id = uuid4()
    return {
        "id": uuid4(),
        "petition_id": petition_id,
        "rule": "IH.RECEIPT",
        "rule_version": 1,
        "occurrence": 1,
        "step": "receive",
        "limit_text": "8 working_hour",
        "started_at": now - timedelta(days=1),
        "extended_by": 0,
        "extension_acts": 0,
        "due_at": steps[-1].at,
        "due_without_extension_at": steps[-1].at,
        "calendar": "hanoi",
        "calendar_version": "bench",
        "plan": 1,
        "steps": steps_text(steps),
        "is_urgent": False,
        **_STANDING,
        "is_sealed": False,
        "correlation_id": petition_id,
        "traceparent": None,
        "cause_id": petition_id,
        "cause_source": "routing",
        "cause_version": 1,
        "office": f"hanoi-{number % 126:05}",
        "superiors": "hanoi",
        "next_step": 0,
        "next_action_at": steps[0].at,
    }


async def fill(database: Database, now: datetime, count: int) -> None:
    """Store open deadlines, none due within the run, and what was said of them."""
    far = now + timedelta(days=3)
    for start in range(0, count, CHUNK):
        rows = []
        for number in range(start, start + CHUNK):
            at = far + timedelta(seconds=number)
            steps = [Step(at + timedelta(hours=hour), StepKind.REMINDED, hour) for hour in (50, 80)]
            rows.append(row([*steps, Step(at + timedelta(hours=90), StepKind.BREACHED)], number, now))
        async with database.transaction() as tx:
            await bulk.insert(tx.connection, DEADLINES, rows)
    await remember(database)
    async with database.transaction() as tx:
        await tx.connection.execute(text("SET LOCAL statement_timeout = 0"))
        await tx.connection.execute(_SPOKEN)


async def tidy(server: Server) -> None:
    """Let PostgreSQL finish what filling left behind, so that what is measured is the sweep."""
    connection = await server.connect("bench")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def remember(database: Database) -> None:
    """Let the ledger know every petition, so that what time says is its second event."""
    async with database.transaction() as tx:
        await tx.connection.execute(text("SET LOCAL statement_timeout = 0"))
        await tx.connection.execute(_HEADS)


async def add_due(database: Database, begins_at: datetime, *, within: timedelta, count: int) -> None:
    """Store deadlines that fall due one after another."""
    for start in range(0, count, CHUNK):
        rows = []
        for number in range(start, start + CHUNK):
            at = begins_at + within * number / count
            later = Step(at + timedelta(days=1), StepKind.BREACHED)
            rows.append(row([Step(at, StepKind.REMINDED, 80), later], number, begins_at))
        async with database.transaction() as tx:
            await bulk.insert(tx.connection, DEADLINES, rows)
    await remember(database)


class Watched(Sweep):
    """The sweep, and when each of its transactions was committed."""

    def __init__(self, database: Database, law: Law) -> None:
        self.commits: list[datetime] = []
        clock = SystemClock()
        database.after_commit(lambda: self.commits.append(clock.now()))
        super().__init__(database, clock, Lawbook(law), is_current=_always)


async def _always(_now: datetime) -> bool:
    return True


async def said(database: Database, since: int) -> list[Any]:
    async with database.reading() as connection:
        found = text("SELECT seq, aggregate_id, effective_at, recorded_at FROM events WHERE seq > :since ORDER BY seq")
        return list(await connection.execute(found, {"since": since}))


async def wal_bytes(database: Database) -> int:
    async with database.reading() as connection:
        found = await connection.execute(text("SELECT pg_current_wal_lsn() - CAST('0/0' AS pg_lsn)"))
        return int(found.scalar_one())


async def last_seq(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text("SELECT max(seq) FROM events"))).scalar_one())


async def idle(database: Database, postmaster: int, law: Law) -> dict[str, float]:
    """Return what it costs to wait while nothing is due."""
    sweep = Watched(database, law)
    await sweep.start()
    await asyncio.sleep(1)
    server, own = family_cpu_seconds(postmaster), own_cpu_seconds()
    await asyncio.sleep(IDLE_SECONDS)
    cost = own_cpu_seconds() - own + family_cpu_seconds(postmaster) - server
    await sweep.stop()
    return {"CPU ms per idle second": round(cost * 1000 / IDLE_SECONDS, 2)}


async def measured(database: Database, postmaster: int, law: Law, *, within: timedelta, count: int) -> dict[str, float]:
    """Let deadlines fall due `within` a time and return what it cost to say so."""
    clock = SystemClock()
    sweep = Watched(database, law)
    lead = LEAD + timedelta(seconds=count / 5_000)  # to store them takes its time
    begins_at = clock.now() + (lead if within else -timedelta(seconds=1))
    await add_due(database, begins_at, within=within, count=count)
    since, wal = await last_seq(database), await wal_bytes(database)
    sweep.commits.clear()
    server, own = family_cpu_seconds(postmaster), own_cpu_seconds()
    started_at = clock.now()
    await sweep.start()
    while await last_seq(database) < since + count:  # noqa: ASYNC110 - the database gives no signal
        await asyncio.sleep(2.0 if within else 0.2)
    own, server = own_cpu_seconds() - own, family_cpu_seconds(postmaster) - server
    seconds = (sweep.commits[-1] - started_at).total_seconds()
    await sweep.stop()
    events = await said(database, since)
    lateness = [_committed(sweep.commits, event.recorded_at) - event.effective_at for event in events]
    late = [max(item.total_seconds(), 0.0) for item in lateness]
    return {
        "transactions": len(sweep.commits),
        "lateness p50 s": round(percentile(late, 50), 4),
        "lateness p99 s": round(percentile(late, 99), 4),
        "lateness max s": round(max(late), 4),
        "CPU ms per due, service": round(own * 1000 / count, 4),
        "CPU ms per due, PostgreSQL": round(server * 1000 / count, 4),
        "CPU ms per due": round((own + server) * 1000 / count, 4),
        "WAL bytes per due": round((await wal_bytes(database) - wal) / count),
        "due per second": round(count / seconds),
    }


def _committed(commits: Sequence[datetime], recorded_at: datetime) -> datetime:
    """Return the first commit after `recorded_at`: the one that made it readable."""
    return next(commit for commit in commits if commit >= recorded_at)


def replica(url: str) -> None:
    """Sweep in a process of its own until killed."""

    async def sweeping() -> None:
        database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="escalation")
        await Sweep(database, SystemClock(), Lawbook(read_law(RULES)), is_current=_always).start()
        await asyncio.Event().wait()

    asyncio.run(sweeping())


async def shared(database: Database, url: str, count: int) -> dict[str, float]:
    """Let `count` replicas say 10,000 due at once, one of them killed on the way; nothing is lost and nothing doubled."""
    since = await last_seq(database)
    await add_due(database, SystemClock().now() + LEAD, within=timedelta(seconds=5), count=DUE)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=replica, args=(url,), daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    while await last_seq(database) < since + DUE // 3:  # noqa: ASYNC110 - the database gives no signal
        await asyncio.sleep(0.05)
    os.kill(processes[0].pid or 0, signal.SIGKILL)
    while await last_seq(database) < since + DUE:  # noqa: ASYNC110 - the database gives no signal
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
    for process in processes[1:]:
        process.terminate()
    for process in processes:
        process.join()
    events = await said(database, since)
    return {"said": len(events), "petitions": len({event.aggregate_id for event in events}), "due": DUE}


async def run(postgres: Postgres, sizes: Sequence[int], seconds: int) -> None:
    server = Server(host="127.0.0.1", port=postgres.port, user=SUPERUSER, password=postgres.password)
    password = uuid4().hex
    await provision(server, {"escalation": password}, database="bench")
    url = server.url("bench", user="escalation", password=password)
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="escalation")
    law = read_law(RULES)
    held = 0
    for size in sizes:
        await fill(database, SystemClock().now(), size - held)
        held = size
        await tidy(server)
        figures: dict[str, object] = dict(await idle(database, postgres.pid, law))
        spread = await measured(database, postgres.pid, law, within=timedelta(seconds=seconds), count=DUE)
        at_once = await measured(database, postgres.pid, law, within=timedelta(0), count=DUE)
        figures |= {f"{DUE:,} in {seconds} s: {key}": value for key, value in spread.items()}
        names = ("transactions", "CPU ms per due", "WAL bytes per due", "due per second")
        figures |= {f"{DUE:,} at once: {key}": at_once[key] for key in names}
        report(f"sweep with {size} open", figures)
    many = await measured(database, postgres.pid, law, within=timedelta(seconds=seconds), count=MANY)
    report(f"sweep, {MANY} due in {seconds} s", dict(many))
    for count in (2, 3):
        report(f"sweep, {count} replicas, one killed", dict(await shared(database, url, count)))
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, nargs="+", default=list(OPEN), help="how many are open, rising")
    parser.add_argument("--seconds", type=int, default=WITHIN_SECONDS, help="time in which they fall due")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="caunoi-bench-") as directory:
        Path(directory).chmod(0o755)  # as root PostgreSQL runs as another user, who has to walk there
        postgres = Postgres(Path(directory))
        postgres.start()
        try:
            asyncio.run(run(postgres, arguments.open, arguments.seconds))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
