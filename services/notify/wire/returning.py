"""Mails that come back: the address that they come back to names the attempt and proves itself; what a report says of it.

A report (RFC 3464) is believed only about the attempt whose token it was sent to: the token is an HMAC, known to nobody but the
servers on the way of that one mail. So nobody can silence somebody else with a forged one.
"""

import hmac
import re
from base64 import b32decode, b32encode
from dataclasses import dataclass
from email import message_from_bytes
from email.headerregistry import Address
from email.message import Message
from email.policy import compat32
from uuid import UUID

from shared.identity import EnvelopeCipher

_PURPOSE = b"caunoi/verp/v1/"
_PROOF_BYTES, _ID_BYTES = 12, 16
_TOKEN_BYTES = _ID_BYTES + 1 + _PROOF_BYTES
_TOKEN = re.compile(r"\+([a-z2-7]{47})@")  # 29 bytes in base 32, without padding
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESSED = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To")
PASSING = frozenset({"5.2.2", "5.3.1", "5.4.4", "5.4.5", "5.4.6", "5.4.7"})
"""Said as if for good, but of a full mailbox, a full disk or a way through the net: these pass."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back of one attempt. `is_hard`: the address does not work; `is_over`: the mail servers try no more."""

    notice_id: UUID
    number: int
    status: str
    is_hard: bool
    is_over: bool


def return_path(back_to: Address | None, cipher: EnvelopeCipher | None, notice_id: UUID, number: int) -> str:
    """Return where a mail comes back to: empty where nobody reads what comes back."""
    if back_to is None or cipher is None:
        return ""
    said = notice_id.bytes + bytes([min(number, 255)])
    token = b32encode(said + _proof(cipher, said)).decode().rstrip("=").lower()
    return f"{back_to.username}+{token}@{back_to.domain}"


def attempt_of(address: str, cipher: EnvelopeCipher) -> tuple[UUID, int] | None:
    """Return the attempt that a return address names, None where it proves nothing."""
    found = _TOKEN.search(address.lower())
    if found is None:
        return None
    try:
        token = b32decode(found[1].upper() + "=")
    except ValueError:
        return None
    said, proof = token[: _ID_BYTES + 1], token[_ID_BYTES + 1 : _TOKEN_BYTES]
    if not hmac.compare_digest(proof, _proof(cipher, said)):
        return None
    return UUID(bytes=said[:_ID_BYTES]), said[_ID_BYTES]


def _proof(cipher: EnvelopeCipher, said: bytes) -> bytes:
    return cipher.stamp(_PURPOSE + said)[:_PROOF_BYTES]


def returned(content: bytes, cipher: EnvelopeCipher) -> Returned | None:
    """Return what a mail that came back says; None: it is no report, or proves nothing."""
    message = message_from_bytes(content, policy=compat32)
    attempts = (attempt_of(value, cipher) for name in _ADDRESSED for value in _values(message, name))
    attempt = next((item for item in attempts if item is not None), None)
    said = _report(message)
    if attempt is None or said is None:
        return None
    action, status = said
    if action not in ("failed", "delayed"):
        return None  # relayed, delivered, expanded: as good as no news
    is_hard = action == "failed" and status.startswith("5.") and status not in PASSING
    return Returned(*attempt, status, is_hard, is_over=action == "failed")


def _values(message: Message, name: str) -> list[str]:
    return [str(value) for value in message.get_all(name, [])]


def _report(message: Message) -> tuple[str, str] | None:
    """Return action and status of a delivery status notification; None: it is none (an answer of somebody on holiday)."""
    if message.get_content_type() != "multipart/report":
        return None
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload():
                if isinstance(block, Message) and block["Action"]:
                    found = _STATUS.search(str(block["Status"] or ""))
                    return str(block["Action"]).strip().lower(), found[0] if found else "5.0.0"
    return None
