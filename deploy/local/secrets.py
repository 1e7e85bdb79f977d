"""Secrets of the city on one machine: made at random once, kept in var/secrets, readable by their owner only."""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

BYTES = 24


def secret(directory: Path, name: str) -> str:
    """Return the secret `name` of `directory`, made now when it is not there yet."""
    return secret_file(directory, name, lambda: secrets.token_urlsafe(BYTES).encode()).read_text().strip()


def secret_file(directory: Path, name: str, make: Callable[[], bytes]) -> Path:
    """Return the path of the secret file `name`, filled by `make()` when it is not there yet (whole or not at all)."""
    path = directory / name
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        write_private(path, make())
    return path


def client_line(name: str, key: str) -> str:
    """Return what the file of Open311 clients says of one: its name and the digest of its key, never the key."""
    return f"{name} {hashlib.sha256(key.encode()).hexdigest()}\n"


def write_private(path: Path, content: bytes) -> None:
    """Write `content` with mode 0600, so that a reader sees the old file or the new one and a power cut keeps one."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
