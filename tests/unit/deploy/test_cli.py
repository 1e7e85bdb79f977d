"""The command line as a whole."""

from pathlib import Path

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from deploy.cli.client import var_directory
from deploy.cli.groups import group
from deploy.cli.main import PROVIDERS, build


def test_every_command_explains_itself() -> None:
    runner = CliRunner()
    shown = runner.invoke(build([]), ["--help"])
    assert shown.exit_code == 0
    for word in PROVIDERS:
        if word in get_command(build([])).commands:  # type: ignore[attr-defined]  # the root is a group
            assert runner.invoke(build([word]), [word, "--help"]).exit_code == 0, word


def test_a_group_is_shared_by_the_modules_that_fill_it() -> None:
    root = typer.Typer()
    assert group(root, "petition") is group(root, "petition")
    assert group(root, "petition") is not group(root, "calendar")


@pytest.mark.parametrize("line", [["--var", "{}", "token", "--list"], ["--var={}", "token", "--list"]])
def test_which_city_is_meant_can_be_said_before_any_command(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAUNOI_VAR", "/elsewhere")  # put back as it was after the test
    words = [word.format(tmp_path) for word in line]
    done = CliRunner().invoke(build(words), words)
    assert done.exit_code == 0, done.output
    assert var_directory() == tmp_path


def test_only_what_the_command_needs_is_loaded_though_the_city_is_named_first() -> None:
    named = get_command(build(["--var", "/nowhere", "token"]))
    assert list(named.commands) == ["token"]  # type: ignore[attr-defined]  # the root is a group
