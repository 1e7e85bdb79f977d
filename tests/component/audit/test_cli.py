"""`caunoi petition trace`: what an auditor sees in a terminal."""

import json
from typing import Any

import httpx
import pytest
from nats.js import JetStreamContext
from typer.testing import CliRunner

from deploy.cli import trace as command
from deploy.cli.main import build
from shared.persistence import Database
from tests.component.audit.story import OFFICE, Asking, Story, publish
from tests.component.audit.test_log import CODE, logged


@pytest.fixture
async def answered(
    js: JetStreamContext, database: Database, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, Any]]:
    """What audit answers for a whole life, by language; the command gets these answers."""
    await publish(js, Story(CODE).whole().events)
    await logged(database, 7)
    answers: dict[str, dict[str, Any]] = {"vi": {}, "en": {}}
    for language in answers:
        answers[language] = (await ask("auditor", language=language).get(f"/api/petitions/{CODE}/trace")).json()

    def call(_http: httpx.Client, method: str, path: str, *, headers: dict[str, str]) -> httpx.Response:
        assert (method, path) == ("GET", f"/audit/api/petitions/{CODE}/trace")
        return httpx.Response(200, json=answers[headers["Accept-Language"]])

    monkeypatch.setattr(command, "client", lambda account: httpx.Client(headers={"account": account}))
    monkeypatch.setattr(command, "call", call)
    return answers


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(["petition"]), ["petition", "trace", *words])
    return result.exit_code, result.stdout


def test_a_trace_is_a_tree_of_causes_in_vietnamese(answered: dict[str, Any]) -> None:
    status, output = run(CODE)
    assert status == 0
    rows = [
        [cell.strip() for cell in line.split("│")]
        for line in output.splitlines()
        if line.startswith("│") and "2026-11-16" in line
    ]
    rows = [row for row in rows if row[1]]
    assert [row[1] for row in rows] == ["1", "2", "3", "6", "4", "5", "7"]
    assert "├ Chuyển tới cơ quan có thẩm quyền → hanoi-00070" in output
    assert "2026-11-16 08:00:00" in output
    assert "2 days, 0:00:00" in output
    assert "IH.RESOLVE@2" in output
    assert output.index("chưa xác nhận") < output.index("Tiếp nhận"), "what calls for a word comes first"
    assert "intake: không trả lời" in output
    assert f"person:canbo.hoankiem officer@{OFFICE}" in output
    assert "IH.RESOLVE: – → running 2026-11-16 09:00" in output


def test_a_trace_can_be_had_in_english_in_any_time_zone(answered: dict[str, Any]) -> None:
    status, output = run(CODE, "--language", "en", "--zone", "UTC")
    assert status == 0
    assert "Deadline breached" in output
    assert "2026-11-16 01:00:00" in output
    assert "not verified: no version is missing" in output


def test_a_trace_as_json_is_what_the_service_says(answered: dict[str, Any]) -> None:
    status, output = run(CODE, "--json")
    assert (status, json.loads(output)) == (0, answered["vi"])


def test_a_gap_is_shown_and_ends_the_command_with_status_one(answered: dict[str, Any]) -> None:
    gap = {
        "source": "routing",
        "said": 3,
        "missing": [2],
        "waiting": [],
        "text": "routing said version 3, but version 2 is missing",
    }
    answered["en"] = answered["en"] | {"is_complete": False, "gaps": [gap]}
    status, output = run(CODE, "--language", "en")
    assert status == 1
    assert "GAP routing said version 3, but version 2 is missing" in output


def test_an_unknown_time_zone_is_refused() -> None:
    status, _ = run(CODE, "--zone", "Mars/Olympus")
    assert status == 1
