"""Check proofs of the log, and receipts, offline: this one file, the standard library and `cryptography`; no network.

It reads RFC 6962 and RFC 9162 (trees) and, of c2sp.org, signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof. It only
checks: nothing here signs. Everything raises `Unreadable` where the form is wrong and `Unproven` where the form is right and the
proof is not; both carry a `code` that never changes. Nothing is believed before a signature of a key that you trust is verified.
"""

import base64
import binascii
import hashlib
import json
import re
import sys
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH_BYTES = 32
SALT_BYTES = 16
PROOF_HASHES_MAX = 64
SIGNATURES_MAX = 100
NOTE_CHARACTERS_MAX = 1_000_000
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
ED25519, COSIGNATURE = 0x01, 0x04
"""Kinds of keys: a note's plain signature, and a witness's signature with the time at which it was made."""

_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 72}
_SIZE_MAX = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_BEFORE_NAME = "\u2014 "


class ProofError(ValueError):
    """It does not hold, and `code` says of what kind that is."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Unreadable(ProofError):  # noqa: N818 - named after the input, not after the error
    """It has not the form that it should have."""


class Unproven(ProofError):  # noqa: N818 - named after what is missing
    """It has the right form, and what it should prove it does not prove."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbours (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def entry_for(salt: bytes, record: bytes) -> bytes:
    """Return the entry that commits to `record` and says nothing of it to whoever has not the salt."""
    return hashlib.sha256(salt + record).digest()


def verify_inclusion(*, index: int, size: int, leaf: bytes, hashes: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf with hash `leaf` is number `index` (from 0) of the tree (RFC 9162, 2.1.3.2). Raises Unproven."""
    if not 0 <= index < size:
        raise Unproven("index_outside", f"entry {index} is not in a log of {size} entries")
    place, last, found = index, size - 1, leaf
    for other in hashes:
        if last == 0:
            raise Unproven("inclusion_length", "the proof has more hashes than the tree has levels")
        if place & 1 or place == last:
            found = node_hash(other, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, other)
        place, last = place >> 1, last >> 1
    if last:
        raise Unproven("inclusion_length", "the proof has fewer hashes than the tree has levels")
    if found != root:
        raise Unproven("inclusion", f"the proof of entry {index} leads to another root than the checkpoint's")


def verify_consistency(*, old_size: int, old_root: bytes, new_size: int, new_root: bytes, hashes: Sequence[bytes]) -> None:
    """Check that the new tree only adds leaves behind those of the old one (RFC 9162, 2.1.4.2). Raises Unproven."""
    if not 0 <= old_size <= new_size:
        raise Unproven("consistency_sizes", f"a log of {old_size} entries cannot have become one of {new_size}")
    if old_size in (0, new_size):
        if hashes:
            raise Unproven("consistency_length", "between these two sizes the proof must be empty")
        if old_root != (EMPTY_ROOT if old_size == 0 else new_root):
            raise Unproven("consistency", f"the roots of {old_size} entries differ")
        return
    path = [old_root, *hashes] if old_size & (old_size - 1) == 0 else list(hashes)
    if not path:
        raise Unproven("consistency_length", "the proof is empty")
    old, new, sizes_end = _two_roots(path, old_size - 1, new_size - 1)
    if sizes_end:
        raise Unproven("consistency_length", "the proof has fewer hashes than the tree has levels")
    if old != old_root or new != new_root:
        raise Unproven("consistency", f"the log of {new_size} entries is not the one of {old_size} entries grown longer")


def _two_roots(path: Sequence[bytes], old_last: int, new_last: int) -> tuple[bytes, bytes, int]:
    while old_last & 1:
        old_last, new_last = old_last >> 1, new_last >> 1
    old = new = path[0]
    for other in path[1:]:
        if new_last == 0:
            raise Unproven("consistency_length", "the proof has more hashes than the tree has levels")
        if old_last & 1 or old_last == new_last:
            old, new = node_hash(other, old), node_hash(other, new)
            while old_last and not old_last & 1:
                old_last, new_last = old_last >> 1, new_last >> 1
        else:
            new = node_hash(new, other)
        old_last, new_last = old_last >> 1, new_last >> 1
    return old, new, new_last


@dataclass(frozen=True, slots=True)
class Vkey:
    """A public key as people pass it on: ``name+key id+base64(kind, key)`` (c2sp.org/signed-note)."""

    name: str
    kind: int
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one. Raises Unreadable."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]) or not _KEY_ID.fullmatch(parts[1]):  # noqa: PLR2004 - the three parts
            raise Unreadable("bad_vkey", "a key has the form name+id+base64, for example log.example/a+1a2b3c4d+AbCd…")
        blob = _unbase64(parts[2], "the key")
        key = cls(name=parts[0], kind=blob[0] if blob else 0, public_key=blob[1:])
        if key.kind not in _SIGNATURE_BYTES or len(key.public_key) != HASH_BYTES:
            raise Unreadable("bad_vkey", f"the key of {key.name} is neither of kind 1 (Ed25519) nor of kind 4 (a witness)")
        if key.key_id.hex() != parts[1]:
            raise Unreadable("bad_vkey", f"the id in the key of {key.name} does not fit the key: it was copied wrongly")
        return key

    @property
    def key_id(self) -> bytes:
        """Four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public_key).decode()}"

    def verify(self, text: str, signature: bytes) -> int | None:
        """Check a signature of `text`; return when a witness made it, in seconds since 1970. Raises Unproven."""
        at = None
        message = text.encode()
        if len(signature) != _SIGNATURE_BYTES[self.kind]:
            raise Unproven("signature", f"a signature of {self.name} has the wrong length")
        if self.kind == COSIGNATURE:
            at = int.from_bytes(signature[:8], "big")
            message = cosigned_message(text, at)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature[-64:], message)
        except InvalidSignature:
            raise Unproven("signature", f"the signature of {self.name} is not good") from None
        return at


