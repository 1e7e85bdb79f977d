"""Keys of intake that are derived from the master key, each for one purpose."""

import hashlib
from pathlib import Path

_SHINGLES = b"caunoi/shingles/v1"


def shingle_key(master_key_file: Path) -> bytes:
    """Return the key under which texts are compared: without it nobody can try out what a digest stands for."""
    master = bytes.fromhex(master_key_file.read_text(encoding="ascii").strip())
    return hashlib.blake2b(_SHINGLES, key=master, digest_size=32).digest()
