"""The sweep: 100,000 deadlines open and 10,000 more falling due within one minute, then 10,000 due at once.

Lateness is counted to the commit: from the planned instant until everybody can read the event. Publishing it is the relay's work and
is measured end to end elsewhere. Run: ``python -m tests.bench.bench_sweep [--seconds N]``
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from deploy.local.provision import Server, provision
from deploy.local.servers import SUPERUSER, Postgres
from services.escalation.domain.plan import Step, StepKind
from services.escalation.domain.rules import Act, Endings
from services.escalation.store.tables import DEADLINES, plan_text
from services.escalation.timers import Sweep
from shared.kernel.clock import SystemClock
from shared.persistence import Database, DatabaseSettings, bulk
from tests.bench.proc import family_cpu_seconds, own_cpu_seconds, percentile, report

OPEN, DUE, WITHIN_SECONDS = 100_000, 10_000, 60
CHUNK = 5_000
LEAD = timedelta(seconds=2)
ENDINGS = Endings(met_by=frozenset({Act.ANSWERED}))

_HEADS = text("INSERT INTO event_heads SELECT petition_id, 1 FROM deadlines ON CONFLICT DO NOTHING")
_SPOKEN = text(
    """
    INSERT INTO events (id, aggregate_id, version, type, effective_at, recorded_at, actor, correlation_id, office, is_sealed, body)
    SELECT id, petition_id, 1, 'petitions.escalation.deadline.set.v1', started_at, started_at, 'service:escalation', petition_id,
        office, false, repeat('x', 600) FROM deadlines
    """
)


def row(steps: Sequence[Step], number: int, now: datetime) -> dict[str, object]:
    """Return a stored deadline with `steps` before it."""
    petition_id = uuid4()
    return {
        "id": uuid4(),
        "petition_id": petition_id,
        "rule": "IH.RECEIPT",
        "rule_version": 1,
        "step": "receive",
        "limit_text": "8 working_hour",
        "started_at": now - timedelta(days=1),
        "due_at": steps[-1].at,
        "plan": plan_text(steps, ENDINGS),
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
        "breached_at": None,
        "ended_at": None,
        "ended_by": None,
        "outcome": None,
    }


async def fill(database: Database, now: datetime) -> None:
    """Store the open deadlines, none due within the run, and what was said of them."""
    far = now + timedelta(days=3)
    for start in range(0, OPEN, CHUNK):
        rows = []
        for number in range(start, start + CHUNK):
            at = far + timedelta(seconds=number)
            steps = [Step(at + timedelta(hours=hour), StepKind.REMINDED, hour) for hour in (50, 80)]
            rows.append(row([*steps, Step(at + timedelta(hours=90), StepKind.BREACHED)], number, now))
        async with database.transaction() as tx:
            await bulk.insert(tx.connection, DEADLINES, rows)
    async with database.transaction() as tx:
        await tx.connection.execute(_HEADS)
        await tx.connection.execute(_SPOKEN)


async def add_due(database: Database, begins_at: datetime, *, within: timedelta) -> dict[UUID, datetime]:
    """Store deadlines that fall due one after another; return when each petition's does."""
    planned: dict[UUID, datetime] = {}
    for start in range(0, DUE, CHUNK):
        rows = []
        for number in range(start, start + CHUNK):
            at = begins_at + within * number / DUE
            later = Step(at + timedelta(days=1), StepKind.BREACHED)
            rows.append(row([Step(at, StepKind.REMINDED, 80), later], number, begins_at))
            planned[rows[-1]["petition_id"]] = at  # type: ignore[index]  # it is a UUID
        async with database.transaction() as tx:
            await bulk.insert(tx.connection, DEADLINES, rows)
    async with database.transaction() as tx:
        await tx.connection.execute(_HEADS)
    return planned


class Watched(Sweep):
    """The sweep, and when each of its transactions was committed."""

    def __init__(self, database: Database) -> None:
        self.commits: list[datetime] = []
        clock = SystemClock()
        database.after_commit(lambda: self.commits.append(clock.now()))
        super().__init__(database, clock, is_current=_always)


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


async def measured(database: Database, postmaster: int, *, within: timedelta) -> dict[str, float]:
    """Let deadlines fall due `within` a time and return what it cost to say so."""
    clock = SystemClock()
    sweep = Watched(database)
    begins_at = clock.now() + (LEAD if within else timedelta(0))
    if within:
        await add_due(database, begins_at + LEAD * 2, within=within)
    else:
        await add_due(database, begins_at - timedelta(seconds=1), within=within)
    since, wal = await last_seq(database), await wal_bytes(database)
    sweep.commits.clear()
    server, own = family_cpu_seconds(postmaster), own_cpu_seconds()
    started_at = clock.now()
    await sweep.start()
    while await last_seq(database) < since + DUE:  # noqa: ASYNC110 - the database gives no signal
        await asyncio.sleep(2.0 if within else 0.2)
    own, server = own_cpu_seconds() - own, family_cpu_seconds(postmaster) - server
    seconds = (sweep.commits[-1] - started_at).total_seconds()
    await sweep.stop()
    events = await said(database, since)
    lateness = [_committed(sweep.commits, event.recorded_at) - event.effective_at for event in events]
    late = [max(item.total_seconds(), 0.0) for item in lateness]
    return {
        "events": len(events),
        "transactions": len(sweep.commits),
        "lateness p50 s": round(percentile(late, 50), 4),
        "lateness p95 s": round(percentile(late, 95), 4),
        "lateness p99 s": round(percentile(late, 99), 4),
        "lateness max s": round(max(late), 4),
        "CPU ms per due, service": round(own * 1000 / DUE, 4),
        "CPU ms per due, PostgreSQL": round(server * 1000 / DUE, 4),
        "CPU ms per due": round((own + server) * 1000 / DUE, 4),
        "WAL bytes per due": round((await wal_bytes(database) - wal) / DUE),
        "due per second": round(DUE / seconds),
    }


def _committed(commits: Sequence[datetime], recorded_at: datetime) -> datetime:
    """Return the first commit after `recorded_at`: the one that made it readable."""
    return next(commit for commit in commits if commit >= recorded_at)


async def run(postgres: Postgres, seconds: int) -> None:
    server = Server(host="127.0.0.1", port=postgres.port, user=SUPERUSER, password=postgres.password)
    password = uuid4().hex
    await provision(server, {"escalation": password}, database="bench")
    url = server.url("bench", user="escalation", password=password)
    database = Database(DatabaseSettings(url=url).sqlalchemy_url(), schema="escalation")
    await fill(database, SystemClock().now())
    spread = await measured(database, postgres.pid, within=timedelta(seconds=seconds))
    at_once = await measured(database, postgres.pid, within=timedelta(0))
    await database.close()
    figures: dict[str, object] = {"open deadlines": OPEN, "falling due": DUE, "within seconds": seconds}
    figures |= {f"spread: {key}": value for key, value in spread.items()}
    names = ("transactions", "CPU ms per due", "WAL bytes per due", "due per second")
    figures |= {f"at once: {key}": at_once[key] for key in names}
    report("sweep", figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=WITHIN_SECONDS, help="time in which they fall due")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="caunoi-bench-") as directory:
        Path(directory).chmod(0o755)  # as root PostgreSQL runs as another user, who has to walk there
        postgres = Postgres(Path(directory))
        postgres.start()
        try:
            asyncio.run(run(postgres, arguments.seconds))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