def cosigned_message(text: str, at: int) -> bytes:
    """Return what a witness signs: the note's text, and when (c2sp.org/tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def is_key_name(name: str) -> bool:
    """Whether `name` may name a key: not empty, without spaces and plus signs."""
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < ord(" ") for c in name)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line of a note: whose, and the bytes, whatever they are."""

    name: str
    key_id: bytes
    signature: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line, with or without its end. Raises Unreadable."""
        name, space, blob = line.removesuffix("\n").removeprefix(_BEFORE_NAME).partition(" ")
        if not line.startswith(_BEFORE_NAME) or not space or not is_key_name(name):
            raise Unreadable("bad_note", "a signature line has the form: em dash, space, name, space, base64")
        raw = _unbase64(blob, f"the signature of {name}")
        if len(raw) <= 4:  # noqa: PLR2004 - the key id
            raise Unreadable("bad_note", f"the signature of {name} is too short")
        return cls(name=name, key_id=raw[:4], signature=raw[4:])

    def __str__(self) -> str:
        return f"{_BEFORE_NAME}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures (c2sp.org/signed-note). `text` ends in a newline. Nothing of it is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one. Raises Unreadable."""
        if len(text) > NOTE_CHARACTERS_MAX or any(ord(c) < ord(" ") and c != "\n" for c in text):
            raise Unreadable("bad_note", "a signed note is too long or holds control characters")
        body, blank, tail = text.rpartition("\n\n")
        if not body or not blank or not tail.endswith("\n") or not 1 <= tail.count("\n") <= SIGNATURES_MAX:
            raise Unreadable("bad_note", "a signed note is a text, an empty line and signature lines, each with its end")
        lines = tail[:-1].split("\n")
        return cls(text=body + "\n", signatures=tuple(Signature.parse(line) for line in lines))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    def verified_by(self, keys: Iterable[Vkey]) -> Mapping[Vkey, int | None]:
        """Return which of `keys` signed, and when where they say so. Others' signatures count nothing.

        Raises Unproven where a signature of one of `keys` is not good: then nothing of the note is to be believed.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found: dict[Vkey, int | None] = {}
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is not None:
                found[key] = key.verify(self.text, line.signature)
        return found


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How a log stands: its name, how many entries it has, and the root that commits to all of them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a note (not its signatures). Raises Unreadable."""
        lines = text.removesuffix("\n").split("\n")
        if not text.endswith("\n") or len(lines) < 3 or not all(lines):  # noqa: PLR2004 - origin, size, root
            raise Unreadable("bad_checkpoint", "a checkpoint has the lines origin, size and root, none of them empty")
        root = _unbase64(lines[2], "the root")
        if len(root) != HASH_BYTES:
            raise Unreadable("bad_checkpoint", "the root of a checkpoint has 32 bytes")
        return cls(origin=lines[0], size=_number(lines[1], "the size"), root=root, extensions=tuple(lines[3:]))

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, self.size, base64.b64encode(self.root).decode(), *self.extensions))


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint that its log signed. `witnesses`: who of those asked for signed too, and when (seconds since 1970)."""

    checkpoint: Checkpoint
    note: Note
    witnesses: Mapping[str, int | None]


def open_checkpoint(text: str, key: Vkey, *, witnesses: Sequence[Vkey] = (), witnesses_min: int = 0) -> Opened:
    """Read a signed checkpoint and check it: `key` signed it and names its origin. Raises Unreadable, Unproven."""
    note = Note.parse(text)
    by = note.verified_by([key, *witnesses])
    if key not in by:
        raise Unproven("not_signed", f"no signature is of {key.name} with the key id {key.key_id.hex()}")
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise Unproven("other_origin", f"the checkpoint is of {checkpoint.origin}, the key of {key.name}")
    seen = {witness.name: at for witness, at in by.items() if witness != key}
    if len(seen) < witnesses_min:
        raise Unproven("too_few_witnesses", f"{len(seen)} of the witnesses signed, {witnesses_min} are asked for")
    return Opened(checkpoint=checkpoint, note=note, witnesses=seen)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as a file holds it (c2sp.org/tlog-proof). Nothing of it is verified yet."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one. Raises Unreadable."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != PROOF_HEADER:
            raise Unreadable(
                "bad_proof", f"a proof begins with the line {PROOF_HEADER} and has an empty line before the checkpoint"
            )
        extra = _unbase64(lines.pop(0).removeprefix("extra "), "extra") if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise Unreadable("bad_proof", "the line `index` with the number of the entry is missing")
        index = _number(lines.pop(0).removeprefix("index "), "the index")
        hashes = tuple(_unbase64(line, "a hash") for line in lines)
        if len(hashes) > PROOF_HASHES_MAX or any(len(found) != HASH_BYTES for found in hashes):
            raise Unreadable("bad_proof", f"a proof has at most {PROOF_HASHES_MAX} hashes of 32 bytes")
        return cls(index=index, hashes=hashes, checkpoint=checkpoint, extra=extra)

    def __str__(self) -> str:
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        hashes = [base64.b64encode(found).decode() for found in self.hashes]
        return "\n".join([PROOF_HEADER, *extra, f"index {self.index}", *hashes, "", self.checkpoint])


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof proves: `record` (where `extra` carries it) is entry `index` of the log as `opened` shows it."""

    proof: Proof
    opened: Opened
    entry: bytes
    record: bytes | None
    extra: Mapping[str, object]


