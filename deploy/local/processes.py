"""Child processes that never outlive us: own session (Ctrl-C reaches only us), ended by the kernel when we die.

Invariant: whoever starts a `Child` may be killed at any moment without leaving an orphan (PR_SET_PDEATHSIG through
util-linux's `setpriv`). The kernel watches the starting *thread*: start children from the main thread only.
"""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.names import LOOPBACK

POLL_SECONDS = 0.01
LOG_BYTES_MAX = 20 * 1024 * 1024
_STAT_BEGUN = 19  # place of the start time among the fields of /proc/PID/stat after the command
UNPRIVILEGED_USER = "nobody"  # PostgreSQL refuses to run as root; this account exists on every Debian


class StartError(RuntimeError):
    """A server did not come up; the text says which one, and ends with the last lines of its log."""


def age_seconds() -> float:
    """Return how long this process has been running, its imports included."""
    begun = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[_STAT_BEGUN]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - begun


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def ordinary_user() -> pwd.struct_passwd | None:
    """Return the account that a server must run as when we are root, or None when we are an ordinary user."""
    return pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None


def hand_over(directory: Path) -> None:
    """Create `directory` (mode 0700), owned by the account that servers run as."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    user = ordinary_user()
    if user is not None:
        os.chown(directory, user.pw_uid, user.pw_gid)


def launcher(*, death_signal: str, drop_root: bool = False, paths: Sequence[Path] = ()) -> list[str]:
    """Return the words before a command that tie it to our life and, as root, run it as an ordinary user.

    A checkout below a private directory (/root) cannot be reached by that user; only then it keeps the one capability
    that lets it walk there, which is less than changing the permissions of somebody's home.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StartError("setpriv (package util-linux) is missing")
    words = [setpriv, "--pdeathsig", death_signal]
    user = ordinary_user()
    if drop_root and user is not None:
        words += ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
        if not all(_reachable(path) for path in paths):
            capability = "-all,+dac_override"
            words += ["--inh-caps", capability, "--ambient-caps", capability]
    # Had we died before the kernel was told, nothing would end the child: the shell looks once who its parent is.
    return [*words, "--", "/bin/sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid())]


def _reachable(path: Path) -> bool:
    """Tell whether everybody may walk to `path` (symbolic links followed)."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


class Child:
    """One child process with its output in a log file."""

    def __init__(self, name: str, *, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._told: signal.Signals | None = None

    @property
    def pid(self) -> int:
        return self._alive().pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str], *, ready: Callable[[int], bool], timeout_seconds: float) -> None:
        """Start and wait until `ready(pid)`; StartError with the end of the log when it dies or takes too long."""
        if threading.current_thread() is not threading.main_thread():
            raise StartError(f"{self.name}: children are started from the main thread (they die with their thread)")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._told = None
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )
        deadline = time.monotonic() + timeout_seconds
        while not ready(self._process.pid):
            if self._process.poll() is not None:
                raise StartError(f"{self.name} ended at once (code {self._process.returncode}):\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.end(signal.SIGKILL, timeout_seconds=0)
                raise StartError(f"{self.name} was not ready after {timeout_seconds:.0f} s:\n{self.log_tail()}")
            time.sleep(POLL_SECONDS)

    def send(self, how: signal.Signals) -> None:
        """Send `how` if it is running and was not sent it before (a server may take a second one for impatience)."""
        if self._process is not None and self._process.poll() is None and how is not self._told:
            self._told = how
            self._process.send_signal(how)

    def end(self, how: signal.Signals, *, timeout_seconds: float) -> None:
        """Send `how` and wait; after `timeout_seconds` SIGKILL. Does nothing when it is not running."""
        if self._process is None:
            return
        self.send(how)
        try:
            self._process.wait(timeout_seconds if how is not signal.SIGKILL else None)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log_tail(self, *, lines: int = 15) -> str:
        """Return the last lines that this run of the child wrote."""
        text = self.log.read_bytes()[self._log_start :].decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise StartError(f"{self.name} is not running")
        return self._process
