"""The package of agencies against a whole city: its quick start word for word, and its stream against what the services say of it."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
import pytest
from jsonschema import Draft202012Validator
from nats.js.api import ConsumerConfig, DeliverPolicy

from deploy.local.city_file import read_city_file
from deploy.local.events import ASYNCAPI
from shared.contracts.asyncapi_common import HEADERS
from tests.system.acting import until
from tests.system.cities import City, People
from tests.system.processes import ROOT, shell_environment

README = ROOT / "sdk" / "README.md"
OFFICE = "hanoi-so-xd"

pytestmark = pytest.mark.skipif("CAUNOI_URL" in os.environ, reason="needs nats-server of a city on this machine")


@dataclass
class Town:
    """A city, its directory, and the directory in which a developer of an agency works."""

    people: People
    var: Path
    desk: Path

    @property
    def nats_url(self) -> str:
        found = read_city_file(self.var)
        assert found is not None
        return found.nats_url

    def shell(self, *words: str) -> "subprocess.Popen[str]":
        environ = shell_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT / 'sdk'}", "CAUNOI_VAR": str(self.var)}
        command = [sys.executable, *words]
        return subprocess.Popen(command, cwd=self.desk, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def done(self, *words: str) -> str:
        running = self.shell(*words)
        said, _ = running.communicate(timeout=60)
        assert running.returncode == 0, said
        return said


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    var = tmp_path_factory.mktemp("var")
    city = City(var)
    people = People(city.url)
    made = Town(people, var, tmp_path_factory.mktemp("desk"))
    for name, program in programs().items():
        (made.desk / name).write_text(program, encoding="utf-8")
    made.done("-m", "deploy.cli.main", "agency", "add", OFFICE)
    yield made
    people.close()
    city.end()
    assert city.process.stdout is not None
    city.process.stdout.close()


def programs() -> dict[str, str]:
    """Return the programs of the quick start by their names."""
    found = re.findall(r"`(\w+\.py)`:[^\n]*\n\n```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return dict(found)


def test_the_quick_start_works_word_for_word(town: Town) -> None:
    assert set(programs()) == {"hear.py", "work.py"}
    shown = README.read_text(encoding="utf-8")
    assert f"caunoi agency add {OFFICE}" in shown
    hearing = town.shell("hear.py", town.nats_url)
    try:
        said = town.done("work.py", town.people.url)
        code = re.search(r"lodged: (\S+)\naccepted: \S+ accepted possible now: ", said)
        assert code, said
        assert "Receive a field report" in said
        cases = until(lambda: _cases(town, code[1]), what="the office's own file has the petition and when it is due")
        assert cases[0][0] == "ngap-ung"
    finally:
        hearing.send_signal(signal.SIGINT)
        heard, _ = hearing.communicate(timeout=20)
    assert hearing.returncode == 0, heard
    assert f"ours now: {code[1]} ngap-ung" in heard
    assert "due: IH.RECEIPT" in heard


def _cases(town: Town, code: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(town.desk / "office.sqlite3", timeout=10)) as connection:
        try:
            return connection.execute("SELECT topic, due FROM cases WHERE code = ? AND due IS NOT NULL", (code,)).fetchall()
        except sqlite3.OperationalError:  # its table is not there yet
            return []


async def test_what_an_office_hears_is_what_the_services_say_of_it(town: Town) -> None:
    document = json.loads(ASYNCAPI.read_text(encoding="utf-8"))
    addresses = {
        event_type: [channel["address"] for channel in document["channels"].values() if event_type in channel["messages"]]
        for event_type in document["components"]["messages"]
    }
    connection = await nats.connect(town.nats_url, user_credentials=str(town.desk / f"{OFFICE}.creds"))
    js = connection.jetstream()
    durable = f"check-{uuid4().hex[:8]}"
    await js.add_consumer("AGENCY", ConsumerConfig(durable_name=durable, deliver_policy=DeliverPolicy.ALL, ack_policy="explicit"))  # type: ignore[arg-type]
    subscription = await js.pull_subscribe_bind(durable, "AGENCY")
    messages = await subscription.fetch(50, timeout=5)
    await connection.close()
    assert len(messages) >= 4
    for message in messages:
        headers = dict(message.headers or {})
        event_type = headers["ce-type"]
        root = {"components": document["components"]}
        Draft202012Validator(HEADERS).validate(headers)
        Draft202012Validator(root | document["components"]["messages"][event_type]["payload"]).validate(json.loads(message.data))
        assert any(_fits(address, message.subject) for address in addresses[event_type]), message.subject


def _fits(address: str, subject: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^.]+", re.escape(address)), subject) is not None
