"""`city.json` and `city.lock` of a data directory: who runs there and where it listens.

Invariant: at most one city runs in one directory. The lock is the kernel's (flock), so it ends with its holder.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.processes import StartError
from deploy.local.secrets import write_private

FILE = "city.json"
LOCK = "city.lock"


@dataclass(frozen=True, slots=True)
class CityFile:
    """What a running city says about itself. Passwords are not here: they are files in `secrets`."""

    url: str
    pid: int
    postgres_port: int
    nats_url: str
    smtp_port: int


@contextmanager
def city_lock(var: Path) -> Iterator[None]:
    """Hold the directory for one city. Raises StartError where another one runs in it."""
    var.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(var / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = read_city_file(var)
            who = f" (process {other.pid}, {other.url})" if other else ""
            remedy = "stop that one, or use another directory: make run VAR=var2 PORT=8001"
            raise StartError(f"a city is already running in {var}{who}\n  fix: {remedy}") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def city_file(var: Path, city: CityFile) -> Iterator[None]:
    """Say that `city` runs in `var` for as long as the block lasts."""
    write_private(var / FILE, (json.dumps(asdict(city), indent=2) + "\n").encode())
    try:
        yield
    finally:
        (var / FILE).unlink(missing_ok=True)


def read_city_file(var: Path) -> CityFile | None:
    """Return what the city in `var` wrote, None where none runs (a killed one leaves its file, but not its life)."""
    try:
        city = CityFile(**json.loads((var / FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return city if Path(f"/proc/{city.pid}").exists() else None
