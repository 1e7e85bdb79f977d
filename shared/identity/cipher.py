"""Envelope encryption: each record has its own data key, wrapped by a master key that lives in a file outside the database.

AES-256-GCM both times (NIST SP 800-38D). Destroying a record's wrapped key makes the record unreadable for ever: that is erasure.
Invariant: a data key encrypts exactly one record once, so a fixed nonce per key would do; a random one is kept all the same.
"""

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.refusals import Malformed

KEY_BYTES = 32
NONCE_BYTES = 12
_KEY_PURPOSE = b"caunoi/data-key/v1/"
_STAMP_PURPOSE = b"caunoi/stamp/v1"


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted record with its wrapped data key (nonce and ciphertext of the key)."""

    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


class EnvelopeCipher:
    """Seals and opens records. `context` (for example the petition's id) must be the same both times; it is not secret."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise Malformed(f"the master key has {len(master_key)} bytes, it must have {KEY_BYTES}", code="bad_master_key")
        self._master = AESGCM(master_key)
        self._stamping_key = hmac.digest(master_key, _STAMP_PURPOSE, "sha256")

    @classmethod
    def from_file(cls, path: Path) -> "EnvelopeCipher":
        """Read the master key: 64 hexadecimal digits. Raises Malformed."""
        try:
            return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        except ValueError as error:
            raise Malformed(f"{path} must hold {KEY_BYTES * 2} hexadecimal digits", code="bad_master_key") from error

    def seal(self, plain: bytes, *, context: bytes) -> Sealed:
        """Encrypt `plain` under a new data key."""
        entropy = os.urandom(KEY_BYTES + 2 * NONCE_BYTES)
        key, rest = entropy[:KEY_BYTES], entropy[KEY_BYTES:]
        key_nonce, nonce = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        wrapped = key_nonce + self._master.encrypt(key_nonce, key, _KEY_PURPOSE + context)
        return Sealed(wrapped_key=wrapped, nonce=nonce, ciphertext=AESGCM(key).encrypt(nonce, plain, context))

    def stamp(self, context: bytes) -> bytes:
        """Return 32 bytes that only who has the master key can derive from `context` (HMAC-SHA256)."""
        return hmac.digest(self._stamping_key, context, "sha256")

    def seal_many(self, records: Iterable[tuple[bytes, bytes]]) -> list[Sealed]:
        """Encrypt ``(plain, context)`` pairs, each under its own data key."""
        return [self.seal(plain, context=context) for plain, context in records]

    def open(self, sealed: Sealed, *, context: bytes) -> bytes:
        """Decrypt. Raises Malformed where a byte was changed, or key or context are not the ones it was sealed with."""
        key_nonce, wrapped = sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:]
        try:
            key = self._master.decrypt(key_nonce, wrapped, _KEY_PURPOSE + context)
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, context)
        except (InvalidTag, ValueError) as error:
            raise Malformed("the record cannot be decrypted with this master key", code="vault_unreadable") from error
