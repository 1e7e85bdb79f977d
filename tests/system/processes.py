"""Starting the command line as processes of their own, and ending them with everything that they started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli.main", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=shell_environment() | variables,
        )

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
