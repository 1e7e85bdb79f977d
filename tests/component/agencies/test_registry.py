"""Agencies are registered, given credentials, shown and revoked; nats-server agrees with the registry."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from nats.js.api import ConsumerConfig, DeliverPolicy
from sqlalchemy import text

from shared.kernel.clock import SystemClock
from shared.messaging.accounts.keys import Key, Kind
from shared.messaging.accounts.layout import AGENCY_STREAM
from shared.testing import wait_until
from tests.component.agencies.scene import OURS, THEIRS, AgencyScene, Given, javascript_running, refused, said_next


async def test_a_registered_agency_reads_its_own_events_and_only_those(scene: AgencyScene) -> None:
    before = await scene.say(3)
    await scene.say(2, office=THEIRS)
    given = await scene.agency()
    after = await scene.say(2)
    async with scene.agent(given) as agent:
        await scene.has_taken(agent, 6)
        subscription = await agent.js.pull_subscribe("", "ours", stream=AGENCY_STREAM)
        messages = await subscription.fetch(10, timeout=2)
        for message in messages:
            await message.ack()
        subjects = {message.subject.rsplit(".", 2)[1] for message in messages}
        ids = [(message.headers or {}).get("ce-id") for message in messages if ".audit." in message.subject]
        assert subjects == {OURS}
        assert ids == [str(event_id) for event_id in (*before, *after)]
        assert agent.errors == []


async def test_each_change_is_an_event_without_a_secret(scene: AgencyScene) -> None:
    given = await scene.agency()
    await scene.post(f"/agencies/{OURS}/credentials/{given.id}/revoke")
    async with scene.database.reading() as connection:
        rows = (await connection.execute(text("SELECT type, office, body FROM events ORDER BY seq"))).all()
    assert [row.type for row in rows] == [
        "petitions.notify.agency.registered.v1",
        "petitions.notify.credentials.issued.v1",
        "petitions.notify.credentials.revoked.v1",
    ]
    assert {row.office for row in rows} == {OURS}
    seed = given.content.split("SEED-----\n")[1].split()[0]
    assert all(seed not in row.body for row in rows)
    assert json.loads(rows[2].body)["reason"] == "revoked"


async def test_revoking_cuts_who_is_connected_and_lets_nobody_in(scene: AgencyScene) -> None:
    given, other = await scene.agency(), await scene.issue()
    async with scene.agent(given) as agent, scene.agent(other) as stays:
        began = monotonic()
        answer = await scene.post(f"/agencies/{OURS}/credentials/{given.id}/revoke")
        assert answer.json() == {"revoked": [str(given.id)], "is_in_force": True}
        await asyncio.wait_for(agent.closed.wait(), 2)
        assert monotonic() - began < 2
        assert "authorization violation" in await refused(scene.url, given)
        assert await refused(scene.url, other) == ""
        assert stays.client.is_connected


async def test_revoking_cuts_the_javascript_client_too(scene: AgencyScene, tmp_path: Path) -> None:
    given = await scene.agency()
    client = await javascript_running(scene.url, given, "revoked.mjs", tmp_path)
    assert (await said_next(client))["step"] == "in"
    began = monotonic()
    await scene.post(f"/agencies/{OURS}/credentials/{given.id}/revoke")
    cut = await said_next(client)
    assert (cut["step"], monotonic() - began < 2) == ("cut", True)
    assert "revoked" in cut["why"].lower()
    again = await said_next(client)
    assert again["step"] == "refused"
    assert "authorization violation" in again["why"].lower()
    assert await client.wait() == 0


async def test_an_agency_reads_from_now_from_a_date_and_from_the_beginning(scene: AgencyScene) -> None:
    given = await scene.agency()
    early = await scene.say(3)
    async with scene.agent(given) as agent:
        await scene.has_taken(agent, 5)  # and that it was registered and given credentials
        since = SystemClock().now()
        late = await scene.say(2)
        await scene.has_taken(agent, 7)

        async def ids(name: str, **policy: Any) -> list[str]:
            await agent.js.add_consumer(AGENCY_STREAM, ConsumerConfig(durable_name=name, **policy))
            if name == "now":
                late.extend(await scene.say(1))
                await scene.has_taken(agent, 8)
            subscription = await agent.js.pull_subscribe_bind(name, AGENCY_STREAM)
            messages = await subscription.fetch(20, timeout=1)
            return [(message.headers or {})["ce-id"] for message in messages if ".audit." in message.subject]

        assert await ids("now", deliver_policy=DeliverPolicy.NEW) == [str(late[-1])]
        dated = {"deliver_policy": DeliverPolicy.BY_START_TIME, "opt_start_time": since.isoformat().replace("+00:00", "Z")}
        assert await ids("dated", **dated) == [str(key) for key in late]
        assert await ids("all", deliver_policy=DeliverPolicy.ALL) == [str(key) for key in (*early, *late)]


async def test_rotating_with_an_overlap_ends_the_old_ones_later_and_at_once_ends_them_now(scene: AgencyScene) -> None:
    first = await scene.agency()
    second = await scene.issue(OURS, others_end_in_hours=1)
    assert await refused(scene.url, first) == ""
    shown = {one["public_key"]: one for one in (await scene.get(f"/agencies/{OURS}"))["credentials"]}
    assert shown[first.public_key]["ends_at"] is not None
    assert shown[second.public_key]["ends_at"] is None
    async with scene.database.transaction() as tx:
        await tx.connection.execute(
            text("UPDATE agency_credentials SET ends_at = :now WHERE public_key = :key"),
            {"now": SystemClock().now() - timedelta(seconds=1), "key": first.public_key},
        )

    async def is_out() -> bool:
        return bool(await refused(scene.url, first))

    await wait_until(is_out, 20, what="the end of what was replaced")
    third = await scene.issue(OURS, others_end_in_hours=0)
    assert await refused(scene.url, second) != ""
    assert await refused(scene.url, third) == ""


async def test_consumers_stay_when_credentials_change(scene: AgencyScene) -> None:
    first = await scene.agency()
    await scene.say(4)
    async with scene.agent(first) as agent:
        await scene.has_taken(agent, 4)
        subscription = await agent.js.pull_subscribe("", "ours", stream=AGENCY_STREAM)
        for message in await subscription.fetch(3, timeout=2):
            await message.ack_sync()
    second = await scene.issue(OURS, others_end_in_hours=0)
    async with scene.agent(second) as agent:
        info = await agent.js.consumer_info(AGENCY_STREAM, "ours")
        assert info.delivered.stream_seq == 3


async def test_the_list_says_who_is_connected_and_when_each_was_last_seen(scene: AgencyScene) -> None:
    given = await scene.agency()
    never = await scene.issue()

    async def shown(which: Given) -> dict[str, Any]:
        held: list[dict[str, Any]] = (await scene.get("/agencies"))["items"][0]["credentials"]
        return next(one for one in held if one["public_key"] == which.public_key)

    async def is_seen() -> bool:
        return bool((await shown(given))["is_connected"])

    async def is_gone() -> bool:
        return not (await shown(given))["is_connected"] and (await shown(given))["last_seen_at"] is not None

    async with scene.agent(given):
        await wait_until(is_seen, 20, what="the client is seen")
    await wait_until(is_gone, 20, what="the client is gone, and when is noted")
    assert (await shown(never))["last_seen_at"] is None
    assert (await scene.get("/agencies"))["items"][0]["stream"]["behind"] == 0


async def test_the_same_key_gets_the_same_and_a_revoked_one_never_again(scene: AgencyScene) -> None:
    given = await scene.agency()
    again = await scene.post(f"/agencies/{OURS}/credentials", {"public_key": given.public_key})
    assert again.json()["token"] in given.content
    await scene.agency(THEIRS)
    taken = await scene.post(f"/agencies/{THEIRS}/credentials", {"public_key": given.public_key})
    assert (taken.status_code, taken.json()["code"]) == (409, "public_key_taken")
    await scene.post(f"/agencies/{OURS}/revoke")
    gone = await scene.post(f"/agencies/{OURS}/credentials", {"public_key": given.public_key})
    assert (gone.status_code, gone.json()["code"]) == (409, "public_key_taken")


async def test_what_cannot_be_is_said_plainly(scene: AgencyScene) -> None:
    key = Key.new(Kind.USER)
    unknown = await scene.post("/agencies", {"office": "hanoi-nowhere"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "office_unknown")
    assert "hanoi-nowhere" in unknown.json()["detail"]
    not_there = await scene.post(f"/agencies/{THEIRS}/credentials", {"public_key": key.public})
    assert (not_there.status_code, not_there.json()["code"]) == (404, "agency_not_found")
    await scene.agency()
    seed = await scene.post(f"/agencies/{OURS}/credentials", {"public_key": key.seed})
    assert seed.status_code == 422
    assert key.seed not in seed.text
    account = await scene.post(f"/agencies/{OURS}/credentials", {"public_key": Key.new(Kind.ACCOUNT).public})
    assert account.status_code == 422
    none = await scene.post(f"/agencies/{OURS}/credentials/{'0' * 8}-0000-0000-0000-{'0' * 12}/revoke")
    assert (none.status_code, none.json()["code"]) == (404, "credentials_not_found")
