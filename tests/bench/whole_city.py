"""A whole city of a benchmark, as `make run` starts it: five services in one process, PostgreSQL, nats-server; and what they cost."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import psutil

from deploy.names import DATABASE, LOOPBACK, SERVICES
from tests.system.cities import City, People

_PORT_LINE = 3
SETTLE_SECONDS_MAX = 600.0
QUIET_LOOKS = 3
LOOK_SECONDS = 0.5
_LAG = re.compile(r"^caunoi_(?:consumer_pending|outbox_oldest_age|notices_waiting)\S*\s+(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU, each kind of process apart."""

    services: float
    postgres: float
    nats: float

    def since(self, earlier: "Cpu") -> "Cpu":
        return Cpu(self.services - earlier.services, self.postgres - earlier.postgres, self.nats - earlier.nats)

    def per(self, operations: int) -> dict[str, float]:
        """Return milliseconds per operation."""
        each = {"five services": self.services, "PostgreSQL": self.postgres, "nats-server": self.nats}
        return {f"CPU ms {name}": round(seconds * 1000 / operations, 3) for name, seconds in each.items()} | {
            "CPU ms all": round(sum(each.values()) * 1000 / operations, 3)
        }


@dataclass
class WholeCity:
    """A running city."""

    city: City
    var: Path

    @property
    def people(self) -> People:
        return People(self.city.url)

    @property
    def port(self) -> int:
        return int(self.city.url.rsplit(":", 1)[1])

    def cpu(self) -> Cpu:
        """Return what has been used so far; ended backends of PostgreSQL count with it."""
        own = psutil.Process(self.city.process.pid)
        used = {"postgres": 0.0, "nats-server": 0.0}
        for child in own.children(recursive=True):
            times = child.cpu_times()
            if child.name() in used:
                used[child.name()] += times.user + times.system
                used[child.name()] += times.children_user + times.children_system
        times = own.cpu_times()
        return Cpu(times.user + times.system, used["postgres"], used["nats-server"])

    def settle(self) -> float:
        """Wait until nothing is waiting anywhere; return when (time.perf_counter) that was first so."""
        quiet_since, looks, ends = 0.0, 0, time.monotonic() + SETTLE_SECONDS_MAX
        with httpx.Client(base_url=self.city.url, timeout=30) as http:
            while looks < QUIET_LOOKS:
                assert time.monotonic() < ends, "the city does not come to rest"
                looked = time.perf_counter()
                lag = sum(float(v) for name in SERVICES for v in _LAG.findall(http.get(f"/{name}/metrics").text))
                quiet_since = quiet_since if looks and not lag else looked
                looks = looks + 1 if not lag else 0
                time.sleep(LOOK_SECONDS + looks)  # lag is measured by the services every few seconds
        return quiet_since

    async def database(self) -> asyncpg.Connection:
        """Return a connection as the administrator."""
        lines = (self.var / "postgres" / "postmaster.pid").read_text().splitlines()
        password = (self.var / "secrets" / "postgres-superuser").read_text().strip()
        return await asyncpg.connect(f"postgresql://postgres:{password}@{LOOPBACK}:{lines[_PORT_LINE]}/{DATABASE}")


@contextmanager
def running_city() -> Iterator[WholeCity]:
    """Start a city in a directory of its own; stop it and remove everything when the block ends."""
    with TemporaryDirectory(prefix="caunoi-bench-") as directory:
        var = Path(directory)
        var.chmod(0o755)  # as root PostgreSQL runs as another user, who has to walk there
        city = City(var)
        try:
            yield WholeCity(city, var)
        finally:
            city.end()
            assert city.process.stdout is not None
            city.process.stdout.close()
