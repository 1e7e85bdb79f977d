"""PostgreSQL and nats-server of a benchmark: fresh, in a directory that is removed afterwards; what they did is counted.

PostgreSQL counts statements (pg_stat_statements), commits, WAL and fsyncs; CPU time comes from /proc, of each server apart.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

from deploy.local.provision import Server, provision
from deploy.local.servers import SUPERUSER, Nats, Postgres
from shared.messaging import BusSettings
from tests.bench.proc import family_cpu_seconds

_COUNTS = """
    SELECT (SELECT sum(calls) FROM pg_stat_statements) AS statements,
        (SELECT sum(xact_commit) FROM pg_stat_database) AS commits,
        (SELECT wal_bytes FROM pg_stat_wal) AS wal_bytes,
        (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal') AS fsyncs
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What was done up to a moment, or between two."""

    service_cpu: float
    postgres_cpu: float
    nats_cpu: float
    statements: int
    commits: int
    wal_bytes: int
    fsyncs: int

    def since(self, earlier: "Work") -> "Work":
        return Work(*(getattr(self, name) - getattr(earlier, name) for name in self.__dataclass_fields__))

    def plus(self, other: "Work") -> "Work":
        return Work(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def per(self, operations: int) -> dict[str, float]:
        """Return CPU in milliseconds, and counts, per operation."""
        cpu = {"service": self.service_cpu, "PostgreSQL": self.postgres_cpu, "nats-server": self.nats_cpu}
        figures = {f"CPU ms {name}": seconds * 1000 / operations for name, seconds in cpu.items()}
        figures["CPU ms all"] = sum(cpu.values()) * 1000 / operations
        counts = {"statements": self.statements, "commits": self.commits, "fsyncs": self.fsyncs, "WAL bytes": self.wal_bytes}
        return figures | {name: count / operations for name, count in counts.items()}


@dataclass(frozen=True, slots=True)
class Engines:
    """Both servers, running."""

    postgres: Postgres
    nats: Nats
    var: Path

    @property
    def bus(self) -> BusSettings:
        return BusSettings(url=self.nats.url, user=self.nats.user, password=self.nats.password)

    async def schemas(self, *services: str) -> dict[str, str]:
        """Make a database with the schemas of `services`; return their addresses."""
        server = Server("127.0.0.1", self.postgres.port, SUPERUSER, self.postgres.password)
        passwords = {service: uuid4().hex for service in services}
        await provision(server, passwords, database="bench")
        return {service: server.url("bench", user=service, password=passwords[service]) for service in services}

    async def work(self, service_pid: int) -> Work:
        """Return what the three processes did so far."""
        await asyncio.sleep(0.6)  # backends report their counts at most this much later
        connection = await asyncpg.connect(self.postgres.url)
        row = await connection.fetchrow(_COUNTS)
        await connection.close()
        assert row is not None
        return Work(
            service_cpu=family_cpu_seconds(service_pid),
            postgres_cpu=family_cpu_seconds(self.postgres.pid),
            nats_cpu=family_cpu_seconds(self.nats.pid),
            statements=int(row["statements"]),
            commits=int(row["commits"]),
            wal_bytes=int(row["wal_bytes"]),
            fsyncs=int(row["fsyncs"]),
        )


@contextmanager
def running_engines() -> Iterator[Engines]:
    """Start both, PostgreSQL with its counting switched on; stop them when the block ends."""
    with tempfile.TemporaryDirectory(prefix="caunoi-bench-") as directory:
        var = Path(directory)
        var.chmod(0o755)  # as root PostgreSQL runs as another user, who has to walk there
        postgres, nats = Postgres(var), Nats(var)
        postgres.start()
        try:
            asyncio.run(_count(postgres))
            postgres.stop()
            postgres.start()
            asyncio.run(_install(postgres))
            nats.start()
            yield Engines(postgres, nats, var)
        finally:
            nats.stop()
            postgres.stop()


async def _count(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    await connection.execute("ALTER SYSTEM SET pg_stat_statements.track_utility = off")
    await connection.close()


async def _install(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE EXTENSION pg_stat_statements")
    await connection.close()
