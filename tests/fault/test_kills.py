"""Each part killed with SIGKILL while five hundred petitions are in flight: the end state equals that of a quiet run."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.names import SERVICES
from shared.messaging.topology import STREAMS
from tests.fault.fleets import Fleet, fleet_in
from tests.fault.outside import Outside, outside_of
from tests.fault.stories import KINDS, PETITIONS, EndState, Story, lodge_all, quiet, settled

KILL_AFTER = 150
DOWN_SECONDS = 1.0
SHUFFLED = 40

pytestmark = pytest.mark.timeout(400)


@dataclass
class Scene:
    fleet: Fleet
    outside: Outside
    stories: Mapping[int, Story]

    @property
    def expected(self) -> dict[int, int]:
        return {kind: sum(story.values()) for kind, story in self.stories.items()}


@pytest.fixture(scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with fleet_in(tmp_path_factory.mktemp("fleet")) as fleet, outside_of(fleet) as outside:
        receipts = await lodge_all(fleet, "quiet", after={})
        yield Scene(fleet, outside, await quiet(fleet, receipts))


async def check(scene: Scene, receipts: Mapping[UUID, int], state: EndState) -> None:
    """The end state of a run with faults is that of a quiet one, also for who listens from outside."""
    assert len(receipts) == PETITIONS
    for key, number in receipts.items():
        assert state.stories[key] == scene.stories[number % KINDS], f"petition {number}"
    assert state.audited == state.said, "audit has every event exactly once"
    assert not state.repeats_without_mark, "nobody is told twice"
    await scene.outside.has_heard_all(receipts)


def test_a_quiet_run_gives_every_petition_its_office_its_deadline_and_its_notices(scene: Scene) -> None:
    for kind, story in scene.stories.items():
        said = [name for name, _, _ in story]
        assert "petitions.routing.petition.routed.v1" in said, kind
        assert "petitions.escalation.deadline.set.v1" in said, kind
        assert "petitions.notify.notice.sent.v1" in said, kind


@pytest.mark.parametrize("victim", [*SERVICES, "nats", "postgres"])
async def test_killing_a_part_in_flight_changes_nothing(scene: Scene, victim: str) -> None:
    async def kill_and_restart() -> None:
        scene.fleet.kill(victim)
        await asyncio.sleep(DOWN_SECONDS)  # the fault itself: a part that is away for a while
        scene.fleet.start(victim)

    receipts = await lodge_all(scene.fleet, f"without-{victim}", after={KILL_AFTER: kill_and_restart})
    await scene.fleet.ready()
    await check(scene, receipts, await settled(scene.fleet, receipts, scene.expected))


async def test_every_message_again_and_out_of_order_changes_nothing(scene: Scene) -> None:
    fleet = scene.fleet
    connection = await nats.connect(fleet.nats.url, user_credentials=fleet.environ["CAUNOI_BUS__CREDENTIALS_FILE"])
    echoed: list[str] = []
    echoes = [asyncio.create_task(_echo(connection, stream, echoed)) for stream in STREAMS]
    receipts = await lodge_all(fleet, "echo", after={})
    state = await settled(fleet, receipts, scene.expected)
    for echo in echoes:
        echo.cancel()
    await connection.close()
    await check(scene, receipts, state)
    assert len(echoed) > PETITIONS, "the echo has to have been heard"


async def _echo(connection: Client, stream: str, echoed: list[str]) -> None:
    """Publish everything that is said once more, in another order, as a sender without a memory might."""
    js = connection.jetstream()
    config = ConsumerConfig(deliver_policy=DeliverPolicy.NEW, ack_policy=AckPolicy.NONE, filter_subject=f"{STREAMS[stream]}.>")
    heard = await js.pull_subscribe(f"{STREAMS[stream]}.>", stream=stream, config=config)
    while True:
        try:
            messages = await heard.fetch(SHUFFLED, timeout=0.5)
        except TimeoutError:
            continue
        fresh = [message for message in messages if "Echo" not in (message.headers or {})]
        random.shuffle(fresh)
        for message in fresh:
            headers = {key: value for key, value in (message.headers or {}).items() if not key.startswith("Nats-")}
            await js.publish(message.subject, message.data, headers=headers | {"Echo": "1"})
            echoed.append(message.subject)
