"""An office's own system acts by NATS request: the same rules, refusals and words as over HTTP, for its own office alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import nats
import pytest
from nats.aio.client import Client, RawCredentials
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy

from deploy.local.nats_accounts import NatsAccounts
from shared.contracts.words import Kind
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.accounts.authority import NO_GENERATION, Authority
from shared.messaging.accounts.claims import credentials
from shared.messaging.accounts.keys import Key
from shared.messaging.accounts.keys import Kind as KeyKind
from shared.messaging.accounts.layout import AGENCY_STREAM, Agency
from shared.testing.issuer import KeyIssuer
from tests.component.agencies.scene import Given, javascript
from tests.component.routing.scene import Intake, Scene, routing

OURS, THEIRS = "hanoi-00070", "hanoi-00082"


@dataclass
class Desk:
    """Routing at work, and a client of an agency."""

    city: Scene
    client: Client
    given: Given
    bus: BusSettings
    accounts: NatsAccounts

    @asynccontextmanager
    async def of(self, office: str) -> AsyncIterator["Desk"]:
        """Give another office's system a client."""
        async with _agency(self.bus, self.accounts, office) as (given, client):
            yield Desk(self.city, client, given, self.bus, self.accounts)

    async def ask(self, what: str, body: Any = None, *, key: str | None = None, office: str = OURS, **headers: str) -> Msg:
        sent = headers | ({"Idempotency-Key": key} if key else {})
        content = b"" if body is None else json.dumps(body).encode()
        return await self.client.request(f"agency.{office}.{what}", content, timeout=5, headers=sent or None)

    async def act(self, code: str, act: str, *, key: str | None = None, **body: Any) -> tuple[int, Any]:
        answer = await self.ask(f"{act}.{code}", body, key=key or f"key-{uuid4()}")
        return status_of(answer), json.loads(answer.data)


def status_of(answer: Msg) -> int:
    return int((answer.headers or {})["Caunoi-Status"])


@pytest.fixture
async def desk(
    bus: BusSettings, accounts: NatsAccounts, issuer: KeyIssuer, service_database: Callable[[str], Awaitable[str]], tmp_path: Path
) -> AsyncIterator[Desk]:
    url = await service_database("routing")
    async with routing(url, bus, tmp_path, issuer, Intake()) as city, _agency(bus, accounts, OURS) as (given, client):
        yield Desk(city, client, given, bus, accounts)


@asynccontextmanager
async def _agency(bus: BusSettings, accounts: NatsAccounts, office: str) -> AsyncIterator[tuple[Given, Client]]:
    """Give an office an account, and a client that is signed in to it."""
    clock = SystemClock()
    files = {"signing_key": accounts.signing_key, "accounts_file": accounts.accounts_file}
    authority = Authority.from_files(bus, clock=clock, **files)
    account, key = authority.new_account(), Key.new(KeyKind.USER)
    await authority.put_in_force(Agency(office, account, NO_GENERATION))
    token = authority.token_of(office, account, key.public, issued_at=clock.now())
    given = Given(uuid4(), key.public, credentials(token, key.seed))
    client = await nats.connect(bus.url, user_credentials=RawCredentials(given.content))
    yield given, client
    await client.close()
    await authority.close()


async def _petition(desk: Desk, *, commune: str = "00070", **fields: Any) -> tuple[str, UUID]:
    code = str(uuid4())[:14].upper()
    petition_id = await desk.city.lodged(code, commune=commune, **fields)
    await desk.city.routed(petition_id)
    return code, petition_id


async def test_a_petition_is_accepted_and_answered_by_the_agency_itself(desk: Desk) -> None:
    code, petition_id = await _petition(desk)
    status, accepted = await desk.act(code, "accept", version=1)
    assert (status, accepted["state"], accepted["office"]) == (200, "accepted", OURS), accepted
    status, answered = await desk.act(code, "answer", version=2, text="Đã thay nắp cống.")
    assert (status, answered["state"]) == (200, "answered"), answered
    said = await desk.city.said(petition_id)
    acts = [(one["type"].split(".")[3], one["actor"], one["authority"]) for one in said if one["actor"].startswith("agency")]
    assert acts == [("accepted", f"agency:{OURS}", f"officer@{OURS}"), ("answered", f"agency:{OURS}", f"officer@{OURS}")]


async def test_the_same_key_is_done_once_and_another_act_under_it_is_refused(desk: Desk) -> None:
    code, petition_id = await _petition(desk)
    first = await desk.act(code, "accept", key="the-same-key", version=1)
    again = await desk.act(code, "accept", key="the-same-key", version=1)
    assert first == again
    other = await desk.act(code, "close", key="the-same-key", version=2)
    assert (other[0], other[1]["code"]) == (409, "idempotency_key_reused")
    assert len(await desk.city.said(petition_id, "accepted")) == 1


async def test_refusals_and_mistakes_are_told_as_over_http(desk: Desk) -> None:
    code, _ = await _petition(desk)
    headers = desk.city.officer(OURS)
    for act, body in (("accept", {"version": 9}), ("accept", {"version": 1, "surprise": 1}), ("suspend", {"version": 1})):
        for language in ("vi", "en"):
            over_nats = await desk.ask(f"{act}.{code}", body, key=f"key-{uuid4()}", **{"Accept-Language": language})
            over_http = await desk.city.http.post(
                f"/api/petitions/{code}/{act}", json=body, headers=headers | {"Accept-Language": language}
            )
            assert status_of(over_nats) == over_http.status_code
            assert json.loads(over_nats.data) == over_http.json()
            told = over_nats.headers or {}
            assert told["Nats-Service-Error-Code"] == str(over_http.status_code)
            assert told["Nats-Service-Error"] == over_http.json()["code"]


