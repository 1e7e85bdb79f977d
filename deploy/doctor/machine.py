"""The machine: interpreter, programs, room on the disk, the keys under which words and names are stored."""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deploy.doctor.finding import Finding, fail, ok, warn

PYTHON_MIN = (3, 11)
FREE_BYTES_MIN = 1024**3
FREE_BYTES_WISHED = 5 * 1024**3
OTHERS = 0o077
KEYS: Mapping[str, Sequence[str]] = {
    "master key": ("INTAKE_MASTER_KEY_FILE", "ROUTING_MASTER_KEY_FILE"),
    "sealed key": ("INTAKE_SEALED_KEY_FILE", "ROUTING_SEALED_KEY_FILE"),
}
"""Of each key, who reads it; the sealed key is that of denunciations."""
_KEY = re.compile(r"[0-9a-fA-F]{64}")


def look(environ: Mapping[str, str], data: Path) -> Iterator[Finding]:
    """Look at the machine; `data` is the directory that grows."""
    yield _python()
    yield _disk(data)
    for part, variables in KEYS.items():
        for variable, named in _named(variables, environ):
            yield _key(part, variable, named)


def _named(variables: Sequence[str], environ: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """Return each file once that the services are told: theirs is the same key where they run on one machine."""
    files = {environ.get(variable): variable for variable in reversed(variables)}
    return [(variable, file) for file, variable in reversed(files.items())]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        return fail("python", f"version {version}", "install Python 3.11 or newer and run `make setup PYTHON=python3.11`")
    return ok("python", f"version {version}")


def _disk(data: Path) -> Finding:
    place = data if data.exists() else data.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1024**3:.1f} GB free at {place}"
    if free < FREE_BYTES_MIN:
        return fail("disk", text, "free some room now: without it PostgreSQL and nats-server refuse to write")
    if free < FREE_BYTES_WISHED:
        return warn("disk", text, "free some room, or move the data with VAR=DIR")
    return ok("disk", text)


def _key(part: str, variable: str, named: str | None) -> Finding:
    if not named:
        return warn(part, f"{variable} is not set here", "run the doctor where the service runs, or set it")
    path = Path(named)
    try:
        key, mode = path.read_text(encoding="ascii").strip(), path.stat().st_mode
    except (OSError, ValueError) as error:
        return fail(part, f"{path}: {error}", "bring the key back from its safe copy: without it no text can be read")
    if not _KEY.fullmatch(key):
        return fail(part, f"{path} does not hold 64 hexadecimal digits", "bring the key back from its safe copy")
    # In containers a secret file is readable by all and its directory is closed instead.
    if mode & OTHERS and path.parent.stat().st_mode & OTHERS and not str(path).startswith("/run/secrets"):
        return warn(part, f"{path} can be read by other users", f"chmod 600 {path}; and keep a copy apart from the backups")
    return ok(part, f"{path} (keep a copy apart from the backups)")
