"""Parts are killed, data is lost, somebody is away for long: an agency misses nothing, and a revoked one never gets in."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

import nats
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from deploy.local.nats_accounts import NatsAccounts
from deploy.local.servers import Nats
from services.notify.app import DURABLE
from services.notify.handlers import agencies as handlers
from services.notify.handlers.agencies import Asked
from services.notify.store import agencies as store
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.accounts.authority import Authority
from shared.messaging.accounts.layout import AGENCY_STREAM
from shared.messaging.topology import provision
from shared.testing import wait_until
from shared.testing.issuer import KeyIssuer
from tests.component.agencies.scene import OURS, AgencyScene, Agent, Given, agency_scene, refused

READ_SECONDS_MAX = 40.0
FOREVER = -1
MANY = 2000
STEADY = {
    "allow_reconnect": True,
    "max_reconnect_attempts": FOREVER,
    "reconnect_time_wait": 0.1,
    "ping_interval": 1,
    "max_outstanding_pings": 2,
}


async def read_until(agent: Agent, wanted: Iterable[UUID], durable: str = "ours") -> list[UUID]:
    """Read as an agency's program does: make the consumer where it is not there, take, acknowledge; whatever fails, again."""
    left, found = set(wanted), []
    config = ConsumerConfig(durable_name=durable, deliver_policy=DeliverPolicy.ALL, ack_wait=5)
    async with asyncio.timeout(READ_SECONDS_MAX):
        while left:
            try:
                await agent.js.add_consumer(AGENCY_STREAM, config)
                subscription = await agent.js.pull_subscribe_bind(durable, AGENCY_STREAM)
                messages = await subscription.fetch(500, timeout=0.5)
            except (nats.errors.Error, APIError):
                await asyncio.sleep(0.1)
                continue
            for message in messages:
                event_id = (message.headers or {}).get("ce-id")
                if event_id is not None:
                    found.append(UUID(event_id))
                    left.discard(found[-1])
                await message.ack()
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()
    return found


async def test_a_killed_server_costs_an_agency_nothing(scene: AgencyScene, nats_server: Nats) -> None:
    given = await scene.agency()
    async with scene.agent(given, **STEADY) as agent:
        before = await scene.say(50)
        reading = asyncio.create_task(read_until(agent, before, "busy"))
        nats_server.kill()
        nats_server.start()
        await reading
        after = await _said_again(scene, 20)
        assert set(await read_until(agent, [*before, *after])) >= {*before, *after}


async def test_who_was_away_reads_all_of_it_in_order(scene: AgencyScene) -> None:
    given = await scene.agency()
    first = await scene.say(5)
    async with scene.agent(given) as agent:
        await read_until(agent, first)
    missed = await scene.say(MANY)
    async with scene.agent(given) as agent:
        await scene.has_taken(agent, len(first) + MANY)
        subscription = await agent.js.pull_subscribe_bind("ours", AGENCY_STREAM)
        found: list[UUID] = []
        while len(found) < MANY:
            for message in await subscription.fetch(500, timeout=10):
                found.append(UUID((message.headers or {})["ce-id"]))
                await message.ack()
        assert found == missed


async def test_petitions_made_anew_cost_an_agency_nothing(scene: AgencyScene) -> None:
    """The stream counts from one again, and says the events in another order, as a rebuild from the ledgers may."""
    given = await scene.agency()
    async with scene.agent(given) as agent:
        old = await scene.say(6)
        await read_until(agent, old)
        unread = await scene.say(1)
        await scene.has_taken(agent, 7)
        await scene.js.delete_stream("PETITIONS")
        await provision(scene.js, [DURABLE])
        rebuilt = [*old[:3], *await _again(scene, [*old[:3]]), *await scene.say(2), *await _again(scene, [*old[3:], *unread])]
        new = [key for key in rebuilt if key not in {*old, *unread}]
        assert set(await read_until(agent, [*unread, *new])) >= {*unread, *new}


