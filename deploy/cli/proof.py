"""`caunoi proof verify`: whether a receipt proves what it says. Offline: nothing is asked of any system.

Exit status: 0 it is proven, 1 it is not (or the content is another one), 2 a file cannot be read.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from deploy.cli.groups import group
from shared.tlog.verify import ProofError, Receipt, keys_of, verify_receipt, words_for

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
STDIN = "-"
BYTES_MAX = 16 * 1024 * 1024
UNREADABLE = 2
_KINDS = {"text": "lời đơn · the words", "details": "các thông tin khác · the details", "petitioner": "người gửi · who lodged it"}

_ONLY_GROWN = (
    "Sổ hiện nay không phải sổ cũ dài thêm: có mục bị sửa, bị bỏ hoặc bị chèn.",
    "The log of today is not the old one grown longer.",
)
_GROWN = {
    "consistency": _ONLY_GROWN,
    "consistency_sizes": _ONLY_GROWN,
    "consistency_length": _ONLY_GROWN,
    "shrunk": ("Sổ hiện nay ngắn hơn sổ của biên nhận.", "The log of today is shorter than the receipt's."),
    "bad_tile": ("Sổ trả về phần bị thiếu.", "The log gave a tile that is too short."),
    "log_unreachable": ("Không đọc được sổ: chưa kiểm tra gì cả.", "The log cannot be read: nothing was checked."),
}


def register(root: typer.Typer) -> None:
    commands = group(root, "proof", help_text="Receipts: check offline what they prove.")
    commands.command("verify")(verify)


def verify(
    file: Annotated[
        str, typer.Argument(help="the receipt's file, or one with what a telephone read of its QR code; - reads stdin")
    ],
    key: Annotated[str, typer.Option(help="the log's public key, or a file with it")],
    content: Annotated[Path | None, typer.Option(help="a file with the words that should have been lodged")] = None,
    code: Annotated[str, typer.Option(help="the petition's code that it should be of")] = "",
    witness: Annotated[list[str] | None, typer.Option(help="key of a witness that must have signed too; several times")] = None,
) -> None:
    """Check a receipt against the log's key. Nothing is sent anywhere; the city need not even exist any more.

    Exit status 0: proven; 1: not proven, or other words than those lodged; 2: a file cannot be read.
    """
    said = read_receipt(file)
    words = _read(content) if content else None
    try:
        witnesses = [each for text in witness or () for each in keys_of(read_key(text))]
        receipt = verify_receipt(said, read_key(key), code=code or None, witnesses=witnesses, witnesses_min=len(witnesses))
    except ProofError as error:
        fail(error)
    print(_proven(receipt))
    if words is not None:
        _tried(receipt, words)


def fail(error: ProofError) -> NoReturn:
    """End the command with what does not hold, in both languages."""
    vietnamese, english = _GROWN.get(error.code) or words_for(error)
    _end(f"KHÔNG ĐÚNG: {vietnamese}\nNOT PROVEN: {english}\n  {error.code}: {error.detail}")


def read_receipt(file: str) -> bytes:
    """Return what a file or stdin (``-``) holds; end with status 2 where it cannot be read."""
    return sys.stdin.buffer.read(BYTES_MAX) if file == STDIN else _read(Path(file))


def read_key(key: str) -> str:
    """Return a key that was written out, or the keys that stand in a file."""
    return key if "+" in key else _read(Path(key)).decode("utf-8", "replace")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX)
    except OSError as error:
        print(f"Không mở được tệp {path}.\nThe file cannot be opened: {path} ({error.strerror}).", file=sys.stderr)
        raise typer.Exit(UNREADABLE) from None


def _proven(receipt: Receipt) -> str:
    checkpoint, place = receipt.proven.opened.checkpoint, receipt.proven.proof.index + 1
    is_sealed = receipt.event.get("sealed") is True
    named = "" if is_sealed else f"\n  mã tra cứu / code:        {receipt.data.get('code')}"
    witnesses = ", ".join(receipt.proven.opened.witnesses)
    return (
        "ĐÚNG: đơn này đã được ghi sổ, và biên nhận không bị sửa.\n"
        "PROVEN: this petition was recorded in the log, and the receipt is unchanged."
        f"{named}"
        f"\n  nộp lúc / lodged:         {_at(receipt.event.get('effectiveat'))}"
        f"\n  ghi lúc / recorded:       {_at(receipt.event.get('time'))}"
        f"\n  sổ / log:                 {checkpoint.origin}"
        f"\n  mục / entry:              {place} / {checkpoint.size}"
        + (f"\n  bên chứng kiến / witness: {witnesses}" if witnesses else "")
    )


def _at(instant: object) -> str:
    """Return a moment of a record in the city's time."""
    return f"{datetime.fromisoformat(str(instant)).astimezone(ZONE):%H:%M:%S %d/%m/%Y} (+07:00)"


def _tried(receipt: Receipt, content: bytes) -> None:
    found = receipt.holds(content)
    if found:
        print(f"  nội dung / content:       đúng · the same ({_KINDS[found]})")
        return
    if not any(part.salt for part in receipt.parts.values()):
        _end("KHÔNG THỬ ĐƯỢC: biên nhận này không mang dấu của nội dung.\nNOT TRIED: this receipt says nothing of the content.")
    _end("NỘI DUNG KHÁC: không phải lời đã nộp.\nOTHER CONTENT: these are not the words that were lodged.")


def _end(said: str) -> NoReturn:
    print(said, file=sys.stderr)
    raise typer.Exit(1)
