"""The two master keys: one for petitions, and one for denunciations alone.

Invariant: what is sealed of a denunciation opens under the key of denunciations alone; without it nobody reads one.
"""

from dataclasses import dataclass
from pathlib import Path

from shared.identity.cipher import EnvelopeCipher, Sealed
from shared.kernel.refusals import Malformed


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
