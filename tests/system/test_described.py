"""Every door does what its OpenAPI document says, whatever is sent: schemathesis asks as nobody and as each role.

What its examples show is what the doors answer.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.local.rights import doors
from deploy.names import SERVICES
from shared.contracts.words import Role
from tests.system.cities import People, some_city
from tests.system.processes import shell_environment

EXAMPLES = 10
SEED = 1
JSON_TYPE = "application/json"
OFFICER = "canbo.hoankiem"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
)
"""Not among them: that what fits the schema is accepted. A code has a check symbol, a commune has to exist: no schema says so."""
PEOPLE: Mapping[str | None, Role | None] = {
    None: None,
    "canbo.hoankiem": Role.OFFICER,
    "tiepdan.thanhpho": Role.CLERK,
    "lanhdao.hoankiem": Role.HEAD,
    "chutich": Role.LEADER,
    "vanhanh": Role.OPERATOR,
    "kiemtoan": Role.AUDITOR,
}
"""Nobody asks at every door; each role at those that it opens: that the others are closed to it tests/component/test_rights.py says."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("described")) as people:
        yield people


DOORS = doors()


def paths_for(service: str, role: Role | None) -> list[str]:
    """Return the paths to ask at as somebody with a role: what it opens and not everybody; for nobody all."""
    return sorted({door.path for door in DOORS[service] if role is not None and not door.is_public and door.is_open_to(role)})


CASES = [
    (service, account) for service in SERVICES for account, role in PEOPLE.items() if role is None or paths_for(service, role)
]


def test_every_role_is_asked_as_somewhere() -> None:
    assert {account for _, account in CASES} == set(PEOPLE)
    assert set(PEOPLE.values()) == {None, *Role} - {Role.SERVICE}


@pytest.mark.parametrize(("service", "account"), CASES)
def test_every_door_answers_as_described(city: People, service: str, account: str | None, tmp_path: Path) -> None:
    url = f"{city.url}/{service}"
    config = tmp_path / "schemathesis.toml"  # an empty one: nobody's own settings count
    config.write_text("")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{url}/api/openapi.json"]
    command += [
        "--url",
        url,
        "--checks",
        CHECKS,
        "--phases",
        "examples,coverage,fuzzing",
        "-n",
        str(EXAMPLES),
        "--seed",
        str(SEED),
    ]
    command += ["--no-color", *(part for path in paths_for(service, PEOPLE[account]) for part in ("--include-path", path))]
    if account is not None:
        command += ["-H", f"Authorization: {city.bearer(account)['Authorization']}"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=shell_environment(), timeout=300
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def test_what_the_examples_show_is_what_the_doors_answer(city: People) -> None:
    lodged = city.http.post(
        "/intake/api/petitions", json=_shown(city, "intake", "/api/petitions", "post")[0] | {"topic": "rac-thai"}
    )
    code = lodged.json()["code"]
    city.wait_for(code, "routing petition.routed", "escalation deadline.set", "notify notice.sent")
    seen = {
        ("intake", "/api/petitions/{code}"): city.look(code),
        ("routing", "/api/petitions/{code}"): city.get(OFFICER, f"/routing/api/petitions/{code}"),
        ("routing", "/api/queue"): city.get(OFFICER, "/routing/api/queue"),
        ("routing", "/api/petitions/{code}/explain"): city.get(OFFICER, f"/routing/api/petitions/{code}/explain"),
        ("escalation", "/api/petitions/{key}/deadlines"): city.get(OFFICER, f"/escalation/api/petitions/{code}/deadlines"),
        ("notify", "/api/petitions/{code}/notices"): city.get("kiemtoan", f"/notify/api/petitions/{code}/notices"),
        ("audit", "/api/petitions/{key}/trace"): city.trace(code),
        ("intake", "/api/search"): city.get(OFFICER, "/intake/api/search"),
    }
    accepted = city.act(OFFICER, code, "accept", version=1)
    assert (lodged.status_code, accepted.status_code) == (201, 200), accepted.text
    assert _members(accepted.json()) == _members(_shown(city, "routing", "/api/petitions/{code}/accept", "post")[1])
    for (service, path), answer in seen.items():
        told, shown = _members(answer), _members(_shown(city, service, path, "get")[1])
        assert told == {name: shown.get(name) for name in told}, path  # an example may show more than a quiet life has


def _shown(city: People, service: str, path: str, method: str) -> tuple[Any, Any]:
    """Return the examples of a door: what is sent, and what is answered when it does its work."""
    operation = city.http.get(f"/{service}/api/openapi.json").json()["paths"][path][method]
    sent = operation.get("requestBody", {}).get("content", {}).get(JSON_TYPE, {})
    answer = operation["responses"].get("200", {}).get("content", {}).get(JSON_TYPE, {})
    return tuple(next((item["value"] for item in part.get("examples", {}).values()), None) for part in (sent, answer))  # type: ignore[return-value]  # two


def _members(answer: dict[str, Any]) -> dict[str, list[str]]:
    """Return the names in an answer and in the first of each list in it."""
    inner = {
        name: sorted(value[0])
        for name, value in answer.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    return {"": sorted(answer)} | inner