def verify_proof(
    text: str, key: Vkey | str, *, entry: bytes | None = None, witnesses: Sequence[Vkey] = (), witnesses_min: int = 0
) -> Proven:
    """Check a proof against the log's key. Raises Unreadable, Unproven.

    `entry` is what the log should hold (`entry_for`). Without it the proof verifies alone: `extra` is then a JSON object with
    ``record`` (text) and ``salt`` (hex). Of `extra` only these two are proven; everything else in it is for the caller to check.
    """
    key = Vkey.parse(key) if isinstance(key, str) else key
    proof = Proof.parse(text)
    record, extra = None, {} if entry is not None else _extra_of(proof)
    if entry is None:
        record, entry = _record_of(extra)
    opened = open_checkpoint(proof.checkpoint, key, witnesses=witnesses, witnesses_min=witnesses_min)
    size, root = opened.checkpoint.size, opened.checkpoint.root
    verify_inclusion(index=proof.index, size=size, leaf=leaf_hash(entry), hashes=proof.hashes, root=root)
    return Proven(proof=proof, opened=opened, entry=entry, record=record, extra=extra)


def _extra_of(proof: Proof) -> Mapping[str, object]:
    try:
        extra = json.loads((proof.extra or b"").decode())
    except (ValueError, RecursionError):
        extra = None
    if not isinstance(extra, dict):
        raise Unreadable("bad_extra", "the line `extra` does not hold the record and its salt: give the entry")
    return extra


