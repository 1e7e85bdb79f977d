"""What the doctor says of the machine: each key by its name, once."""

from pathlib import Path

import pytest

from deploy.doctor.finding import Level
from deploy.doctor.machine import KEYS, look


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    environ: dict[str, str] = {}
    for part, variables in KEYS.items():
        file = tmp_path / part
        file.write_text("ab" * 32)
        file.chmod(0o600)
        environ |= dict.fromkeys(variables, str(file))
    return environ


def found(environ: dict[str, str], data: Path) -> list[tuple[str, Level, str]]:
    return [(item.part, item.level, item.text.split()[0]) for item in look(environ, data) if item.part.endswith("key")]


def test_a_key_that_two_services_read_is_named_once_by_its_own_name(keys: dict[str, str], tmp_path: Path) -> None:
    lines = found(keys, tmp_path)
    assert [(part, level) for part, level, _ in lines] == [("master key", Level.OK), ("sealed key", Level.OK)]


def test_each_file_is_looked_at_where_two_services_are_told_different_ones(keys: dict[str, str], tmp_path: Path) -> None:
    keys["ROUTING_SEALED_KEY_FILE"] = str(tmp_path / "nowhere")
    lines = found(keys, tmp_path)
    assert [(part, level) for part, level, _ in lines] == [
        ("master key", Level.OK),
        ("sealed key", Level.OK),
        ("sealed key", Level.FAIL),
    ]


def test_what_is_not_told_is_said_once_for_each_key(tmp_path: Path) -> None:
    assert found({}, tmp_path) == [
        ("master key", Level.WARN, "INTAKE_MASTER_KEY_FILE"),
        ("sealed key", Level.WARN, "INTAKE_SEALED_KEY_FILE"),
    ]
