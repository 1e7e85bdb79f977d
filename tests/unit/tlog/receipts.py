"""Receipts as they are given out, made word for word after docs/receipts.md and with no code of the services."""

import base64
import hashlib
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.tlog import verify as tlog
from tests.unit.tlog import naive

ORIGIN = "city.example/log"
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = tlog.Vkey(name=ORIGIN, kind=tlog.ED25519, public_key=SECRET.public_key().public_bytes_raw())
OTHER_SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(5, 37)))
OTHER_KEY = tlog.Vkey(name=ORIGIN, kind=tlog.ED25519, public_key=OTHER_SECRET.public_key().public_bytes_raw())
CODE = "HN8K-2FQ7-XM3P"
TEXT = "Nắp cống trước số 12 phố Hàng Bài bị vỡ,\nrất nguy hiểm."
DETAILS = {"channel": "counter", "jurisdiction": "hanoi", "kind": "field_report", "language": "vi", "place": "12 Hàng Bài"}
PETITIONER = [{"name": "Nguyễn Văn A", "phone": "+84912345678"}]
SALTS = {name: hashlib.sha256(name.encode()).digest()[:16] for name in ("details", "petitioner", "text")}
ENTRY_SALT = bytes(range(16))


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


CONTENTS = {"details": canonical(DETAILS), "petitioner": canonical(PETITIONER), "text": TEXT.encode()}
DIGESTS = {name: hashlib.sha256(SALTS[name] + content).hexdigest() for name, content in CONTENTS.items()}


def commitment() -> str:
    lines = ["caunoi.content.v1"]
    lines += [f"{name} {hashlib.sha256(SALTS[name]).hexdigest()} {DIGESTS[name]}" for name in sorted(SALTS)]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def content() -> dict[str, dict[str, str]]:
    shown = {name: {"digest": DIGESTS[name], "salt": SALTS[name].hex()} for name in ("details", "text")}
    closed = {"digest": DIGESTS["petitioner"], "salt_sha256": hashlib.sha256(SALTS["petitioner"]).hexdigest()}
    return {**shown, "petitioner": closed}


def record(**more: object) -> str:
    data = {
        "channel": "counter",
        "code": CODE,
        "commune": "00070",
        "content_commitment": commitment(),
        "has_text": True,
        "is_physical": True,
        "is_reachable": True,
        "jurisdiction": "hanoi",
        "kind": "field_report",
        "language": "vi",
        "received_by": "hanoi-tcd",
    }
    said = {
        "actor": "tiepdan",
        "correlationid": "0199d2c4-7a01-7c3e-8a52-6f0c3f6f7a10",
        "data": data,
        "effectiveat": "2026-10-05T01:15:00.000000Z",
        "id": "5e0c6f0e-5d63-5d0f-9b53-0a8f4a1c7b11",
        "office": "_",
        "sealed": False,
        "source": "intake",
        "subject": "0199d2c4-7a01-7c3e-8a52-6f0c3f6f7a10",
        "time": "2026-10-05T01:15:02.123456Z",
        "type": tlog.LODGED,
        "version": 1,
    }
    return canonical(said | more).decode()


@dataclass(frozen=True)
class Log:
    """A log with one petition in it: proofs of its entry, at any size."""

    index: int
    size: int
    hashes: tuple[bytes, ...]
    root: bytes


def log_of(entry: bytes, *, index: int = 4, size: int = 7) -> Log:
    leaves = [tlog.leaf_hash(bytes([n]) * 32) for n in range(size)]
    leaves[index] = tlog.leaf_hash(entry)
    return Log(index, size, tuple(naive.inclusion(index, leaves)), naive.root(leaves))


def large_log_of(entry: bytes, *, index: int, size: int) -> Log:
    """A log of any size: its other hashes are random, its root is the one that they lead to."""
    place, last, found, hashes = index, size - 1, tlog.leaf_hash(entry), []
    while last:
        if place & 1 or place == last:
            while not place & 1:
                place, last = place >> 1, last >> 1
            if not last:
                break
            hashes.append(hashlib.sha256(b"left %d" % last).digest())
            found = tlog.node_hash(hashes[-1], found)
        else:
            hashes.append(hashlib.sha256(b"right %d" % last).digest())
            found = tlog.node_hash(found, hashes[-1])
        place, last = place >> 1, last >> 1
    return Log(index, size, tuple(hashes), found)


def checkpoint(log: Log, *, secret: Ed25519PrivateKey = SECRET, key: tlog.Vkey = KEY, witnesses: int = 0) -> str:
    text = f"{key.name}\n{log.size}\n{base64.b64encode(log.root).decode()}\n"
    signed = f"{text}\n{_line(key, secret.sign(text.encode()))}"
    for number in range(witnesses):
        of_witness = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = of_witness.public_key().public_bytes_raw()
        witness = tlog.Vkey(name=f"witness.example/w{number}", kind=tlog.COSIGNATURE, public_key=public)
        at = 1_800_000_000
        signed += _line(witness, at.to_bytes(8, "big") + of_witness.sign(f"cosignature/v1\ntime {at}\n{text}".encode()))
    return signed


def _line(key: tlog.Vkey, signature: bytes) -> str:
    return f"— {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def receipt(*, log: Log | None = None, signed: str | None = None, said: str | None = None, **changes: object) -> str:
    """Return a receipt; `changes` are put into `extra`, None takes out."""
    said = said or record()
    log = log or log_of(tlog.entry_for(ENTRY_SALT, said.encode()))
    signed = signed or checkpoint(log)
    extra = {
        "checkpoint": hashlib.sha256(signed.encode()).hexdigest(),
        "code": CODE,
        "content": content(),
        "form": "caunoi.receipt.v1",
        "record": said,
        "salt": ENTRY_SALT.hex(),
        **changes,
    }
    extra = {name: value for name, value in extra.items() if value is not None}
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(canonical(extra)).decode()}", f"index {log.index}"]
    lines += [base64.b64encode(found).decode() for found in log.hashes]
    return "\n".join([*lines, "", signed])
