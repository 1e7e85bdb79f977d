"""Signing: keys, notes, and the cosignature of a witness. What is signed here, `verify` checks."""

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.tlog.verify import COSIGNATURE, ED25519, HASH_BYTES, Note, Signature, Unreadable, Vkey, cosigned_message, is_key_name

_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Signer:
    """A secret key under its public name."""

    vkey: Vkey
    _secret: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, name: str, seed: bytes, *, kind: int = ED25519) -> Self:
        """Return the signer with the 32 secret bytes `seed` (RFC 8032). Raises Unreadable."""
        if not is_key_name(name):
            raise Unreadable("bad_key_name", f"{name!r} may not name a key: no spaces, no plus signs, not empty")
        if len(seed) != HASH_BYTES:
            raise Unreadable("bad_key", "a secret key has 32 bytes")
        secret = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(Vkey(name=name, kind=kind, public_key=secret.public_key().public_bytes_raw()), secret)

    def sign(self, text: str, *, at: int = 0) -> Signature:
        """Return the signature of a note's text; `at` is a witness's time in seconds since 1970."""
        if self.vkey.kind == COSIGNATURE:
            blob = at.to_bytes(_TIME_BYTES, "big") + self._secret.sign(cosigned_message(text, at))
        else:
            blob = self._secret.sign(text.encode())
        return Signature(name=self.vkey.name, key_id=self.vkey.key_id, signature=blob)


def signed(text: str, *signers: Signer) -> Note:
    """Return `text` with the signatures of `signers`."""
    return Note(text=text, signatures=tuple(signer.sign(text) for signer in signers))