def _record_of(extra: Mapping[str, object]) -> tuple[bytes, bytes]:
    record, salt = extra.get("record"), extra.get("salt")
    if not isinstance(record, str) or not isinstance(salt, str) or not re.fullmatch(r"[0-9a-f]{32}", salt):
        raise Unreadable("bad_extra", "`extra` has no text `record` or no `salt` of 32 hexadecimal digits")
    try:
        raw = record.encode()
    except UnicodeEncodeError:
        raise Unreadable("bad_extra", "`record` is no Unicode text") from None
    return raw, entry_for(bytes.fromhex(salt), raw)


def _number(text: str, what: str) -> int:
    if not _DECIMAL.fullmatch(text) or int(text) > _SIZE_MAX:
        raise Unreadable("bad_number", f"{what} is no decimal number without leading zeros")
    return int(text)


def _unbase64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise Unreadable("bad_base64", f"{what} is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Unreadable("bad_base64", f"{what} is not written as base64 is (RFC 4648, section 4)")
    return raw


# Receipts: proofs that their petition was lodged. `extra` says what was lodged, each byte of it bound to the record.

RECEIPT_FORM = "caunoi.receipt.v1"
CONTENT_FORM = "caunoi.content.v1"
CONTENT_PARTS = ("details", "petitioner", "text")
LODGED = "petitions.intake.petition.lodged.v1"
SCANNED_CHARACTERS_MAX = 20_000
RECEIPT_BYTES_MAX = 1_000_000
_GROUP_BYTES = 7
_DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, 7: 17}
"""How many decimal digits stand for so many bytes: a QR code holds digits best, and an address may end in them."""
_CHECK_BYTES = 8
_SCANNED = re.compile(r"(?:.*[#:])?\s*([0-9\s]{40,})", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what was lodged: the digest of salt and content. `salt` None: it is kept closed, no content can be tried."""

    digest: bytes
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A petition that was in the log: its event as it was recorded; the parts of what was lodged where it commits to them."""

    proven: Proven
    event: Mapping[str, object]
    data: Mapping[str, object]
    code: str | None
    parts: Mapping[str, Part]

    def holds(self, content: bytes) -> str | None:
        """Return the name of the part that `content` is, byte by byte or as programs write the same words; None where of none."""
        for name, part in self.parts.items():
            if part.salt is not None and any(entry_for(part.salt, form) == part.digest for form in _forms_of(content)):
                return name
        return None


def verify_receipt(
    said: str | bytes, key: Vkey | str, *, code: str | None = None, witnesses: Sequence[Vkey] = (), witnesses_min: int = 0
) -> Receipt:
    """Check a receipt: the text of its file, or what a telephone read of its QR code. Raises Unreadable, Unproven.

    `key` may be several, one a line: a log that changed its key has more than one.

    Every byte counts. With `code` the receipt must be that petition's. What was lodged is then tried with `Receipt.holds`.
    """
    text = receipt_text(said)
    key = _signer_of(text, keys_of(key) if isinstance(key, str) else [key])
    proven = verify_proof(text, key, witnesses=witnesses, witnesses_min=witnesses_min)
    extra, checkpoint = proven.extra, proven.proof.checkpoint
    written = json.dumps(extra, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    is_known = set(extra) <= {"checkpoint", "code", "content", "form", "record", "salt"} and extra.get("form") == RECEIPT_FORM
    if not is_known or written != proven.proof.extra or str(proven.proof) != text:
        raise Unreadable("bad_receipt", f"it is a proof, and no receipt of the form {RECEIPT_FORM}")
    if extra.get("checkpoint") != hashlib.sha256(checkpoint.encode()).hexdigest():
        raise Unproven("altered", "the checkpoint is not the one that the receipt was made with")
    event, data = _event_of(proven.record or b"")
    if event.get("type") != LODGED:
        raise Unproven("other_event", "what it proves is not that a petition was lodged")
    said_code = extra.get("code")
    if ("code" in extra and said_code != data.get("code")) or not isinstance(said_code, str | None):
        raise Unproven("other_code", "the code beside the record is not the record's")
    if code is not None and _plain(code) != _plain(str(data.get("code"))):
        raise Unproven("wrong_petition", "the receipt is another petition's")
    return Receipt(proven=proven, event=event, data=data, code=said_code, parts=_parts_of(extra, data))


def keys_of(text: str) -> list[Vkey]:
    """Read keys, one a line. Raises Unreadable where there is none."""
    return [Vkey.parse(line) for line in text.split("\n") if line.strip()] or [Vkey.parse("")]


def _signer_of(text: str, keys: Sequence[Vkey]) -> Vkey:
    """Return the key that a receipt's checkpoint names, else the first."""
    named = {(line.name, line.key_id) for line in Note.parse(Proof.parse(text).checkpoint).signatures}
    return next((key for key in keys if (key.name, key.key_id) in named), keys[0])


def receipt_text(said: str | bytes) -> str:
    """Return the text of a receipt's file out of what somebody has: the file, or the digits of its QR code. Raises Unreadable."""
    try:
        text = said.decode() if isinstance(said, bytes) else said
    except UnicodeDecodeError:
        raise Unreadable("not_a_receipt", "it is no text") from None
    if len(text) > RECEIPT_BYTES_MAX:
        raise Unreadable("not_a_receipt", "it is too large for a receipt")
    if len(text) <= SCANNED_CHARACTERS_MAX and (scanned := _SCANNED.fullmatch(text.strip())):
        return unpack_receipt("".join(scanned[1].split()))
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):  # as some mail programs write it
        text = text.replace("\r\n", "\n")
    if not text.startswith(PROOF_HEADER + "\n"):
        raise Unreadable("not_a_receipt", f"a receipt begins with the line {PROOF_HEADER}")
    if "\n\n" not in text or not text.endswith("\n"):
        raise Unreadable("truncated", "the end is missing")
    return text


def pack_receipt(text: str) -> str:
    """Return the digits of a receipt's QR code: its text with `extra` in the clear, deflated, with a check of eight bytes."""
    proof = Proof.parse(text)
    clear = replace(proof, extra=b"")
    head, rest = str(clear).split("\n", 1)
    plain = f"{head}\n".encode() + (proof.extra or b"") + b"\n" + rest.removeprefix("extra \n").encode()
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(plain) + deflate.flush()
    packed += hashlib.sha256(packed).digest()[:_CHECK_BYTES]
    groups = [packed[start : start + _GROUP_BYTES] for start in range(0, len(packed), _GROUP_BYTES)]
    return "".join(f"{int.from_bytes(group, 'big'):0{_DIGITS[len(group)]}d}" for group in groups)


def unpack_receipt(digits: str) -> str:
    """Return the text of the file that a QR code's digits stand for. Raises Unreadable: every digit counts."""
    packed = _bytes_of(digits)
    body, check = packed[:-_CHECK_BYTES], packed[-_CHECK_BYTES:]
    if hashlib.sha256(body).digest()[:_CHECK_BYTES] != check:
        raise Unreadable("bad_scan", "a digit is missing or was misread")
    inflate = zlib.decompressobj(-15)
    try:
        head, extra, rest = inflate.decompress(body, RECEIPT_BYTES_MAX).decode().split("\n", 2)
    except (zlib.error, ValueError):
        raise Unreadable("bad_scan", "what the digits hold cannot be read") from None
    if not inflate.eof or inflate.unused_data:
        raise Unreadable("bad_scan", "what the digits hold has not its own end")
    return f"{head}\nextra {base64.b64encode(extra.encode()).decode()}\n{rest}"


def _bytes_of(digits: str) -> bytes:
    lengths = {length: size for size, length in _DIGITS.items()}
    found = b""
    for start in range(0, len(digits), _DIGITS[_GROUP_BYTES]):
        group = digits[start : start + _DIGITS[_GROUP_BYTES]]
        size, value = lengths.get(len(group), 0), int(group)
        if value >= 1 << 8 * size:
            raise Unreadable("bad_scan", "a digit is missing or was misread")
        found += value.to_bytes(size, "big")
    return found


def _event_of(record: bytes) -> tuple[Mapping[str, object], Mapping[str, object]]:
    try:
        event = json.loads(record)
    except (ValueError, RecursionError):
        event = None
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(data, dict):
        raise Unproven("other_event", "the record is no event")
    return event, data


def _parts_of(extra: Mapping[str, object], data: Mapping[str, object]) -> Mapping[str, Part]:
    """Return the parts. Raises Unproven unless they are what the record commits to, Unreadable where they are none."""
    shown = extra.get("content")
    if "content" not in extra:
        return {}
    if not isinstance(shown, dict) or sorted(shown) != list(CONTENT_PARTS):
        raise Unreadable("bad_receipt", "`content` has not the parts details, petitioner and text")
    parts, lines = {}, [f"{CONTENT_FORM}\n"]
    for name in CONTENT_PARTS:
        part = shown[name]
        forms = {"digest": _SHA256, "salt": _SALT} if isinstance(part, dict) and "salt" in part else _CLOSED
        if not isinstance(part, dict) or set(part) != set(forms):
            raise Unreadable("bad_receipt", f"the part {name} has not a digest and a salt")
        if not all(isinstance(part[field], str) and form.fullmatch(part[field]) for field, form in forms.items()):
            raise Unreadable("bad_receipt", f"the part {name} has not a digest and a salt")
        salt = bytes.fromhex(part["salt"]) if "salt" in part else None
        parts[name] = Part(digest=bytes.fromhex(part["digest"]), salt=salt)
        lines.append(f"{name} {part.get('salt_sha256') or hashlib.sha256(salt or b'').hexdigest()} {part['digest']}\n")
    if hashlib.sha256("".join(lines).encode()).hexdigest() != data.get("content_commitment"):
        raise Unproven("other_content", "the digests of the content are not those that were recorded")
    return parts


_CLOSED = {"digest": _SHA256, "salt_sha256": _SHA256}


def _forms_of(content: bytes) -> Iterable[bytes]:
    """Yield content as it is, and as programs write the same: other line ends, composed or decomposed letters, JSON."""
    yield content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    for same in (text, text.replace("\r\n", "\n"), text.replace("\r\n", "\n").replace("\n", "\r\n")):
        for ended in (same, same.rstrip("\r\n"), same.strip()):
            yield from (unicodedata.normalize(form, ended).encode() for form in ("NFC", "NFD"))
            yield ended.encode()
    try:
        yield json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return


_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "U": "V"})


