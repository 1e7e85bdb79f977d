"""Real servers for every test that wants them: one PostgreSQL per session, one nats-server per module.

`service_database("intake")` gives the address of a database of its own with the migrated schema of that service (a copy of a
template, so that only the first asks Alembic). `city_database()` gives the addresses of all five schemas in one database.
`bus` gives the settings of a fresh nats-server; `nats_server` is that server, to be killed and started by fault tests.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from deploy.local import provision
from deploy.local.provision import Server
from deploy.local.servers import Nats, Postgres
from deploy.names import SERVICES
from shared.messaging.settings import BusSettings

Databases = Callable[..., Awaitable[Mapping[str, str]]]
ServiceDatabase = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    server = Nats(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bus(nats_server: Nats) -> BusSettings:
    """Settings of a nats-server that this test module has for itself."""
    return BusSettings(url=nats_server.url, user=nats_server.user, password=nats_server.password)


class Templates:
    """Migrated databases to be copied, one per set of services."""

    def __init__(self, server: Postgres) -> None:
        self.admin = Server(host="127.0.0.1", port=server.port, user="postgres", password=server.password)
        self.passwords = {service: secrets.token_hex(8) for service in SERVICES}
        self._made: dict[tuple[str, ...], str] = {}
        self._copies = 0

    async def copy(self, services: tuple[str, ...]) -> tuple[str, Mapping[str, str]]:
        """Return the name of a fresh database and the address of each service's schema in it."""
        if services not in self._made:
            name = f"template_{len(self._made)}"
            await provision.provision(self.admin, {service: self.passwords[service] for service in services}, database=name)
            self._made[services] = name
        self._copies += 1
        copy = f"test_{self._copies}"
        await provision.copy_database(self.admin, self._made[services], copy, services)
        return copy, {service: self.admin.url(copy, user=service, password=self.passwords[service]) for service in services}


@pytest.fixture(scope="session")
def templates(postgres_server: Postgres) -> Templates:
    return Templates(postgres_server)


@pytest.fixture
async def databases(templates: Templates) -> AsyncIterator[Databases]:
    """A factory: ``urls = await databases("intake", "routing")``, dropped after the test."""
    made = []

    async def make(*services: str) -> Mapping[str, str]:
        name, urls = await templates.copy(services)
        made.append(name)
        return urls

    yield make
    for name in made:
        await provision.drop_database(templates.admin, name)


@pytest.fixture
def service_database(databases: Databases) -> ServiceDatabase:
    """A factory: ``url = await service_database("intake")``."""

    async def make(service: str) -> str:
        return (await databases(service))[service]

    return make


@pytest.fixture
def city_database(databases: Databases) -> Callable[[], Awaitable[Mapping[str, str]]]:
    """A factory: ``urls = await city_database()`` with all five services in one database."""

    async def make() -> Mapping[str, str]:
        return await databases(*SERVICES)

    return make


@pytest.fixture(scope="session")
def shared_files() -> Path:
    """The folder of data sets and yardsticks beside the project; the test is skipped where there is none."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no data sets beside this checkout")
    return folder
