"""Nkeys: Ed25519 keys as nats-server writes them, derived from two secrets of the city.

The *identity* secret makes the operator, CORE and SYS what they are; only who writes the server's configuration needs it. The
*signing* secret signs accounts and users from day to day; notify has it. So the second can be changed without a new identity.
"""

import base64
import binascii
import hmac
import os
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.kernel.refusals import Malformed

SECRET_BYTES = 32
_SEED = 18 << 3
_PURPOSE = b"caunoi/nkey/v1/"
_CHECK_BYTES = 2


class Kind(IntEnum):
    """What a key is the key of: the first byte of its public form."""

    OPERATOR = 14 << 3
    ACCOUNT = 0
    USER = 20 << 3


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair."""

    kind: Kind
    raw: bytes

    @classmethod
    def new(cls, kind: Kind) -> Self:
        """Return a random key."""
        return cls(kind, os.urandom(SECRET_BYTES))

    @property
    def public(self) -> str:
        """The public key, for example ``UABC…`` of a user."""
        point = Ed25519PrivateKey.from_private_bytes(self.raw).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _written(bytes([self.kind]) + point)

    @property
    def seed(self) -> str:
        """The secret in the form that NATS clients read, for example ``SUA…``."""
        return _written(bytes([_SEED | self.kind >> 5, (self.kind & 31) << 3]) + self.raw)

    def sign(self, content: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.raw).sign(content)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret from which keys are made: the same purpose gives the same key."""

    content: bytes

    def key(self, kind: Kind, purpose: str) -> Key:
        return Key(kind, hmac.digest(self.content, _PURPOSE + purpose.encode(), "sha256"))


def secrets_in(path: Path) -> tuple[Secret, ...]:
    """Read secrets, one of 64 hexadecimal digits a line: the first is in use, later ones are still accepted. Raises Malformed."""
    try:
        found = tuple(Secret(bytes.fromhex(line)) for line in path.read_text(encoding="ascii").split())
    except ValueError:
        found = ()
    if not found or any(len(secret.content) != SECRET_BYTES for secret in found):
        raise Malformed(f"{path} must hold {2 * SECRET_BYTES} hexadecimal digits a line", code="bad_signing_key")
    return found


def is_public(written: str, kind: Kind) -> bool:
    """Whether `written` is a public key of that kind, whole and without a slip."""
    try:
        content = base64.b32decode(written + "=" * (-len(written) % 8))
    except ValueError:
        return False
    body, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
    return len(body) == SECRET_BYTES + 1 and body[0] == kind and _check(body) == check and _written(body) == written


def _written(body: bytes) -> str:
    return base64.b32encode(body + _check(body)).decode().rstrip("=")


def _check(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(_CHECK_BYTES, "little")
