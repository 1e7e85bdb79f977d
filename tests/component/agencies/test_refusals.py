"""nats-server itself refuses an agency everything but its own: tried with nats-py and with the JavaScript client."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from shared.messaging.accounts.layout import AGENCY_STREAM, CONSUMERS_MAX, source_api
from shared.testing import wait_until
from tests.component.agencies.scene import OURS, THEIRS, AgencyScene, Agent, javascript

SHORT_SECONDS = 0.25
API = "$JS.API"
CORE = source_api("g0")

# Subject and body of requests: each is one way to get more than one's own, or to change what is there.
REQUESTS: dict[str, tuple[str, object]] = {
    "the stream of everybody": (f"{API}.STREAM.INFO.PETITIONS", {}),
    "the sealed stream": (f"{API}.STREAM.INFO.SEALED", {}),
    "a consumer on the stream of everybody": (f"{API}.CONSUMER.CREATE.PETITIONS.x", {"stream_name": "PETITIONS", "config": {}}),
    "a consumer on the sealed stream": (f"{API}.CONSUMER.CREATE.SEALED.x", {"stream_name": "SEALED", "config": {}}),
    "a consumer of our services": (f"{API}.CONSUMER.INFO.PETITIONS.notify", {}),
    "messages of a consumer of our services": (f"{API}.CONSUMER.MSG.NEXT.PETITIONS.notify", 1),
    "a direct get in the stream of everybody": (f"{API}.DIRECT.GET.PETITIONS", {"seq": 1}),
    "a direct get in the own stream": (f"{API}.DIRECT.GET.{AGENCY_STREAM}", {"seq": 1}),
    "a message past a consumer": (f"{API}.STREAM.MSG.GET.{AGENCY_STREAM}", {"seq": 1}),
    "deleting a message": (f"{API}.STREAM.MSG.DELETE.{AGENCY_STREAM}", {"seq": 1}),
    "purging the own stream": (f"{API}.STREAM.PURGE.{AGENCY_STREAM}", {}),
    "deleting the own stream": (f"{API}.STREAM.DELETE.{AGENCY_STREAM}", {}),
    "changing the own stream": (f"{API}.STREAM.UPDATE.{AGENCY_STREAM}", {"name": AGENCY_STREAM, "subjects": [">"]}),
    "making a stream": (f"{API}.STREAM.CREATE.MINE", {"name": "MINE", "subjects": ["mine.>"]}),
    "a copy of the own stream": (f"{API}.STREAM.SNAPSHOT.{AGENCY_STREAM}", {"deliver_subject": "_INBOX.x"}),
    "stepping down": (f"{API}.STREAM.LEADER.STEPDOWN.{AGENCY_STREAM}", {}),
    "a source of another office": (
        f"{CORE}.CONSUMER.CREATE.PETITIONS.x.petitions.*.*.*.*.{THEIRS}.>",
        {
            "stream_name": "PETITIONS",
            "config": {"filter_subject": f"petitions.*.*.*.*.{THEIRS}.>", "deliver_subject": "_INBOX.x"},
        },
    ),
    "a source of the own office": (
        f"{CORE}.CONSUMER.CREATE.PETITIONS.x.petitions.*.*.*.*.{OURS}.>",
        {"stream_name": "PETITIONS", "config": {"filter_subject": f"petitions.*.*.*.*.{OURS}.>", "deliver_subject": "_INBOX.x"}},
    ),
    "forging an event": (f"petitions.routing.petition.answered.v1.{OURS}.{uuid4()}", {}),
    "forging another's event": (f"petitions.routing.petition.answered.v1.{THEIRS}.{uuid4()}", {}),
    "forging a delivery": (f"deliver.{OURS}.x", {}),
    "another office's command": (f"agency.{THEIRS}.accept.2Q73-AN1K-HNF4", {}),
    "a command of every office": ("agency.*.accept.2Q73-AN1K-HNF4", {}),
    "another account": ("$SYS.REQ.SERVER.PING", {}),
    "claims": ("$SYS.REQ.CLAIMS.UPDATE", {}),
    "who is connected": ("$SYS.REQ.ACCOUNT.PING.CONNZ", {}),
}
SUBSCRIPTIONS = [
    ">",
    "petitions.>",
    f"petitions.*.*.*.*.{THEIRS}.>",
    f"petitions.*.*.*.*.{OURS}.>",
    "sealed.>",
    "deliver.>",
    f"deliver.{OURS}.>",
    "agency.>",
    "$SYS.>",
    "$JS.>",
    "*",
]


async def test_nats_py_is_refused_every_request_that_is_not_about_the_agencys_own_consumers(scene: AgencyScene) -> None:
    given = await scene.agency()
    await scene.say(3)
    async with scene.agent(given) as agent:
        await scene.has_taken(agent, 3)
        answers = await asyncio.gather(
            *[_asked(agent, subject, json.dumps(body).encode()) for subject, body in REQUESTS.values()]
        )
        refused = [_is_refusal(agent, "publish", subject) for subject, _ in REQUESTS.values()]
        allowed = [name for name, answer, no in zip(REQUESTS, answers, refused, strict=True) if answer is not None or not no]
        assert allowed == []
        for subject in SUBSCRIPTIONS:
            agent.errors.clear()
            await agent.client.subscribe(subject)
            await agent.client.flush()
            await wait_until(lambda: agent.errors, 2, what=f"refusal of {subject}")
            assert _is_refusal(agent, "subscription", subject), agent.errors
        assert (await agent.js.stream_info(AGENCY_STREAM)).state.messages >= 3


async def test_the_javascript_client_is_refused_the_same(scene: AgencyScene, tmp_path: Path) -> None:
    given = await scene.agency()
    await scene.say(3)
    requests = [[what, subject, json.dumps(body)] for what, (subject, body) in REQUESTS.items()]
    file = tmp_path / "requests.json"
    file.write_text(json.dumps({"requests": requests, "subscriptions": SUBSCRIPTIONS, "stream": AGENCY_STREAM, "events": 3}))
    lines = await javascript(scene.url, given, "refusals.mjs", tmp_path, str(file))
    by_step = {line["step"]: line for line in lines}
    assert by_step["read"]["count"] >= 3
    assert by_step["requests"]["allowed"] == []
    assert by_step["requests"]["refused"] == len(REQUESTS)
    assert by_step["subscriptions"]["allowed"] == []
    assert by_step["subscriptions"]["refused"] == len(SUBSCRIPTIONS)


async def test_a_consumer_for_another_offices_events_finds_nothing(scene: AgencyScene) -> None:
    given = await scene.agency()
    await scene.say(2)
    await scene.say(2, office=THEIRS)
    await scene.say(2, root="sealed")
    async with scene.agent(given) as agent:
        await scene.has_taken(agent, 2)
        for wanted in (f"petitions.*.*.*.*.{THEIRS}.>", "sealed.>"):
            config = ConsumerConfig(filter_subject=wanted, deliver_policy=DeliverPolicy.ALL, inactive_threshold=30)
            try:
                info = await agent.js.add_consumer(AGENCY_STREAM, config)
            except APIError:
                continue
            assert info.num_pending == 0
        everything = await agent.js.add_consumer(
            AGENCY_STREAM, ConsumerConfig(deliver_policy=DeliverPolicy.ALL, inactive_threshold=30)
        )
        assert everything.num_pending == (await agent.js.stream_info(AGENCY_STREAM)).state.messages


@dataclass(frozen=True)
class Way:
    """A way to have nats-server deliver where the client itself may not publish."""

    name: str
    do: Callable[[Agent, str], Awaitable[object]]


async def _push_consumer(agent: Agent, target: str) -> object:
    config = ConsumerConfig(deliver_subject=target, deliver_policy=DeliverPolicy.ALL, headers_only=True, inactive_threshold=30)
    try:
        return await agent.js.add_consumer(AGENCY_STREAM, config)
    except APIError as error:
        return error


async def _pull_with_reply(agent: Agent, target: str) -> object:
    await agent.js.add_consumer(AGENCY_STREAM, ConsumerConfig(durable_name="hollow", headers_only=True))
    await agent.client.publish(f"{API}.CONSUMER.MSG.NEXT.{AGENCY_STREAM}.hollow", b"3", reply=target)
    return None


async def _info_with_reply(agent: Agent, target: str) -> object:
    await agent.js.add_consumer(AGENCY_STREAM, ConsumerConfig(durable_name="hollow", headers_only=True))
    await agent.client.publish(f"{API}.CONSUMER.INFO.{AGENCY_STREAM}.hollow", b"", reply=target)
    await agent.client.publish(f"{API}.STREAM.INFO.{AGENCY_STREAM}", b"", reply=target)
    return None


WAYS = (
    Way("a push consumer", _push_consumer),
    Way("the reply of a pull", _pull_with_reply),
    Way("the reply of a question", _info_with_reply),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_what_the_server_delivers_for_a_client_cannot_change_anything(scene: AgencyScene, way: Way) -> None:
    """A push consumer may name any subject of its account, and so may the reply of a request (nats-server issue 8274)."""
    given = await scene.agency()
    await scene.say(3)
    heard: list[Msg] = []

    async def hear(message: Msg) -> None:
        heard.append(message)

    listening = await scene.js._nc.subscribe(f"agency.{THEIRS}.>", cb=hear)
    core_before = {info.name for info in await scene.js.consumers_info("PETITIONS")}
    async with scene.agent(given) as agent:
        await scene.has_taken(agent, 3)
        before = await agent.js.stream_info(AGENCY_STREAM)
        for target in (
            f"{API}.STREAM.DELETE.{AGENCY_STREAM}",
            f"{API}.STREAM.PURGE.{AGENCY_STREAM}",
            f"{API}.STREAM.UPDATE.{AGENCY_STREAM}",
            f"{API}.STREAM.CREATE.MINE",
            f"{CORE}.CONSUMER.CREATE.PETITIONS.x.petitions.*.*.*.*.{OURS}.>",
            f"agency.{THEIRS}.accept.2Q73-AN1K-HNF4",
            "deliver.x",
        ):
            await way.do(agent, target)
            await agent.client.flush()
        after = await agent.js.stream_info(AGENCY_STREAM)
        assert (after.created, after.state.first_seq) == (before.created, before.state.first_seq)
        assert after.state.messages >= before.state.messages
        assert after.config == before.config
        assert len(await agent.js.streams_info()) == 1
    core_after = {info.name for info in await scene.js.consumers_info("PETITIONS")}
    assert {name for name in core_after if name not in core_before} == set()
    assert heard == []
    await listening.unsubscribe()


async def test_an_account_has_limits(scene: AgencyScene) -> None:
    given = await scene.agency()
    async with scene.agent(given) as agent:
        for number in range(CONSUMERS_MAX):
            await agent.js.add_consumer(AGENCY_STREAM, ConsumerConfig(durable_name=f"c{number}"))
        with pytest.raises(APIError, match="maximum consumers limit"):
            await agent.js.add_consumer(AGENCY_STREAM, ConsumerConfig(durable_name="one-more"))
        big = await _asked(agent, f"agency.{OURS}.answer.2Q73-AN1K-HNF4", b"x" * (256 * 1024))
        assert big is None
        await asyncio.wait_for(agent.closed.wait(), 2)


async def _asked(agent: Agent, subject: str, body: bytes) -> bytes | None:
    """Return what is answered, None where nobody answers."""
    try:
        answer = await agent.client.request(subject, body, timeout=SHORT_SECONDS)
    except (nats.errors.Error, TimeoutError):
        return None
    return answer.data


def _is_refusal(agent: Agent, what: str, subject: str) -> bool:
    return any(f'permissions violation for {what} to "{subject.lower()}"' in error for error in agent.errors)
