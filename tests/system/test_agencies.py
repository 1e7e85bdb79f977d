"""An office's own system, from the operator's command to the answer of a petition, in a whole city of `make run`."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, DeliverPolicy

from deploy.local.city_file import read_city_file
from tests.system.cities import City, People

OFFICE, OTHER = "hanoi-00070", "hanoi-so-xd"
DOTTED = "petitions.routing.petition."

pytestmark = [
    pytest.mark.timeout(240),  # thirteen commands, each a process of its own
    pytest.mark.skipif("CAUNOI_URL" in os.environ, reason="needs nats-server of a city on this machine"),
]


@dataclass
class Town:
    people: People
    var: Path
    directory: Path

    @property
    def nats_url(self) -> str:
        found = read_city_file(self.var)
        assert found is not None
        return found.nats_url

    def caunoi(self, *words: str) -> str:
        done = self.people.caunoi("--var", str(self.var), *words)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def add(self, office: str) -> Path:
        file = self.directory / f"{office}-{uuid4()}.creds"
        self.caunoi("agency", "add", office, "--out", str(file))
        return file


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    var = tmp_path_factory.mktemp("var")
    city = City(var)
    people = People(city.url)
    yield Town(people, var, tmp_path_factory.mktemp("agency"))
    people.close()
    city.end()
    assert city.process.stdout is not None
    city.process.stdout.close()


async def until(client: Client, durable: str, event: str) -> dict[str, list[dict[str, Any]]]:
    """Read until a kind of event has come; return what was read by petition."""
    subscription = await client.jetstream().pull_subscribe_bind(durable, "AGENCY")
    found: dict[str, list[dict[str, Any]]] = {}
    async with asyncio.timeout(60):
        while not any(item["type"] == event for items in found.values() for item in items):
            try:
                messages = await subscription.fetch(20, timeout=2)
            except nats.errors.TimeoutError:
                continue
            for message in messages:
                headers = message.headers or {}
                found.setdefault(headers["ce-subject"], []).append(
                    {"type": headers["ce-type"], "actor": headers["ce-actor"], "id": headers["ce-id"]}
                )
                await message.ack()
    return found


async def act(client: Client, code: str, what: str, body: dict[str, object]) -> dict[str, Any]:
    answer = await client.request(
        f"agency.{OFFICE}.{what}.{code}", json.dumps(body).encode(), timeout=10, headers={"Idempotency-Key": f"key-{uuid4()}"}
    )
    said: dict[str, Any] = json.loads(answer.data)
    assert (answer.headers or {})["Caunoi-Status"] == "200", said
    return said


async def test_an_agency_hears_of_a_petition_accepts_and_answers_it_and_the_citizen_reads_it(town: Town) -> None:
    file = town.add(OFFICE)
    client = await nats.connect(town.nats_url, user_credentials=str(file))
    try:
        await _from_the_first_event_to_the_answer(town, client)
    finally:
        await client.close()


async def _from_the_first_event_to_the_answer(town: Town, client: Client) -> None:
    await client.jetstream().add_consumer("AGENCY", ConsumerConfig(durable_name="system", deliver_policy=DeliverPolicy.NEW))
    code = await asyncio.to_thread(
        town.people.lodge, kind="recommendation", text="Đề nghị lắp thêm đèn ở ngõ 12.", commune="00070"
    )
    routed = await until(client, "system", f"{DOTTED}routed.v1")
    assert len(routed) >= 1
    shown = await act(client, code, "show", {})
    accepted = await act(client, code, "accept", {"version": shown["version"]})
    await act(
        client, code, "answer", {"version": accepted["version"], "text": "Đã lắp đèn ngày 27/11.", "grounds": ["12/QĐ-UBND"]}
    )
    heard = await until(client, "system", f"{DOTTED}answered.v1")
    (mine,) = [items for items in heard.values() if any(item["type"] == f"{DOTTED}answered.v1" for item in items)]
    assert {item["actor"] for item in mine if item["type"] == f"{DOTTED}answered.v1"} == {f"agency:{OFFICE}"}
    town.people.wait_for(code, "routing petition.answered")


def test_the_operators_commands_tell_and_try_what_is_there(town: Town) -> None:
    file = town.add(OTHER)
    assert file.stat().st_mode & 0o077 == 0
    tried = town.caunoi("agency", "test", OTHER, "--credentials", str(file))
    assert "WRONG" not in tried
    assert "the sealed stream is refused" in tried
    (found,) = [item for item in json.loads(town.caunoi("agency", "list", "--json")) if item["office"] == OTHER]
    assert (found["is_in_force"], len(found["credentials"])) == (True, 1)
    assert OTHER in town.caunoi("agency", "list")
    newer = town.directory / "newer.creds"
    town.caunoi("agency", "rotate", OTHER, "--overlap", "0", "--out", str(newer))
    wrong = town.people.caunoi("--var", str(town.var), "agency", "test", OTHER, "--credentials", str(file))
    assert (wrong.returncode, "WRONG sign in" in wrong.stdout) == (1, True)
    assert "WRONG" not in town.caunoi("agency", "test", OTHER, "--credentials", str(newer))
    doctor = json.loads(town.people.caunoi("--var", str(town.var), "doctor", "--json").stdout)
    assert {one["part"]: one["level"] for one in doctor}[f"agency {OTHER}"] == "OK"
    town.caunoi("agency", "revoke", OTHER, "--all")
    assert "revoked" in town.caunoi("agency", "show", OTHER)
    assert town.people.caunoi("--var", str(town.var), "agency", "test", OTHER, "--credentials", str(newer)).returncode == 1


def test_a_mistake_is_told_with_its_remedy(town: Town) -> None:
    def failed(*words: str) -> str:
        done = town.people.caunoi("--var", str(town.var), *words)
        assert done.returncode == 1
        return done.stderr

    assert "khong-co" in failed("agency", "add", "khong-co", "--out", str(town.directory / "x.creds"))
    assert not (town.directory / "x.creds").exists()
    there = town.directory / "there.creds"
    there.write_text("-")
    assert "is there already" in failed("agency", "add", OTHER, "--out", str(there))
    assert "say which" in failed("agency", "revoke", OTHER)
