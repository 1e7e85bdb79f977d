"""Services as containers run them: provisioned and configured from the environment, each a process of its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from deploy.local.environment import MASTER_KEY_BYTES
from deploy.local.processes import free_port
from deploy.local.servers import SUPERUSER, Nats, Postgres
from deploy.names import DATABASE, LOOPBACK, SERVICES
from shared.testing import wait_until
from tests.system.processes import Running, caunoi

Start = Callable[..., int]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of its own: provisioning sets the roles' passwords."""
    server = Postgres(tmp_path_factory.mktemp("single"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def environ(postgres: Postgres, nats_server: Nats, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What a container is given, secrets as files."""
    assert nats_server.accounts is not None
    secrets = tmp_path_factory.mktemp("secrets")

    def secret(name: str, value: str) -> str:
        (secrets / name).write_text(value)
        return str(secrets / name)

    given = {
        "CAUNOI_SUPERUSER_URL": f"postgresql://{SUPERUSER}@{LOOPBACK}:{postgres.port}/postgres",
        "CAUNOI_SUPERUSER_PASSWORD_FILE": secret("superuser", postgres.password),
        "CAUNOI_BUS__URL": nats_server.url,
        "CAUNOI_BUS__CREDENTIALS_FILE": str(nats_server.accounts.services_credentials),
        "CAUNOI_IDENTITY__ISSUER": "http://issuer/issuer",
        "CAUNOI_IDENTITY__JWKS_URL": "http://issuer/issuer/jwks",
        "CAUNOI_IDENTITY__SERVICE_SECRET_FILE": secret("tokens", "t" * 32),
        "INTAKE_MASTER_KEY_FILE": secret("master", "ab" * MASTER_KEY_BYTES),
        "INTAKE_SEALED_KEY_FILE": secret("sealed", "cd" * MASTER_KEY_BYTES),
        "ROUTING_MASTER_KEY_FILE": str(secrets / "master"),
        "ROUTING_SEALED_KEY_FILE": str(secrets / "sealed"),
        "INTAKE_ATTACHMENTS_DIR": str(tmp_path_factory.mktemp("attachments")),
        "ROUTING_INTAKE_URL": "http://intake:8000/intake",
        "NOTIFY_INTAKE_URL": "http://intake:8000/intake",
        "NOTIFY_ROUTING_URL": "http://routing:8000/routing",
        "NOTIFY_PUBLIC_URL": "http://city",
        "NOTIFY_SMTP__HOST": LOOPBACK,
        "NOTIFY_SMTP__PORT": "2525",
        "NOTIFY_SMTP__SECURITY": "none",
        "NOTIFY_SMTP__SENDER": "caunoi@example.org",
    }
    for service in SERVICES:
        given[f"{service.upper()}_DATABASE__URL"] = f"postgresql://{service}@{LOOPBACK}:{postgres.port}/{DATABASE}"
        given[f"{service.upper()}_DATABASE__PASSWORD_FILE"] = secret(service, f"password:/@ of {service}")
    return given


@pytest.fixture(scope="module")
def provisioned(environ: Mapping[str, str]) -> Mapping[str, str]:
    done = caunoi("provision", **environ)
    assert done.returncode == 0, done.stderr
    return environ


@pytest.fixture
def serve() -> Iterator[Start]:
    """A factory: ``port = serve("intake", **environ)``."""
    started: list[Running] = []

    def start(name: str, **environ: str) -> int:
        port = free_port()
        started.append(Running("serve", name, "--host", LOOPBACK, "--port", str(port), **environ))
        return port

    yield start
    for each in started:
        each.end()
        if each.process.stdout is not None:
            each.process.stdout.close()


async def _ready(http: httpx.AsyncClient, url: str) -> httpx.Response:
    """The first good answer."""

    async def answer() -> httpx.Response | None:
        try:
            found = await http.get(url)
        except httpx.TransportError:
            return None
        return found if found.is_success else None

    return await wait_until(answer, 30, what=url)


def test_provisioning_may_be_repeated(provisioned: Mapping[str, str]) -> None:
    done = caunoi("provision", **provisioned)
    assert done.returncode == 0, done.stderr


def test_the_doctor_works_from_the_environment_alone(provisioned: Mapping[str, str]) -> None:
    done = caunoi("doctor", "--json", **provisioned)
    assert done.returncode == 0, done.stdout
    assert {finding["part"] for finding in json.loads(done.stdout)} >= {"audit schema", "SEALED → notify", "streams"}


def test_the_doctor_fails_and_says_what_to_do_where_the_bus_is_away(provisioned: Mapping[str, str]) -> None:
    away = {**provisioned, "CAUNOI_BUS__URL": f"nats://{LOOPBACK}:{free_port()}"}
    done = caunoi("doctor", "--json", **away)
    assert done.returncode == 1
    failed = [finding for finding in json.loads(done.stdout) if finding["level"] == "FAIL"]
    assert [finding["part"] for finding in failed] == ["nats-server"]
    assert "CAUNOI_BUS__URL" in failed[0]["remedy"]


@pytest.mark.parametrize("name", SERVICES)
async def test_each_service_serves_itself_under_its_own_path(provisioned: Mapping[str, str], serve: Start, name: str) -> None:
    base = f"http://{LOOPBACK}:{serve(name, **provisioned)}"
    async with httpx.AsyncClient() as http:
        await _ready(http, f"{base}/{name}/ready")
        others = [(await http.get(f"{base}/{other}/health")).status_code for other in SERVICES if other != name]
    assert others == [404] * 4


async def test_the_demonstrations_issuer_and_mail_sink_share_a_port(serve: Start, tmp_path: Path) -> None:
    smtp = str(free_port())
    address = "http://demo:8000/issuer"
    port = serve("demo", CAUNOI_IDENTITY__ISSUER=address, CAUNOI_DEMO_DIR=str(tmp_path), CAUNOI_DEMO_SMTP_PORT=smtp)
    async with httpx.AsyncClient() as http:
        found = await _ready(http, f"http://{LOOPBACK}:{port}/issuer/.well-known/openid-configuration")
        mails = await http.get(f"http://{LOOPBACK}:{port}/mail/api/messages")
    assert found.json()["issuer"] == address
    assert mails.json()["items"] == []


def test_a_service_without_its_settings_names_every_one_of_them(serve: Start) -> None:
    done = caunoi("serve", "audit", "--port", "0")
    assert done.returncode == 1
    assert all(name in done.stderr for name in ("AUDIT_DATABASE", "BUS", "IDENTITY", ".env.example"))


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    done = caunoi("serve", "mayor")
    assert done.returncode == 1
    assert all(name in done.stderr for name in (*SERVICES, "demo"))
