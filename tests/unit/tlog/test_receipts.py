"""What a receipt proves, and that nothing of it can be changed unnoticed."""

import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import verify as tlog
from tests.unit.tlog import receipts

GOOD = receipts.receipt()
WITNESSED = receipts.receipt(
    signed=receipts.checkpoint(receipts.log_of(tlog.entry_for(receipts.ENTRY_SALT, receipts.record().encode())), witnesses=2)
)


def _code(said: str | bytes, key: tlog.Vkey = receipts.KEY, *, code: str | None = None) -> str:
    with pytest.raises(tlog.ProofError) as caught:
        tlog.verify_receipt(said, key, code=code)
    vietnamese, english = tlog.words_for(caught.value)
    assert vietnamese
    assert english
    return caught.value.code


@pytest.mark.parametrize("said", [GOOD, GOOD.encode(), WITNESSED, GOOD.replace("\n", "\r\n")])
def test_a_receipt_verifies_alone(said: str | bytes) -> None:
    receipt = tlog.verify_receipt(said, str(receipts.KEY), code="hn8k 2fq7 xm3p")
    assert (receipt.code, receipt.event["time"]) == (receipts.CODE, "2026-10-05T01:15:02.123456Z")
    assert (receipt.proven.proof.index, receipt.proven.opened.checkpoint.size) == (4, 7)


@pytest.mark.parametrize("said", [GOOD, WITNESSED], ids=["signed", "witnessed"])
def test_no_byte_of_a_receipt_can_be_changed_unnoticed(said: str) -> None:
    raw = said.encode()
    for place in range(len(raw)):
        for bit in (0x01, 0x20, 0x80):
            bad = raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]
            with pytest.raises(tlog.ProofError):
                tlog.verify_receipt(bad, receipts.KEY)


@given(st.integers(0, len(GOOD.encode()) - 1), st.integers(1, 255))
def test_no_byte_can_become_any_other(place: int, change: int) -> None:
    raw = GOOD.encode()
    with pytest.raises(tlog.ProofError):
        tlog.verify_receipt(raw[:place] + bytes([raw[place] ^ change]) + raw[place + 1 :], receipts.KEY)


@given(st.integers(0, len(GOOD.encode()) - 1))
def test_a_receipt_that_is_cut_off_proves_nothing(length: int) -> None:
    assert _code(GOOD.encode()[:length])


def test_a_receipt_without_its_end_is_said_to_be_cut_off() -> None:
    assert _code(GOOD[:-1]) == "truncated"
    assert _code(GOOD[: GOOD.index("\n\n")]) == "truncated"


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_what_is_no_receipt_is_said_to_be_none(said: str | bytes) -> None:
    assert _code(said) in {"not_a_receipt", "bad_scan"}


def test_a_log_that_changed_its_key_has_several() -> None:
    assert tlog.verify_receipt(GOOD, f"{receipts.OTHER_KEY}\n{receipts.KEY}\n").code == receipts.CODE


def test_another_key_and_another_petition_are_told_apart() -> None:
    assert _code(GOOD, receipts.OTHER_KEY) == "not_signed"
    assert _code(GOOD, code="HN8K-2FQ7-XM3Q") == "wrong_petition"


def test_a_receipt_that_others_signed_under_the_same_name_is_not_ours() -> None:
    entry = tlog.entry_for(receipts.ENTRY_SALT, receipts.record().encode())
    signed = receipts.checkpoint(receipts.log_of(entry), secret=receipts.OTHER_SECRET, key=receipts.KEY)
    assert _code(receipts.receipt(signed=signed)) == "signature"


def test_a_code_or_content_beside_another_record_is_refused() -> None:
    content = receipts.content()
    assert _code(receipts.receipt(code="HN8K-2FQ7-XM3Q")) == "other_code"
    assert _code(receipts.receipt(content=content | {"text": content["details"]})) == "other_content"
    assert _code(receipts.receipt(content={"text": content["text"]})) == "bad_receipt"
    assert _code(receipts.receipt(content=content | {"text": {"digest": "x"}})) == "bad_receipt"
    assert _code(receipts.receipt(more="x")) == "bad_receipt"
    assert _code(receipts.receipt(form="caunoi.receipt.v2")) == "bad_receipt"
    assert _code(receipts.receipt(said=receipts.record(type="petitions.routing.petition.closed.v1"))) == "other_event"