async def test_another_offices_petition_is_not_there_and_another_offices_subject_is_closed(desk: Desk) -> None:
    code, petition_id = await _petition(desk, commune="00082")
    status, refusal = await desk.act(code, "accept", version=1)
    assert (status, refusal["code"]) == (404, "petition_not_found")
    nowhere = await desk.act("NO-SUCH-CODE", "accept", version=1)
    assert (nowhere[0], nowhere[1]["code"], nowhere[1]["detail"]) == (404, refusal["code"], refusal["detail"])
    with pytest.raises((nats.errors.TimeoutError, nats.errors.NoRespondersError)):
        await desk.client.request(
            f"agency.{THEIRS}.accept.{code}", b'{"version": 1}', timeout=0.3, headers={"Idempotency-Key": "k" * 8}
        )
    assert await desk.city.said(petition_id, "accepted") == []


async def test_a_denunciation_is_not_there_for_a_system_though_an_officer_of_its_office_sees_it(desk: Desk) -> None:
    code, petition_id = await _petition(desk, kind=Kind.DENUNCIATION, is_sealed=True, against=THEIRS)
    office = (await desk.city.said(petition_id, "routed"))[0]["office"]
    async with desk.of(office) as system:
        seen = await desk.city.http.get(f"/api/petitions/{code}", headers=desk.city.officer(office))
        assert seen.status_code == 200, seen.text
        for what in (f"show.{code}", f"accept.{code}"):
            answer = await system.ask(what, {"version": 1}, key="k" * 8, office=office)
            assert (status_of(answer), json.loads(answer.data)["code"]) == (404, "petition_not_found")
        listed = await desk.city.http.get("/api/queue", headers=desk.city.officer(office))
        queue = json.loads((await system.ask("queue", office=office)).data)
        assert code in {item["code"] for item in listed.json()["items"]}
        assert code not in {item["code"] for item in queue["items"]}


async def test_questions_are_answered(desk: Desk) -> None:
    code, _ = await _petition(desk)
    shown = await desk.ask(f"show.{code}")
    assert (json.loads(shown.data)["state"], (shown.headers or {})["Etag"]) == ("routed", '"1"')
    queue = json.loads((await desk.ask("queue", {"limit": 1})).data)
    assert [item["code"] for item in queue["items"]] == [code]
    assert "complaint.first" in json.loads((await desk.ask("grounds")).data)
    wrong = await desk.ask("queue", {"limit": 100_000})
    assert status_of(wrong) == 422


async def test_what_is_no_command_changes_nothing_and_is_said_plainly(desk: Desk) -> None:
    code, petition_id = await _petition(desk)
    unknown = await desk.ask(f"approve.{code}", {}, key="k" * 8)
    assert (status_of(unknown), json.loads(unknown.data)["code"]) == (404, "no_such_command")
    assert "accept" in json.loads(unknown.data)["acts"]
    keyless = await desk.ask(f"accept.{code}", {"version": 1})
    assert (status_of(keyless), json.loads(keyless.data)["errors"][0]["field"]) == (422, "Idempotency-Key")
    for head_alone in ("reveal", "exclusions", "denounced", "proposals"):
        assert status_of(await desk.ask(f"{head_alone}.{code}", {}, key="k" * 8)) == 404
    noise = await desk.client.request(f"agency.{OURS}.accept.{code}", b"\xff{", timeout=5, headers={"Idempotency-Key": "k" * 8})
    assert (status_of(noise), json.loads(noise.data)["code"]) == (400, "http_400")
    assert await desk.city.said(petition_id, "accepted") == []


async def test_an_event_that_is_delivered_to_a_command_is_no_command(desk: Desk) -> None:
    """A consumer may deliver to any subject of its account; what it delivers must not act."""
    code, petition_id = await _petition(desk)
    js = desk.client.jetstream()
    target = f"agency.{OURS}.accept.{code}"
    await js.add_consumer(AGENCY_STREAM, ConsumerConfig(durable_name="pull", deliver_policy=DeliverPolicy.ALL))
    await js.add_consumer(
        AGENCY_STREAM, ConsumerConfig(durable_name="push", deliver_subject=target, deliver_policy=DeliverPolicy.ALL)
    )
    await desk.client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{AGENCY_STREAM}.pull", b"5", reply=target)
    await desk.client.publish(target, b'{"version": 1}', headers={"Idempotency-Key": "k" * 8})  # nobody waits for an answer
    status, _ = await desk.act(code, "accept", version=1)
    assert status == 200
    assert len(await desk.city.said(petition_id, "accepted")) == 1


async def test_where_nobody_serves_the_client_hears_it_at_once(bus: BusSettings, accounts: NatsAccounts, js: object) -> None:
    async with _agency(bus, accounts, OURS) as (_, client):
        began = asyncio.get_running_loop().time()
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request(f"agency.{OURS}.queue", b"", timeout=5)
        assert asyncio.get_running_loop().time() - began < 2


async def test_the_javascript_client_acts_too(desk: Desk, tmp_path: Path) -> None:
    code, petition_id = await _petition(desk)
    lines = await javascript(desk.bus.url, desk.given, "commands.mjs", tmp_path, OURS, code)
    assert [(line["step"], line["status"]) for line in lines] == [
        ("show", 200),
        ("accept", 200),
        ("again", 409),
        ("unknown", 404),
    ]
    assert lines[2]["code"] == "version_conflict"
    assert len(await desk.city.said(petition_id, "accepted")) == 1
