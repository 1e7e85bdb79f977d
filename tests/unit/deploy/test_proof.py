"""`caunoi proof verify`: what it says of good and bad receipts, and that it asks nobody."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.main import build
from shared.tlog.verify import pack_receipt
from tests.unit.tlog import receipts

GOOD = receipts.receipt()
KEY = str(receipts.KEY)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good").write_text(GOOD, encoding="utf-8")
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    (tmp_path / "scanned").write_text(f"https://x.example/audit/proof#{pack_receipt(GOOD)}\n", encoding="utf-8")
    (tmp_path / "words").write_text(receipts.TEXT + "\n", encoding="utf-8")
    (tmp_path / "cut").write_text(GOOD[:-20], encoding="utf-8")
    return tmp_path


def _run(*words: str, sent: str | None = None) -> tuple[int, str]:
    line = ["proof", "verify", *words]
    done = CliRunner().invoke(build(line), line, input=sent)
    return done.exit_code, done.output


@pytest.mark.parametrize(("file", "key"), [("good", "key"), ("good", KEY), ("scanned", "key")])
def test_a_good_receipt_is_proven(folder: Path, file: str, key: str) -> None:
    status, said = _run(file, "--key", key, "--code", receipts.CODE)
    assert status == 0, said
    assert all(word in said for word in (receipts.CODE, "08:15:02 05/10/2026", "5 / 7", "ĐÚNG", "PROVEN"))
    assert folder.is_dir()


@pytest.mark.usefixtures("folder")
def test_the_words_are_tried() -> None:
    assert "the words" in _run("good", "--key", "key", "--content", "words")[1]
    status, said = _run("good", "--key", "key", "--content", "key")
    assert (status, "NỘI DUNG KHÁC" in said, "OTHER CONTENT" in said) == (1, True, True)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "vietnamese", "english"),
    [
        (("cut", "--key", KEY), "bị cắt", "cut off"),
        (("words", "--key", KEY), "không phải tệp biên nhận", "not a receipt"),
        (("good", "--key", str(receipts.OTHER_KEY)), "khoá khác", "Another key"),
        (("good", "--key", "words"), "Không đọc được khoá", "key cannot be read"),
        (("good", "--key", KEY, "--code", "AAAA-AAAA-AAAA"), "đơn khác", "another petition"),
        (("good", "--key", KEY, "--witness", str(receipts.OTHER_KEY)), "chứng kiến", "witnesses"),
    ],
)
def test_each_failure_has_its_words(words: tuple[str, ...], vietnamese: str, english: str) -> None:
    status, said = _run(*words)
    assert (status, vietnamese in said, english in said) == (1, True, True), said


@pytest.mark.usefixtures("folder")
def test_a_changed_byte_is_noticed_on_stdin_too() -> None:
    assert _run("-", "--key", KEY, sent=GOOD)[0] == 0
    assert _run("-", "--key", KEY, sent=GOOD.replace("index 4", "index 3"))[0] == 1


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_not_there_is_no_bad_receipt() -> None:
    assert _run("nowhere", "--key", KEY)[0] == 2
    assert _run("good", "--key", "nowhere")[0] == 2


def test_a_denunciation_is_not_called_one() -> None:
    said = receipts.receipt(said=receipts.record(sealed=True), code=None)
    status, shown = _run("-", "--key", KEY, sent=said)
    assert (status, receipts.CODE in shown) == (0, False)


def test_nothing_is_asked_of_any_system(folder: Path) -> None:
    refuse = "sys.addaudithook(lambda event, _: os._exit(9) if event in ('socket.connect', 'socket.getaddrinfo') else None)"
    command = f"import os, sys; {refuse}; from deploy.cli.main import main; main()"
    line = [sys.executable, "-c", command, "proof", "verify", "good", "--key", "key"]
    environ = {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": ""}
    done = subprocess.run(line, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