def _plain(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum()).translate(_MISREAD)


WORDS: Mapping[str, tuple[str, str]] = {
    "not_a_receipt": ("Đây không phải tệp biên nhận của Cầu Nối.", "This is not a receipt of Cầu Nối."),
    "bad_receipt": (
        "Đây là bằng chứng của sổ ghi, nhưng không phải biên nhận, hoặc đã bị sửa.",
        "This is a proof of the log, but not a receipt, or it was changed.",
    ),
    "truncated": ("Tệp bị cắt: thiếu phần cuối. Hãy tải lại.", "The file is cut off: its end is missing. Fetch it again."),
    "bad_scan": (
        "Mã QR đọc thiếu hoặc đọc nhầm: hãy quét lại.",
        "The QR code was read wrongly or in part: scan it again.",
    ),
    "bad_proof": ("Tệp biên nhận bị hỏng hoặc bị sửa.", "The receipt is damaged or was changed."),
    "bad_checkpoint": ("Phần trạng thái sổ trong tệp bị hỏng hoặc bị sửa.", "The checkpoint in it is damaged or was changed."),
    "altered": (
        "Phần trạng thái sổ không phải phần đã phát cùng biên nhận: tệp đã bị sửa.",
        "The checkpoint is not the one that it was given out with: the file was changed.",
    ),
    "inclusion": (
        "Bằng chứng không khớp: nội dung đã bị sửa sau khi phát.",
        "The proof does not fit: something in it was changed.",
    ),
    "signature": (
        "Chữ ký của sổ không đúng: tệp đã bị sửa, hoặc không do hệ thống phát ra.",
        "The log's signature is not good: the file was changed, or others made it.",
    ),
    "not_signed": (
        "Sổ ký bằng khoá khác với khoá bạn đưa: kiểm tra lại khoá, hoặc tệp không do hệ thống phát ra.",
        "Another key signed it than the one that you gave: check the key, or others made the file.",
    ),
    "too_few_witnesses": ("Thiếu chữ ký của bên chứng kiến.", "Signatures of witnesses are missing."),
    "bad_vkey": (
        "Không đọc được khoá: cần một dòng có dạng tên+mã+base64.",
        "The key cannot be read: it is one line of the form name+id+base64.",
    ),
    "other_event": (
        "Bằng chứng đúng, nhưng không phải của việc tiếp nhận đơn.",
        "The proof is good, but not of a petition that was lodged.",
    ),
    "other_code": ("Mã ghi trong tệp không phải mã đã ghi sổ.", "The code in the file is not the one that was recorded."),
    "wrong_petition": ("Biên nhận này của đơn khác.", "This receipt is another petition's."),
    "other_content": (
        "Dấu của nội dung không phải dấu đã ghi sổ: tệp đã bị sửa.",
        "The digests of the content are not the recorded ones: the file was changed.",
    ),
}
"""What each failure means, in Vietnamese and English, by its code."""
_SAME = {
    "bad_note": "bad_checkpoint",
    "bad_number": "bad_proof",
    "bad_base64": "bad_proof",
    "bad_extra": "bad_receipt",
    "other_origin": "not_signed",
    "index_outside": "inclusion",
    "inclusion_length": "inclusion",
}


