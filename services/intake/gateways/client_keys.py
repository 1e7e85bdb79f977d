"""The keys of Open311 clients: a file of names and digests, read again when it was changed. No key is written down anywhere."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from shared.kernel.refusals import Malformed, Trouble

_LINE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]{0,39})\s+(?P<digest>[0-9a-f]{64})")


class ClientKeys:
    """Who may lodge. `file` None: nobody."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._names: Mapping[str, str] = {}
        self._read()

    @property
    def has_any(self) -> bool:
        """Whether anybody was given a key."""
        self._read()
        return bool(self._names)

    def client_of(self, key: str) -> str | None:
        """Return the name of the client with this key, None where there is none. Raises Trouble (the file is broken now)."""
        self._read()
        return self._names.get(hashlib.sha256(key.encode()).hexdigest())

    def _read(self) -> None:
        if self._file is None:
            return
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                self._names = read_keys(self._file.read_text(encoding="utf-8"))
                self._stamp = stamp
        except (OSError, ValueError) as error:
            if self._stamp is None:
                raise Malformed(f"{self._file}: {error}", code="bad_client_keys") from error
            raise Trouble(f"{self._file}: {error}", code="bad_client_keys") from error


def read_keys(written: str) -> dict[str, str]:
    """Return names by digest; empty lines and those that begin with # do not count. Raises ValueError naming the line."""
    names: dict[str, str] = {}
    for number, line in enumerate(written.splitlines(), start=1):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        said = _LINE.fullmatch(plain)
        if said is None:
            raise ValueError(f"line {number} is not a name and 64 hexadecimal digits")
        names[said["digest"]] = said["name"]
    return names
