"""`caunoi open311 key`: what is printed opens the door, and only what is printed does."""

from pathlib import Path

from typer.testing import CliRunner

from deploy.cli.main import build
from services.intake.gateways.client_keys import ClientKeys


def printed(name: str) -> list[str]:
    done = CliRunner().invoke(build(["open311"]), ["open311", "key", name])
    assert done.exit_code == 0, done.output
    return [line.strip() for line in done.output.splitlines()]


def test_the_line_that_is_printed_knows_the_key_that_is_printed(tmp_path: Path) -> None:
    _, key, _, line = printed("app-1")
    _, other, _, _ = printed("app-1")
    (tmp_path / "keys").write_text(f"{line}\n")
    keys = ClientKeys(tmp_path / "keys")
    assert (keys.client_of(key), keys.client_of(other), key in line) == ("app-1", None, False)


def test_a_name_that_the_file_could_not_hold_is_refused() -> None:
    for name in ("App 1", "-x", "ứng-dụng", "x" * 41):
        assert CliRunner().invoke(build(["open311"]), ["open311", "key", "--", name]).exit_code == 1
