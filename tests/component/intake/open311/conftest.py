"""Intake with routing beside it, whose topics are its services, and with a client that has a key."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from deploy.house import room
from deploy.local.environment import environment, make_secrets
from deploy.local.rights import NOWHERE
from deploy.local.secrets import client_line
from shared.kernel.clock import SystemClock
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from tests.component.intake.conftest import Intake
from tests.component.intake.open311.scene import KEY, OTHER_KEY, Client


@pytest.fixture(scope="session")
async def routing_url(issuer: KeyIssuer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Routing itself behind a real port. It has no database: the door of topics needs none."""
    var = tmp_path_factory.mktemp("routing")
    make_secrets(var)
    service = room("routing").build(environment(var, NOWHERE, given={}) | issuer.environ, clock=SystemClock())
    whole = Starlette(routes=[Mount("/routing", app=service.app)])
    config = uvicorn.Config(whole, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/routing"
    server.should_exit = True
    await running
    listener.close()


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "open311-keys"
    file.write_text("# clients\n\n" + client_line("app-1", KEY) + client_line("app-2", OTHER_KEY))
    return file


@pytest.fixture
def more_settings(routing_url: str, keys_file: Path) -> dict[str, str]:
    return {
        "INTAKE_ROUTING_URL": routing_url,
        "INTAKE_OPEN311_KEYS_FILE": str(keys_file),
        "INTAKE_OPEN311_CONTACT": "Ban Tiếp công dân",
        "CAUNOI_LIMITS__LODGE_PER_MINUTE": "3",
        "CAUNOI_LIMITS__LOOK_PER_MINUTE": "3",
    }


@pytest.fixture
async def client(intake: Intake) -> Client:
    await Client.with_communes(intake)
    return Client(intake)
