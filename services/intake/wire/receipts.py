"""The receipt that whoever lodged takes home: a proof of the log (c2sp.org/tlog-proof) with all that is needed to check it alone.

Invariant: every byte of it is bound to what was recorded, so that a changed one is noticed (`shared.tlog.verify.verify_receipt`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.intake.wire.commitment import DETAILS, TEXT, Commitment
from shared.tlog.verify import RECEIPT_FORM, Proof, pack_receipt

MEDIA_TYPE = "text/plain; charset=utf-8"
FILE_ENDING = ".tlog-proof"
OPENED = frozenset({TEXT, DETAILS})
"""Parts that can be tried by whoever has the receipt. Not who lodged it: whoever knows a name could try telephone numbers."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """What audit says of an event in its log: the record, the salt of its entry, and the proof in text."""

    record: str
    salt: str
    proof: str


def receipt_file(found: LogProof, *, code: str | None, commitment: Commitment | None, opened: frozenset[str] = OPENED) -> str:
    """Return the text of the file. `code` None: a denunciation, whose receipt names none beside the record.

    `commitment` None: what was lodged was erased, or was lodged before events committed to it.
    """
    proof = Proof.parse(found.proof)
    extra: dict[str, object] = {
        "checkpoint": hashlib.sha256(proof.checkpoint.encode()).hexdigest(),
        "form": RECEIPT_FORM,
        "record": found.record,
        "salt": found.salt,
    }
    if code is not None:
        extra["code"] = code
    if commitment is not None:
        extra["content"] = commitment.shown(opened=opened)
    return str(replace(proof, extra=_canonical(extra)))


def scanned(url: str, text: str) -> tuple[str, str]:
    """Return what a receipt's QR code holds: the address of the page that checks it, and the digits behind its `#`.

    Browsers send nothing of what stands behind `#`: the page reads it, and no server does.
    """
    return f"{url}#", pack_receipt(text)


def _canonical(extra: Mapping[str, object]) -> bytes:
    """Return it as RFC 8785 writes it: there are texts and objects only, and names of plain letters."""
    return json.dumps(extra, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
