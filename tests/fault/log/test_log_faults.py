"""Kills in the middle of a tile, a full disk, a database that goes away: the log only grows, and ends as after a quiet run."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy.local.servers import Postgres
from shared.kernel.refusals import Trouble
from shared.persistence import Database, DatabaseSettings
from shared.testing import FakeClock
from shared.tlog import proofs, verify
from shared.tlog.tiles import WIDTH
from tests.contract.audit.closing import NOW, LogHouse, entries_of

KILLS = 4
ROOM = "400k"


@pytest.fixture
async def url(service_database: Callable[[str], Awaitable[str]]) -> str:
    return DatabaseSettings(url=await service_database("audit")).sqlalchemy_url().render_as_string(hide_password=False)


@contextmanager
def closers(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """What begins processes that close the log over (tests/fault/log/killed.py)."""
    command = [sys.executable, "-m", "tests.fault.log.killed", url, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def begin(process: subprocess.Popen[str]) -> int:
    """Let the next one begin; return its id."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    line = ""
    while not line.isdigit():  # what the killed one had still said
        line = await asyncio.to_thread(_line, process)
    return int(line)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def test_a_process_killed_in_the_middle_of_a_tile_leaves_a_log_that_only_grows(url: str, tmp_path: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - the same kills every time
    folder = tmp_path / "log"
    seen: list[verify.Checkpoint] = []
    database = Database(url, schema="audit")
    house = LogHouse(database=database, folder=folder, clock=FakeClock(NOW))
    with closers(url, folder) as process:
        for _ in range(KILLS):
            pid = await begin(process)
            for _ in range(chance.randrange(1, 3)):
                assert await asyncio.to_thread(_line, process) == "closed"
            await asyncio.sleep(chance.random() * 0.15)
            os.kill(pid, signal.SIGKILL)
            seen.append(house.published().checkpoint)
    await house.close_over()
    await house.hear(1)
    await house.close_over()
    tiles = house.mirror()
    last = house.published().checkpoint
    assert [one.size for one in seen] == sorted({one.size for one in seen})
    for one in seen:
        hashes = proofs.hashes_of(proofs.consistency(one.size, last.size), tiles)
        verify.verify_consistency(old_size=one.size, old_root=one.root, new_size=last.size, new_root=last.root, hashes=hashes)
    shutil.rmtree(folder / "tile")
    await house.hear(1)
    await house.close_over()
    assert entries_of(house.mirror())[: last.size] == entries_of(tiles)
    await database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of our own with little room."""
    place = tmp_path / "small"
    place.mkdir()
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={ROOM},nr_inodes=1000", "tmpfs", place]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"this machine lets us mount nothing: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


async def test_a_full_disk_stops_the_log_and_room_lets_it_go_on(url: str, small_disk: Path) -> None:
    database = Database(url, schema="audit")
    house = LogHouse(database=database, folder=small_disk / "log", clock=FakeClock(NOW))
    closing = house.closing()
    await house.hear(WIDTH + 5)
    await house.close_over(closing)
    first = house.published().checkpoint
    ballast = small_disk / "ballast"
    _fill(ballast)
    await house.hear(6 * WIDTH)
    for _ in range(3):
        with pytest.raises(Trouble, match="No space left"):
            await closing.step()
        assert house.published().checkpoint == first
        assert not list((small_disk / "log" / ".drafts").iterdir())
    ballast.unlink()
    assert await house.close_over(closing) == 7 * WIDTH + 5
    tiles, last = house.mirror(), house.published().checkpoint
    hashes = proofs.hashes_of(proofs.consistency(first.size, last.size), tiles)
    verify.verify_consistency(old_size=first.size, old_root=first.root, new_size=last.size, new_root=last.root, hashes=hashes)
    await database.close()


def _fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


async def test_a_database_that_is_killed_while_the_log_is_closed_over_loses_nothing(
    url: str, tmp_path: Path, postgres_server: Postgres
) -> None:
    database = Database(url, schema="audit")
    house = LogHouse(database=database, folder=tmp_path / "log", clock=FakeClock(NOW))
    closing = house.closing()
    for _ in range(3):
        await house.hear(3 * WIDTH)
        async with asyncio.TaskGroup() as group:
            group.create_task(_patiently(closing.step))
            group.create_task(_cut(postgres_server, url))
    await house.hear(1)
    await house.close_over(closing)
    assert house.published().checkpoint.size >= 9 * WIDTH + 1
    house.mirror()
    await database.close()


async def _patiently(step: Callable[[], Awaitable[object]]) -> None:
    """Do a step; Trouble is what the world may give."""
    try:
        await step()
    except Trouble:
        return


async def _cut(server: Postgres, url: str) -> None:
    """End every connection of the service, as a restart of the server does."""
    admin = await asyncpg.connect(server.url)
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'caunoi-audit'")
    await admin.close()
