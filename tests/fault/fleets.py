"""A city of single processes that can be killed one by one: PostgreSQL, nats-server, five services, issuer and mail sink."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

import httpx

from deploy.local.environment import Places, environment, make_secrets
from deploy.local.nats_accounts import nats_accounts
from deploy.local.processes import free_port
from deploy.local.servers import NATS_USER, SUPERUSER, Nats, Postgres
from deploy.names import LOOPBACK, SERVICES
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from tests.fault.clusters import NODES, Cluster
from tests.system.cities import People
from tests.system.processes import Logged, Running, caunoi

READY_SECONDS_MAX = 60.0
LEASE_SECONDS = "5"
CITY = "city"


@dataclass
class Fleet:
    """Everything by name; `kill` and `start` any part."""

    directory: Path
    postgres: Postgres
    nats: Nats | Cluster
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a server or a service, on the port that it had."""
        if name == "postgres":
            self.postgres.start()
        elif name == "nats":
            self.nats.start()
        else:
            port = self.ports.setdefault(name, free_port())
            words = ("serve", name, "--host", LOOPBACK, "--port", str(port))
            self.running[name] = Logged(*words, log=self.directory / f"{name}.log", environ=self.environ)

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would."""
        if name == "postgres":
            self.postgres.kill()
        elif name == "nats":
            self.nats.kill()
        else:
            self.running.pop(name).end(SIGKILL)

    def url(self, name: str) -> str:
        """Return the base address of a part, ending in its name."""
        return f"http://{LOOPBACK}:{self.ports[name]}/{name}"

    async def ready(self) -> None:
        """Wait until every service can do its work."""
        async with httpx.AsyncClient() as http:
            for name in SERVICES:
                await wait_until(lambda name=name: _is_ready(http, f"{self.url(name)}/ready"), READY_SECONDS_MAX, what=name)  # type: ignore[misc]

    def people(self) -> "FleetPeople":
        return FleetPeople(self)


class FleetPeople(People):
    """The same people; each service has its own address here."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(f"http://{LOOPBACK}:{fleet.ports['demo']}")
        self.http = httpx.Client(base_url=self.url, timeout=30, transport=_ByService(fleet))


class _ByService(httpx.BaseTransport):
    """Sends each request to the process whose path it names."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._inner = httpx.HTTPTransport(retries=2)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        first = request.url.path.split("/")[1]
        port = self._fleet.ports[first if first in SERVICES else "demo"]
        request.url = request.url.copy_with(scheme="http", host=LOOPBACK, port=port)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


async def _is_ready(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(address)).is_success
    except httpx.TransportError:
        return False


async def _has_leader(cluster: Cluster) -> bool:
    return cluster.leader is not None


def _environ(fleet: Fleet) -> Mapping[str, str]:
    """Return what all parts read: what `make run` has, but every service is a process with an address of its own."""
    city = fleet.directory / CITY
    demo = f"http://{LOOPBACK}:{fleet.ports['demo']}"
    passwords = make_secrets(city)
    secrets = city / "secrets"
    (secrets / "superuser").write_text(fleet.postgres.password)
    places = Places(demo, fleet.postgres.port, fleet.nats.url, fleet.ports["smtp"])
    given = environment(city, places, given={})
    for service in SERVICES:
        own = f"{demo}/{service}"
        given = {
            name: value.replace(own, fleet.url(service), 1) if value.startswith(own) else value for name, value in given.items()
        }
    assert passwords.keys() == set(SERVICES)
    return (
        given
        | _of_bus(fleet, secrets)
        | {
            "CAUNOI_SUPERUSER_URL": f"postgresql://{SUPERUSER}@{LOOPBACK}:{fleet.postgres.port}/postgres",
            "CAUNOI_SUPERUSER_PASSWORD_FILE": str(secrets / "superuser"),
            "CAUNOI_DEMO_DIR": str(city),
            "CAUNOI_DEMO_SMTP_PORT": str(fleet.ports["smtp"]),
            "CAUNOI_DEMO_NOTIFY_URL": fleet.url("notify"),
            "NOTIFY_LEASE_SECONDS": LEASE_SECONDS,
        }
    )


def _of_bus(fleet: Fleet, secrets: Path) -> dict[str, str]:
    """Return how services sign in: by their account's credentials, or by password where nats-server has no accounts."""
    if isinstance(fleet.nats, Nats):
        return {}
    (secrets / "nats").write_text(fleet.nats.password)
    by_account = ("CAUNOI_BUS__CREDENTIALS_FILE", "NOTIFY_AGENCIES__SIGNING_KEY_FILE", "NOTIFY_AGENCIES__ACCOUNTS_FILE")
    return dict.fromkeys(by_account, "") | {
        "CAUNOI_BUS__USER": NATS_USER,
        "CAUNOI_BUS__PASSWORD_FILE": str(secrets / "nats"),
        "CAUNOI_BUS__REPLICAS": str(NODES),
    }


def _with_accounts(directory: Path) -> Nats:
    return Nats(directory / CITY, accounts=nats_accounts(directory / CITY, now=SystemClock().now()))


@asynccontextmanager
async def fleet_in(directory: Path, *, nats: Cluster | None = None) -> AsyncIterator[Fleet]:
    """Start a whole city of processes in `directory`; end all of them afterwards."""
    fleet = Fleet(directory, Postgres(directory / "postgres"), nats or _with_accounts(directory))
    try:
        fleet.start("postgres")
        fleet.start("nats")
        if nats is not None:
            await wait_until(lambda: _has_leader(nats), READY_SECONDS_MAX, what="the cluster has a leader")
        fleet.ports = {name: free_port() for name in (*SERVICES, "demo", "smtp")}
        fleet.environ = dict(_environ(fleet))
        done = caunoi("provision", **fleet.environ)
        assert done.returncode == 0, done.stderr
        for name in ("demo", *SERVICES):
            fleet.start(name)
        await fleet.ready()
        yield fleet
    finally:
        await asyncio.gather(*(asyncio.to_thread(running.end) for running in fleet.running.values()))
        for server in (fleet.nats, fleet.postgres):
            if server.is_running:
                server.stop()
