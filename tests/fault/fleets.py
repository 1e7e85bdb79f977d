"""A city of single processes that can be killed one by one: PostgreSQL, nats-server, five services, issuer and mail sink."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

import httpx

from deploy.local.environment import MASTER_KEY_BYTES
from deploy.local.processes import free_port
from deploy.local.servers import NATS_USER, SUPERUSER, Nats, Postgres
from deploy.names import DATABASE, LOOPBACK, SERVICES
from shared.testing import wait_until
from tests.fault.clusters import NODES, Cluster
from tests.system.cities import People
from tests.system.processes import Logged, Running, caunoi

READY_SECONDS_MAX = 60.0
LEASE_SECONDS = "5"


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
        self.http = httpx.Client(timeout=30, transport=_ByService(fleet))


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
    secrets = fleet.directory / "secrets"
    secrets.mkdir()

    def secret(name: str, value: str) -> str:
        (secrets / name).write_text(value)
        return str(secrets / name)

    demo = f"http://{LOOPBACK}:{fleet.ports['demo']}"
    given = {
        "CAUNOI_SUPERUSER_URL": f"postgresql://{SUPERUSER}@{LOOPBACK}:{fleet.postgres.port}/postgres",
        "CAUNOI_SUPERUSER_PASSWORD_FILE": secret("superuser", fleet.postgres.password),
        "CAUNOI_BUS__URL": fleet.nats.url,
        "CAUNOI_BUS__REPLICAS": str(NODES if isinstance(fleet.nats, Cluster) else 1),
        "CAUNOI_BUS__USER": NATS_USER,
        "CAUNOI_BUS__PASSWORD_FILE": secret("nats", fleet.nats.password),
        "CAUNOI_IDENTITY__ISSUER": f"{demo}/issuer",
        "CAUNOI_IDENTITY__JWKS_URL": f"{demo}/issuer/jwks",
        "CAUNOI_IDENTITY__SERVICE_SECRET_FILE": secret("tokens", "t" * 32),
        "CAUNOI_DEMO_DIR": str(fleet.directory / "demo"),
        "CAUNOI_DEMO_SMTP_PORT": str(fleet.ports["smtp"]),
        "INTAKE_MASTER_KEY_FILE": secret("master", "ab" * MASTER_KEY_BYTES),
        "INTAKE_SEALED_KEY_FILE": secret("sealed", "cd" * MASTER_KEY_BYTES),
        "ROUTING_MASTER_KEY_FILE": str(secrets / "master"),
        "ROUTING_SEALED_KEY_FILE": str(secrets / "sealed"),
        "INTAKE_ATTACHMENTS_DIR": str(fleet.directory / "attachments"),
        "INTAKE_ROUTING_URL": fleet.url("routing"),
        "INTAKE_AUDIT_URL": fleet.url("audit"),
        "AUDIT_LOG_KEY_FILE": secret("log", "ef" * MASTER_KEY_BYTES),
        "AUDIT_LOG_DIR": str(fleet.directory / "log"),
        "AUDIT_LOG_PACE_SECONDS": "1",
        "ROUTING_INTAKE_URL": fleet.url("intake"),
        "ROUTING_ESCALATION_URL": fleet.url("escalation"),
        **{f"AUDIT_{name.upper()}_URL": fleet.url(name) for name in SERVICES if name != "audit"},
    }
    return given | _notify(fleet, demo) | _databases(fleet, secret)


def _notify(fleet: Fleet, demo: str) -> dict[str, str]:
    return {
        "NOTIFY_INTAKE_URL": fleet.url("intake"),
        "NOTIFY_ROUTING_URL": fleet.url("routing"),
        "NOTIFY_PUBLIC_URL": demo,
        "NOTIFY_LEASE_SECONDS": LEASE_SECONDS,
        "NOTIFY_SMTP__HOST": LOOPBACK,
        "NOTIFY_SMTP__PORT": str(fleet.ports["smtp"]),
        "NOTIFY_SMTP__SECURITY": "none",
        "NOTIFY_SMTP__SENDER": "caunoi@example.org",
    }


def _databases(fleet: Fleet, secret: Callable[[str, str], str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for service in SERVICES:
        given[f"{service.upper()}_DATABASE__URL"] = f"postgresql://{service}@{LOOPBACK}:{fleet.postgres.port}/{DATABASE}"
        given[f"{service.upper()}_DATABASE__PASSWORD_FILE"] = secret(service, f"password of {service}")
    return given


@asynccontextmanager
async def fleet_in(directory: Path, *, nats: Cluster | None = None) -> AsyncIterator[Fleet]:
    """Start a whole city of processes in `directory`; end all of them afterwards."""
    fleet = Fleet(directory, Postgres(directory / "postgres"), nats or Nats(directory / "nats"))
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
