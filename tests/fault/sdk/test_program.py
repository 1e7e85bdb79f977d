"""The effect of an office's program under faults equals that of a quiet run: killed in the middle of a batch, the line cut, events
twice and out of their place, poison among them.
"""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deploy.local.servers import Nats
from shared.contracts import Cause, Envelope
from shared.messaging import BusSettings
from shared.testing import wait_until
from tests.component.sdk.agency import INTAKE, ROUTING, Agency, by_petition, office_stream, said

ROOT = Path(__file__).resolve().parents[3]
PETITIONS, VERSIONS = 20, 6
KILLS = 3
SEED = 7


@pytest.fixture
async def agency(bus: BusSettings, tmp_path: Path) -> AsyncIterator[Agency]:
    async with office_stream(bus, tmp_path) as made:
        yield made


def story() -> list[Envelope]:
    """Return what is said: each petition by two services, one of which answers the other; some versions are not this office's."""
    told = []
    for version in range(1, VERSIONS + 1):
        for number in range(PETITIONS):
            if (number + version) % 5:
                told.append(said(number, version, source=INTAKE))
                told.append(said(number, version, cause=Cause(said(number, version, source=INTAKE).id, INTAKE, version)))
    return told


def expected() -> dict[tuple[str, str], list[int]]:
    return by_petition([(str(each.aggregate_id), each.source, each.version) for each in story()])


async def tell(agency: Agency) -> int:
    """Say the story, with repeats and poison in between; return how many messages are poison."""
    chance = random.Random(SEED)  # noqa: S311 - the same disorder at each run
    poison = 0
    for place, envelope in enumerate(story()):
        await agency.say(envelope)
        if chance.random() < 0.2:
            await agency.say(envelope, again=True)
        if place % 37 == 0:
            await agency.say(envelope, body=b"no json", again=True)
            poison += 1
    return poison


@contextmanager
def program(agency: Agency, how: str, *, pause: float = 0.0) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.fault.sdk.program", agency.bus.url, agency.bus.user or "", agency.bus.password or ""]
    environ = os.environ | {"PAUSE": str(pause), "PYTHONPATH": f"{ROOT}:{ROOT / 'sdk'}"}
    with tempfile.TemporaryFile() as said_by_it:
        started = subprocess.Popen([*command, str(file_of(agency)), how], cwd=ROOT, env=environ, stderr=said_by_it)
        try:
            yield started
        finally:
            started.kill()
            started.wait()


def file_of(agency: Agency) -> Path:
    return agency.directory / "program.sqlite3"


def rows(agency: Agency, query: str) -> list[tuple[object, ...]]:
    if not file_of(agency).exists():
        return []
    with closing(sqlite3.connect(file_of(agency), timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # its tables are not there yet
            return []


def effect(agency: Agency) -> list[tuple[str, str, int]]:
    return rows(agency, "SELECT petition, source, version FROM effect ORDER BY place")  # type: ignore[return-value]


async def until_more_than(agency: Agency, number: int, *, what: str) -> None:
    await wait_until(lambda: len(effect(agency)) > number, 20, what=what)


async def until_quiet(agency: Agency) -> None:
    async def quiet() -> bool:
        return len(effect(agency)) >= len(story()) and await agency.unsettled("program") == 0

    await wait_until(quiet, 40, what="all is handled and settled")


def check(agency: Agency, poison: int) -> None:
    assert by_petition(effect(agency)) == expected()
    for number in range(PETITIONS):  # what answers comes after what it answers
        own = [(source, version) for subject, source, version in effect(agency) if subject == str(said(number, 1).aggregate_id)]
        assert all(own.index((INTAKE, version)) < own.index((ROUTING, version)) for source, version in own if source == ROUTING)
    assert rows(agency, "SELECT count(*), min(reason), max(reason) FROM poison") == [(poison, "unreadable", "unreadable")]


@pytest.mark.parametrize("how", ["together", "alone"])
async def test_a_program_that_is_killed_in_the_middle_of_batches_does_everything_once_and_in_order(
    agency: Agency, how: str
) -> None:
    poison = await tell(agency)
    for kill in range(1, KILLS + 1):
        before = len(effect(agency))
        with program(agency, how, pause=0.004) as running:
            enough = before + 15 if how == "alone" else before
            await until_more_than(agency, enough, what=f"it works before kill {kill}")
            running.kill()
    with program(agency, how) as running:
        await until_quiet(agency)
        running.terminate()
        assert running.wait(10) == 0
    check(agency, poison)


@pytest.mark.parametrize("how", ["together", "alone"])
async def test_a_server_that_is_killed_under_a_working_program_changes_nothing(
    agency: Agency, nats_server: Nats, how: str
) -> None:
    poison = await tell(agency)
    with program(agency, how, pause=0.004) as running:
        for _ in range(2):
            before = len(effect(agency))
            await until_more_than(agency, before, what="it works")
            nats_server.kill()
            nats_server.start()
        await until_quiet(agency)
        running.terminate()
        assert running.wait(10) == 0
    check(agency, poison)
