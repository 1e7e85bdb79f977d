"""Keys of intake, each for one purpose: the master key, the own key of denunciations, and what is derived from them.

Invariant: what is sealed of a denunciation opens under the key of denunciations alone; who operates the rest of the city needs
no access to it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from shared.identity import EnvelopeCipher, Sealed
from shared.kernel.refusals import Malformed

_SHINGLES = b"caunoi/shingles/v1"


@dataclass(frozen=True, slots=True)
class Ciphers:
    """The two keys. `is_sealed` says whether the petition is a denunciation; `context` is its id."""

    ordinary: EnvelopeCipher
    denunciations: EnvelopeCipher

    @classmethod
    def from_files(cls, master_key: Path, sealed_key: Path) -> "Ciphers":
        """Read both keys. Raises Malformed."""
        return cls(EnvelopeCipher.from_file(master_key), EnvelopeCipher.from_file(sealed_key))

    def seal(self, plain: bytes, *, context: bytes, is_sealed: bool) -> Sealed:
        """Encrypt `plain` under a new data key."""
        return self._of(is_sealed=is_sealed).seal(plain, context=context)

    def open(self, sealed: Sealed, *, context: bytes, is_sealed: bool) -> bytes:
        """Decrypt. Raises Malformed. A denunciation that was lodged before they had a key of their own opens as it was sealed."""
        try:
            return self._of(is_sealed=is_sealed).open(sealed, context=context)
        except Malformed:
            if not is_sealed:
                raise
        return self.ordinary.open(sealed, context=context)

    def stamp(self, context: bytes, *, is_sealed: bool = False) -> bytes:
        """Return 32 bytes that only who has the key can derive from `context`."""
        return self._of(is_sealed=is_sealed).stamp(context)

    def _of(self, *, is_sealed: bool) -> EnvelopeCipher:
        return self.denunciations if is_sealed else self.ordinary


def shingle_key(master_key_file: Path) -> bytes:
    """Return the key under which texts are compared: without it nobody can try out what a digest stands for."""
    master = bytes.fromhex(master_key_file.read_text(encoding="ascii").strip())
    return hashlib.blake2b(_SHINGLES, key=master, digest_size=32).digest()
