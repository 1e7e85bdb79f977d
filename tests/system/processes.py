"""Starting the command line as processes of their own, and ending them with everything that they started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

ROOT = Path(__file__).resolve().parents[2]
END_SECONDS_MAX = 60.0


def shell_environment() -> dict[str, str]:
    """The shell's own, without what would lead to another city or make every start compile again."""
    strange = ("CAUNOI_", "PORT", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(strange)}


def caunoi(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "deploy.cli.main", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=shell_environment() | variables)


class Running:
    """A command that goes on, with its family."""

    def __init__(self, *words: str, **variables: str) -> None:
        with self._output() as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli.main", *words],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                env=shell_environment() | variables,
            )

    @contextmanager
    def _output(self) -> Iterator[int | IO[bytes]]:
        """Where it says what it says: a pipe that the test reads."""
        yield subprocess.PIPE

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def cpu_seconds(self) -> float:
        """What the process and its children have used so far."""
        family = [psutil.Process(self.process.pid), *self.family()]
        return sum(times.user + times.system for times in (each.cpu_times() for each in family))

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Send `how`, wait for the end of the whole family, return the seconds that it took."""
        family = self.family()
        begun = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(END_SECONDS_MAX)
        _, alive = psutil.wait_procs(family, timeout=END_SECONDS_MAX)
        assert not alive
        return time.monotonic() - begun


class Logged(Running):
    """A command that goes on and says what it says into a file."""

    def __init__(self, *words: str, log: Path, environ: Mapping[str, str]) -> None:
        self._log = log
        super().__init__(*words, **environ)

    @contextmanager
    def _output(self) -> Iterator[int | IO[bytes]]:
        with self._log.open("ab") as log:
            yield log
