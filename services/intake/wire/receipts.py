"""The receipt that whoever lodged takes home: a proof of the log (c2sp.org/tlog-proof) with all that is needed to check it alone.

Invariant: every byte of it is bound to what was recorded, so that a changed one is noticed (`shared.tlog.verify.verify_receipt`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.intake.domain.receipts import OPENED, LogProof, Recorded
from services.intake.wire.commitment import Commitment
from shared.tlog.verify import RECEIPT_FORM, Checkpoint, Note, Proof, pack_receipt

MEDIA_TYPE = "text/plain; charset=utf-8"
FILE_ENDING = ".tlog-proof"
_UNNAMED = "bien-nhan"
SIGNATURES_MAX = 8
"""The log's own and those of some witnesses: with more the QR code would be too fine to read."""


def receipt_file(found: LogProof, *, code: str | None, commitment: Commitment | None, opened: frozenset[str] = OPENED) -> str:
    """Return the text of the file. `code` None: a denunciation, whose receipt names none beside the record.

    `commitment` None: what was lodged was erased, or was lodged before events committed to it.
    """
    proof = _light(Proof.parse(found.proof))
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


def file_name(code: str | None) -> str:
    """Return how the file is called. Of a denunciation the name says nothing."""
    return f"{code or _UNNAMED}{FILE_ENDING}"


def recorded(text: str, *, page_url: str) -> Recorded:
    """Return what a paper says of a receipt. The QR code holds the address of the page that checks it, and behind `#` all of it.

    Browsers send nothing of what stands behind `#`: the page reads it, and no server does.
    """
    proof = Proof.parse(text)
    note = Note.parse(proof.checkpoint)
    checkpoint = Checkpoint.parse(note.text)
    said = json.loads(json.loads(proof.extra or b"")["record"])
    return Recorded(
        number=proof.index + 1,
        size=checkpoint.size,
        origin=checkpoint.origin,
        key_id=next((line.key_id.hex() for line in note.signatures if line.name == checkpoint.origin), ""),
        recorded_at=datetime.fromisoformat(said["time"]),
        digest=said["data"].get("content_commitment"),
        link=f"{page_url}#",
        digits=pack_receipt(text),
    )


def _light(proof: Proof) -> Proof:
    """Return a proof whose checkpoint has no more signatures than a receipt carries, the log's own first."""
    note = Note.parse(proof.checkpoint)
    origin = Checkpoint.parse(note.text).origin
    ordered = sorted(note.signatures, key=lambda line: line.name != origin)
    return replace(proof, checkpoint=str(replace(note, signatures=tuple(ordered[:SIGNATURES_MAX]))))


def _canonical(extra: Mapping[str, object]) -> bytes:
    """Return it as RFC 8785 writes it: there are texts and objects only, and names of plain letters."""
    return json.dumps(extra, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
