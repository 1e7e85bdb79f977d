"""The disk of everything is full for a while, with petitions in flight: the end state equals that of a quiet run."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.fleets import fleet_in
from tests.fault.stories import KINDS, lodge_all, quiet, settled

PETITIONS = 50
FULL_SECONDS = 3.0
DISK_BYTES = 900 * 1024**2
CHUNK_BYTES = 1024**2

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk of its own for PostgreSQL, nats-server and all files of the services."""
    place = tmp_path_factory.mktemp("disk")
    place.chmod(0o755)  # PostgreSQL runs as another user
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "caunoi", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"a disk of its own cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=False)


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no byte free on `disk`."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(CHUNK_BYTES))
    try:
        yield
    finally:
        ballast.unlink()


def _logs(disk: Path) -> str:
    return "".join(log.read_text(errors="replace") for log in disk.rglob("*.log"))


async def test_a_full_disk_loses_nothing_and_repeats_nothing(disk: Path) -> None:
    async with fleet_in(disk) as fleet:
        stories = await quiet(fleet, await lodge_all(fleet, "quiet", after={}, petitions=PETITIONS))

        with filled(disk):
            lodging = asyncio.create_task(lodge_all(fleet, "full", after={}, petitions=PETITIONS))
            await asyncio.sleep(FULL_SECONDS)  # the fault itself
            assert "No space left on device" in _logs(disk), "somebody has to have noticed"
        fleet.kill("nats")  # its streams stay frozen until it is started anew (docs/operations.md)
        if not fleet.postgres.is_running:
            fleet.start("postgres")
        fleet.start("nats")
        receipts = await lodging
        await fleet.ready()
        state = await settled(fleet, receipts, {kind: sum(story.values()) for kind, story in stories.items()})

    for key, number in receipts.items():
        assert state.stories[key] == stories[number % KINDS], f"petition {number}"
    assert state.audited == state.said, "audit has every event exactly once"
    assert not state.repeats_without_mark, "nobody is told twice"
