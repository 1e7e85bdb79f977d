"""The command line as a whole."""

import typer
from typer.main import get_command
from typer.testing import CliRunner

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