def words_for(error: ProofError) -> tuple[str, str]:
    """Return what a failure of a receipt means for people, in Vietnamese and English."""
    return WORDS[_SAME.get(error.code, error.code)]


def main(arguments: Sequence[str]) -> int:
    """Check a receipt without anything else of ours: ``python3 verify.py RECEIPT KEY [CONTENT]``; KEY is the key or its file."""
    if len(arguments) not in {2, 3}:
        _tell("python3 verify.py RECEIPT KEY [CONTENT]")
        return 2
    said, key, *content = arguments
    try:
        receipt = verify_receipt(Path(said).read_bytes(), key if "+" in key else Path(key).read_text("utf-8"))
    except ProofError as error:
        _tell(*words_for(error), error.detail)
        return 1
    log = receipt.proven.opened.checkpoint
    _tell(f"ĐÚNG / GOOD: {receipt.data.get('code')}, {receipt.event.get('time')}")
    _tell(f"{log.origin}: {receipt.proven.proof.index + 1} / {log.size}")
    if content:
        found = receipt.holds(Path(content[0]).read_bytes())
        _tell(f"Nội dung đúng là / The content is: {found}" if found else "Nội dung khác / This is not what was lodged")
        return 0 if found else 1
    return 0


def _tell(*lines: object) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
