"""Every door does what its OpenAPI document says, whatever is sent: schemathesis asks as nobody, an officer, an operator, an auditor."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.names import SERVICES
from tests.system.cities import People, some_city
from tests.system.processes import shell_environment

EXAMPLES = 10
SEED = 1
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
)
"""Not among them: that what fits the schema is accepted. A code has a check symbol, a commune has to exist: no schema says so."""
PEOPLE = (None, "canbo.hoankiem", "vanhanh", "kiemtoan")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with some_city(tmp_path_factory.mktemp("described")) as people:
        yield people


@pytest.mark.parametrize("account", PEOPLE)
@pytest.mark.parametrize("service", SERVICES)
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
    command += ["--no-color", "--exclude-path-regex", "/ready$|/imports/"]
    if account is not None:
        command += ["-H", f"Authorization: {city.bearer(account)['Authorization']}"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=shell_environment(), timeout=300
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