def test_a_receipt_may_be_silent_on_code_and_content() -> None:
    receipt = tlog.verify_receipt(receipts.receipt(code=None, content=None), receipts.KEY)
    assert (receipt.code, receipt.parts) == (None, {})
    assert receipt.holds(receipts.TEXT.encode()) is None


@pytest.mark.parametrize(
    "content",
    [
        receipts.TEXT,
        receipts.TEXT + "\n",
        "\ufeff" + receipts.TEXT.replace("\n", "\r\n") + "\r\n",
        unicodedata.normalize("NFD", receipts.TEXT),
    ],
)
def test_the_words_are_recognised_however_a_program_writes_them(content: str) -> None:
    receipt = tlog.verify_receipt(GOOD, receipts.KEY)
    assert receipt.holds(content.encode()) == "text"
    assert receipt.holds(content.encode() + b".") is None


def test_details_are_recognised_and_who_lodged_it_cannot_be_tried() -> None:
    receipt = tlog.verify_receipt(GOOD, receipts.KEY)
    assert receipt.holds(receipts.canonical(receipts.DETAILS)) == "details"
    assert receipt.holds(receipts.canonical(receipts.PETITIONER)) is None
    content = receipts.content() | {
        "petitioner": {"digest": receipts.DIGESTS["petitioner"], "salt": receipts.SALTS["petitioner"].hex()}
    }
    opened = tlog.verify_receipt(receipts.receipt(content=content), receipts.KEY)
    assert opened.holds(receipts.canonical(receipts.PETITIONER)) == "petitioner"


def test_what_a_telephone_reads_is_the_same_receipt() -> None:
    digits = tlog.pack_receipt(WITNESSED)
    assert digits.isdecimal()
    assert tlog.unpack_receipt(digits) == WITNESSED
    for said in (
        digits,
        f"http://localhost:8000/audit/proof#{digits}",
        f"  https://x.example/audit/proof#{digits[:50]}\n{digits[50:]} ",
    ):
        assert tlog.verify_receipt(said, receipts.KEY).code == receipts.CODE


def test_no_digit_can_be_misread_unnoticed() -> None:
    digits = tlog.pack_receipt(GOOD)
    for place, digit in enumerate(digits):
        assert _code(digits[:place] + str((int(digit) + 1) % 10) + digits[place + 1 :]) == "bad_scan"
    for place in range(0, len(digits), 7):
        assert _code(digits[:place] + digits[place + 1 :]) in {"bad_scan", "not_a_receipt"}


@pytest.mark.parametrize("size", [1, 2, 3, 10_000_000, 2**40 + 1])
def test_receipts_of_large_logs_verify(size: int) -> None:
    entry = tlog.entry_for(receipts.ENTRY_SALT, receipts.record().encode())
    for index in {0, size // 3, size - 1}:
        log = receipts.large_log_of(entry, index=index, size=size)
        said = receipts.receipt(log=log)
        assert tlog.verify_receipt(tlog.pack_receipt(said), receipts.KEY).proven.proof.index == index


def test_the_file_is_a_command_that_needs_nothing_else_of_ours(tmp_path: Path) -> None:
    shutil.copy(Path(tlog.__file__), tmp_path / "verify.py")
    (tmp_path / "receipt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad").write_text(GOOD.replace("index 4", "index 5"), encoding="utf-8")
    (tmp_path / "key").write_text(f"{receipts.KEY}\n", encoding="utf-8")
    (tmp_path / "words").write_text(receipts.TEXT, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "verify.py", *arguments]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return answer.returncode, answer.stdout

    status, said = run("receipt", "key", "words")
    assert (status, receipts.CODE in said, "The content is: text" in said) == (0, True, True)
    assert run("receipt", str(receipts.KEY), "key")[0] == 1
    status, said = run("bad", "key")
    assert (status, "was changed" in said) == (1, True)
    assert run()[0] == 2


def test_the_file_asks_for_nothing_but_the_standard_library_and_cryptography(tmp_path: Path) -> None:
    shutil.copy(Path(tlog.__file__), tmp_path / "verify.py")
    asked = (
        "import importlib.util, sys; before = set(sys.modules); "
        "spec = importlib.util.spec_from_file_location('alone', 'verify.py'); module = importlib.util.module_from_spec(spec); "
        "sys.modules['alone'] = module; spec.loader.exec_module(module); "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(answer.stdout.split()) <= {"alone", "cryptography", "_cffi_backend", "_openssl"}