async def test_lost_data_is_told_to_the_server_again(
    scene: AgencyScene, nats_server: Nats, accounts: NatsAccounts, bus: BusSettings
) -> None:
    given, other = await scene.agency(), await scene.issue()
    await scene.post(f"/agencies/{OURS}/credentials/{other.id}/revoke")
    nats_server.kill()
    nats_server.wipe()
    for path in (nats_server.var / "nats" / "accounts").glob("*"):
        path.unlink()
    nats_server.start()
    connection = await nats.connect(bus.url, **bus.signing_in())
    await provision(connection.jetstream(), [DURABLE])
    await connection.close()
    await wait_until(lambda: _is_let_in(scene, given), READ_SECONDS_MAX, what="the account is there again")
    said = await _said_again(scene, 5)
    async with scene.agent(given, **STEADY) as agent:
        assert set(await read_until(agent, said)) >= set(said)
    assert await refused(scene.url, other) != ""


async def test_revoked_while_the_server_is_away_is_out_when_it_is_back(scene: AgencyScene, nats_server: Nats) -> None:
    given = await scene.agency()
    async with scene.agent(given, **STEADY):
        nats_server.kill()
        answer = await scene.post(f"/agencies/{OURS}/credentials/{given.id}/revoke")
        assert answer.json() == {"revoked": [str(given.id)], "is_in_force": False}
        nats_server.start()
        await wait_until(lambda: _is_refused(scene, given), READ_SECONDS_MAX, what="the server knows")


async def test_a_notify_that_was_killed_before_or_after_telling_the_server_tells_it_at_its_start(
    js: JetStreamContext, bus: BusSettings, accounts: NatsAccounts, issuer: KeyIssuer, given: dict[str, str]
) -> None:
    async with agency_scene(js, issuer, given) as scene:
        one, two = await scene.agency(), await scene.issue()
    # What a kill leaves: written and not told; and written, told, and not noted as told.
    async with agency_scene(js, issuer, given) as gone:
        await gone.service.stop()
        asked = Asked("person:op-1", SystemClock().now())
        async with gone.database.transaction() as tx:
            await handlers.revoke(tx, OURS, one.id, asked=asked)
        assert await refused(gone.url, one) == ""
        async with gone.database.reading() as connection:
            registered = handlers.there(await store.one(connection, OURS), OURS)
            held = (await store.credentials_of(connection, [OURS]))[OURS]
        files = {"signing_key": accounts.signing_key, "accounts_file": accounts.accounts_file}
        authority = Authority.from_files(bus, clock=SystemClock(), **files)
        await authority.put_in_force(handlers.as_told(registered, held))
        await authority.close()
        assert registered.in_force_at is None
    async with agency_scene(js, issuer, given) as again:

        async def is_in_force() -> bool:
            return bool((await again.get(f"/agencies/{OURS}"))["is_in_force"])

        await wait_until(is_in_force, READ_SECONDS_MAX, what="what was left is told")
        assert await refused(again.url, one) != ""
        assert await refused(again.url, two) == ""


async def _said_again(scene: AgencyScene, count: int) -> list[UUID]:
    """Say events as soon as the server takes some."""
    found: list[UUID] = []

    async def is_said() -> bool:
        try:
            found.extend(await scene.say(count - len(found)))
        except (nats.errors.Error, APIError):
            return False
        return True

    await wait_until(is_said, READ_SECONDS_MAX, what="the server takes events")
    return found


async def _again(scene: AgencyScene, ids: Iterable[UUID]) -> list[UUID]:
    """Say events that were said before, under their own ids."""
    for event_id in ids:
        subject = f"petitions.audit.petition.noted.v1.{OURS}.{event_id}"
        await scene.js.publish(subject, b"{}", headers={"Nats-Msg-Id": str(event_id), "ce-id": str(event_id)})
    return list(ids)


async def _is_refused(scene: AgencyScene, given: Given) -> bool:
    return await refused(scene.url, given) != ""


async def _is_let_in(scene: AgencyScene, given: Given) -> bool:
    return await refused(scene.url, given) == ""
