"""A second implementation of RFC 6962, 2.1, word for word and without any thought of speed: what the quick one must agree with."""

import hashlib
from collections.abc import Sequence


def _split(number: int) -> int:
    """The largest power of two that is smaller than `number`."""
    half = 1
    while half * 2 < number:
        half *= 2
    return half


def _both(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]), of leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _split(len(leaves))
    return _both(root(leaves[:half]), root(leaves[half:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*inclusion(index, leaves[:half]), root(leaves[half:])]
    return [*inclusion(index - half, leaves[half:]), root(leaves[:half])]


def consistency(size: int, leaves: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """PROOF(m, D[n]), that is SUBPROOF(m, D[n], true)."""
    if size == len(leaves):
        return [] if is_whole else [root(leaves)]
    half = _split(len(leaves))
    if size <= half:
        return [*consistency(size, leaves[:half], is_whole=is_whole), root(leaves[half:])]
    return [*consistency(size - half, leaves[half:], is_whole=False), root(leaves[:half])]
