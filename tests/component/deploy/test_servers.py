"""PostgreSQL and nats-server as children: what they acknowledged survives a kill, and none outlives us."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest

from deploy.local.nats_accounts import nats_accounts
from deploy.local.processes import Child, StartError, launcher
from deploy.local.servers import Nats, Postgres
from deploy.names import LOOPBACK
from shared.kernel.clock import SystemClock

START_SCRIPT = Path(__file__).resolve().parents[3] / "deploy" / "nats" / "start.sh"

SOON_SECONDS = 10.0
PARENT = """
import sys, time
from pathlib import Path
from deploy.local.servers import {server}
server = {server}(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[type[Postgres] | type[Nats]], Postgres | Nats]]:
    """A factory of running servers."""
    started: list[Postgres | Nats] = []

    def make(kind: type[Postgres] | type[Nats]) -> Postgres | Nats:
        server = kind(tmp_path)
        server.start()
        started.append(server)
        return server

    yield make
    for server in started:
        server.stop()


async def test_postgresql_keeps_what_was_committed_before_a_kill_and_its_port(start: Callable[..., Postgres]) -> None:
    server = start(Postgres)
    connection = await asyncpg.connect(server.url)
    await connection.execute("CREATE TABLE said (word text)")
    await connection.execute("INSERT INTO said VALUES ('once')")
    port = server.port
    server.kill()
    await connection.close(timeout=SOON_SECONDS)
    assert not server.is_running
    server.start()
    assert server.port == port
    connection = await asyncpg.connect(server.url)
    assert await connection.fetchval("SELECT word FROM said") == "once"
    await connection.close()


async def test_nats_keeps_what_was_acknowledged_before_a_kill_and_loses_it_with_its_store(start: Callable[..., Nats]) -> None:
    server = start(Nats)
    assert await _messages_after(server, publish=True) == 1
    server.kill()
    server.start()
    assert await _messages_after(server, publish=False) == 1
    server.stop()
    server.wipe()
    server.start()
    with pytest.raises(nats.js.errors.NotFoundError):
        await _messages_after(server, publish=False)


async def _messages_after(server: Nats, *, publish: bool) -> int:
    connection = await nats.connect(server.url, user=server.user, password=server.password)
    try:
        js = connection.jetstream()
        if publish:
            await js.add_stream(name="SAID", subjects=["said"])
            await js.publish("said", b"once")
        return (await js.stream_info("SAID")).state.messages
    finally:
        await connection.close()


async def test_streams_of_a_version_without_accounts_are_there_with_accounts(tmp_path: Path, start: Callable[..., Nats]) -> None:
    former = start(Nats)
    assert await _messages_after(former, publish=True) == 1
    former.stop()
    accounts = nats_accounts(tmp_path, now=SystemClock().now())
    server = Nats(tmp_path, accounts=accounts)
    server.start()
    try:
        connection = await nats.connect(server.url, user_credentials=str(accounts.services_credentials))
        assert (await connection.jetstream().stream_info("SAID")).state.messages == 1
        await connection.close()
    finally:
        server.stop()


@pytest.mark.parametrize("is_new", [False, True])
def test_the_start_script_of_containers_gives_former_streams_to_our_services_once(tmp_path: Path, is_new: bool) -> None:
    data, accounts, binaries = tmp_path / "data", tmp_path / "accounts", tmp_path / "bin"
    for folder in (data / "jetstream" / "$G" / "streams", accounts, binaries):
        folder.mkdir(parents=True)
    (accounts / "core").write_text("ACORE")
    if is_new:
        (data / "jetstream" / "ACORE").mkdir()
    (binaries / "nats-server").write_text("#!/bin/sh\necho started $@\n")
    (binaries / "nats-server").chmod(0o755)
    script = START_SCRIPT.read_text().replace("/data/", f"{data}/").replace("/etc/nats-accounts/", f"{accounts}/")
    environ = {"PATH": f"{binaries}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", script, "start.sh", "--config", "x"], capture_output=True, text=True, check=True, env=environ
    )
    assert "started --config x" in done.stdout
    assert (data / "jetstream" / "ACORE" / "streams").exists() is not is_new
    assert (data / "jetstream" / "$G").exists() is is_new


async def test_nobody_enters_nats_without_the_password(start: Callable[..., Nats]) -> None:
    port = start(Nats).port
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b'CONNECT {"verbose":true,"user":"caunoi","pass":"wrong"}\r\nPING\r\n')
    said = await reader.read()
    writer.close()
    assert b"Authorization Violation" in said


@pytest.mark.parametrize("server", ["Postgres", "Nats"])
def test_a_server_ends_when_its_parent_is_killed(tmp_path: Path, server: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(server=server), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert psutil.wait_procs([child], timeout=SOON_SECONDS)[1] == []


def test_a_child_whose_parent_died_before_the_kernel_was_told_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)
    words = [*launcher(death_signal="TERM"), "touch", str(tmp_path / "started")]
    assert subprocess.run(words, check=False).returncode != 0
    assert not (tmp_path / "started").exists()


def test_a_child_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("clock", log=tmp_path / "clock.log")
    with pytest.raises(StartError, match=r"(?s)clock ended at once \(code 3\).*tick"):
        child.start(["/bin/sh", "-c", "echo tick; exit 3"], ready=lambda _pid: False, timeout_seconds=SOON_SECONDS)


def test_a_child_that_never_gets_ready_is_killed(tmp_path: Path) -> None:
    child = Child("sleeper", log=tmp_path / "sleeper.log")
    begun = time.monotonic()
    with pytest.raises(StartError, match="sleeper was not ready after 0 s"):
        child.start(["/bin/sleep", "600"], ready=lambda _pid: False, timeout_seconds=0.2)
    assert time.monotonic() - begun < SOON_SECONDS
    assert not child.is_running


def test_a_child_that_does_not_listen_is_killed_in_the_end(tmp_path: Path) -> None:
    child = Child("stubborn", log=tmp_path / "stubborn.log")
    log = tmp_path / "stubborn.log"
    command = ["/bin/sh", "-c", "trap '' TERM; echo up; while true; do sleep 1; done"]
    child.start(command, ready=lambda _pid: "up" in log.read_text(), timeout_seconds=SOON_SECONDS)
    child.end(signal.SIGTERM, timeout_seconds=0.2)
    assert not child.is_running
