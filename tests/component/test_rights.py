"""The matrix of rights, cell by cell: every door of every service is knocked at by nobody and by each role.

No database and no bus is there: a door that lets somebody in then fails for that reason, one that does not says who may.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from deploy.house import room
from deploy.local.environment import environment, make_secrets
from deploy.local.rights import NOWHERE, rights_page
from deploy.names import SERVICES
from shared.contracts.words import Role
from shared.identity import ServiceTokens
from shared.kernel.clock import SystemClock
from shared.testing.issuer import KeyIssuer, serving_issuer
from shared.web import Door, doors_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rights.md"
NOT_SIGNED_IN, NOT_ALLOWED = 401, 403
WAITS = ("/ready",)
"""Doors that ask the bus and wait for it: public ones, without a right to test."""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyIssuer]:
    with serving_issuer(tmp_path_factory.mktemp("issuer")) as served:
        yield served


def test_the_page_is_what_the_doors_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == rights_page(), "caunoi rights docs"


@pytest.mark.parametrize("name", SERVICES)
async def test_every_door_lets_in_whom_the_matrix_names_and_nobody_else(name: str, issuer: KeyIssuer, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    given = environment(tmp_path, NOWHERE, given={}) | issuer.environ
    service = room(name).build(given, clock=SystemClock())
    doors = [door for door in doors_of(cast("FastAPI", service.app)) if door.path not in WAITS]
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    wrong = []
    async with httpx.AsyncClient(transport=transport, base_url="http://city") as http:
        for door in doors:
            for role in (None, *Role):
                status = await knock(http, door, _headers(issuer, role))
                is_let_in = status not in (NOT_SIGNED_IN, NOT_ALLOWED)
                expected = NOT_SIGNED_IN if role is None else NOT_ALLOWED
                if is_let_in is not door.is_open_to(role) or not (is_let_in or status == expected):
                    wrong.append(f"{door.method} {door.path} {role}: {status}")
    assert wrong == []
    assert len(doors) > 3


async def knock(http: httpx.AsyncClient, door: Door, headers: dict[str, str]) -> int:
    path = re.sub(r"\{[^}]+\}", str(UUID(int=7)), door.path)
    return (await http.request(door.method, path, headers=headers)).status_code


def _headers(issuer: KeyIssuer, role: Role | None) -> dict[str, str]:
    if role is None:
        return {}
    if role is Role.SERVICE:
        token = ServiceTokens(issuer.secret_file, "routing").token(now=SystemClock().now())
    else:
        token = issuer.token("somebody", roles=[role], office="hanoi-00070")
    return {"Authorization": f"Bearer {token}"}
