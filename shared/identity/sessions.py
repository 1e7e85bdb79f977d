"""Who is signed in to pages: a sealed cookie that only our services can make or read.

Invariant: what is not sealed by us, has been changed, was sealed for another purpose, or has ended, is as if it were not there.
Nothing is kept on the server: every service that has the secret reads the same cookie.
"""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.contracts.words import Role
from shared.identity.principal import Principal

SEALED_CHARACTERS_MAX = 4096
NONCE_BYTES = 12
GUARD_BYTES = 16
KEY_BYTES = 32
NAME_CHARACTERS_MAX = 200
_INFO = b"caunoi sessions v1"
_SESSION = "session"
_ROLES = {role.value: role for role in Role if role is not Role.SERVICE}


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in until `ends_at`. `guard` comes back with each form that our pages gave him."""

    principal: Principal
    guard: bytes
    ends_at: datetime

    def masked_guard(self) -> str:
        """Return what a form carries: different on every page, so that compression does not give it away."""
        mask = os.urandom(GUARD_BYTES)
        return _text(mask + bytes(a ^ b for a, b in zip(mask, self.guard, strict=True)))

    def guards(self, brought: str) -> bool:
        """Whether `brought` is what one of this session's own pages gave."""
        raw = _bytes(brought)
        if raw is None or len(raw) != 2 * GUARD_BYTES:
            return False
        mask, masked = raw[:GUARD_BYTES], raw[GUARD_BYTES:]
        return compare_digest(bytes(a ^ b for a, b in zip(mask, masked, strict=True)), self.guard)


class Sessions:
    """Seals and opens, with a key made from the services' shared secret."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=_INFO).derive(secret))

    def begin(self, principal: Principal, *, ends_at: datetime) -> str:
        """Return the cookie of somebody who has just signed in."""
        said = {
            "subject": principal.subject,
            "roles": sorted(principal.roles),
            "office": principal.office,
            "name": principal.name[:NAME_CHARACTERS_MAX],
            "guard": secrets.token_hex(GUARD_BYTES),
        }
        return self.seal(_SESSION, said, ends_at=ends_at)

    def session(self, cookie: str, *, now: datetime) -> Session | None:
        """Return who is signed in."""
        said = self.open(_SESSION, cookie, now=now)
        if said is None:
            return None
        roles = frozenset(_ROLES[role] for role in said["roles"] if role in _ROLES)
        principal = Principal(subject=said["subject"], roles=roles, office=said["office"], name=said["name"])
        return Session(principal, bytes.fromhex(said["guard"]), datetime.fromtimestamp(said["ends"], UTC))

    def seal(self, purpose: str, said: Mapping[str, object], *, ends_at: datetime) -> str:
        """Return `said` sealed for one purpose until `ends_at`."""
        nonce = os.urandom(NONCE_BYTES)
        plain = orjson.dumps({**said, "ends": ends_at.timestamp()})
        return _text(nonce + self._cipher.encrypt(nonce, plain, purpose.encode()))

    def open(self, purpose: str, sealed: str, *, now: datetime) -> dict[str, Any] | None:
        """Return what was sealed for this purpose and has not ended."""
        raw = _bytes(sealed) if len(sealed) <= SEALED_CHARACTERS_MAX else None
        if raw is None or len(raw) <= NONCE_BYTES:
            return None
        try:
            plain = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            return None
        said: dict[str, Any] = orjson.loads(plain)
        return said if now.timestamp() < said["ends"] else None


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:  # not ASCII, or not base64
        return None
