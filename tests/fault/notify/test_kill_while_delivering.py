"""Notify killed with SIGKILL while it delivers to an agency: everything arrives in order, and what comes twice has the same id."""

from functools import partial
from pathlib import Path
from signal import SIGKILL

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from shared.kernel.clock import SystemClock
from shared.persistence import Database
from shared.testing import FakeClock, wait_until
from tests.component.notify.hooks import hooked
from tests.component.notify.hookshop import Hookshop, settings
from tests.component.notify.receiver import Receiver, Reply, receiving
from tests.component.notify.scene import Neighbours
from tests.component.notify.story import Story, office, publish
from tests.fault.notify.running import SETTLED_SECONDS_MAX, looking_into, notify_process
from tests.unit.notify import bodies
from tests.unit.notify.bodies import COMMUNE

PETITIONS, KILLS, EACH = 40, 2, 3
SLOW_SECONDS = 0.03
KILL_AFTER = 25

pytestmark = pytest.mark.timeout(240)


async def test_a_kill_while_delivering_loses_nothing_keeps_the_order_and_repeats_under_the_same_id(
    js: JetStreamContext, around: tuple[Neighbours, dict[str, str]], tmp_path: Path
) -> None:
    given, log = hooked(around[1], tmp_path), tmp_path / "notify.log"
    await publish(js, office(COMMUNE, mailbox=f"{COMMUNE}@hanoi.example"))
    async with (
        receiving(usual=Reply(after_seconds=SLOW_SECONDS)) as receiver,
        looking_into(given["NOTIFY_DATABASE__URL"]) as database,
    ):
        stories = [_told() for _ in range(PETITIONS)]
        with notify_process(given, log) as running:
            await wait_until(partial(_knows_the_office, database), SETTLED_SECONDS_MAX)
            await Hookshop(database, settings(tmp_path), FakeClock(SystemClock().now())).add(receiver.url)
            for story in stories:
                await publish(js, *story.events)
            await wait_until(partial(_has, receiver, KILL_AFTER), SETTLED_SECONDS_MAX)
            running.end(SIGKILL)
        for kill in range(2, KILLS + 1):
            with notify_process(given, log) as running:
                await wait_until(partial(_has, receiver, KILL_AFTER * kill), SETTLED_SECONDS_MAX)
                running.end(SIGKILL)
        assert len(receiver.ids()) < PETITIONS * EACH, "the kills came too late to prove anything"
        with notify_process(given, log):
            await wait_until(partial(_all_is_delivered, database), SETTLED_SECONDS_MAX)
        await _check(receiver, stories, database)


def _told() -> Story:
    story = Story()
    story.lodge()
    for body in (bodies.routed(code=story.code), bodies.answered(), bodies.breached()):
        story.say(body, office=COMMUNE)
    return story


def _has(receiver: Receiver, number: int) -> bool:
    return len(receiver.ids()) >= number


async def _knows_the_office(database: Database) -> bool:
    async with database.reading() as connection:
        return bool((await connection.execute(text("SELECT count(*) FROM offices"))).scalar_one())


async def _all_is_delivered(database: Database) -> bool:
    async with database.reading() as connection:
        states = (await connection.execute(text("SELECT state FROM webhook_deliveries"))).scalars().all()
    return len(states) == PETITIONS * EACH and set(states) == {"delivered"}


async def _check(receiver: Receiver, stories: list[Story], database: Database) -> None:
    """Each event arrived; of each petition in order, repeats aside; a repeat is one of an attempt that has no end."""
    ids = receiver.ids()
    assert len(ids) == PETITIONS * EACH
    for story in stories:
        mine = [got.event["id"] for got in receiver.got if got.event["subject"] == str(story.id)]
        assert list(dict.fromkeys(mine)) == [str(envelope.id) for envelope, _ in story.events[1:]]
    async with database.reading() as connection:
        broken = (
            (await connection.execute(text("SELECT delivery_id FROM webhook_attempts WHERE ended_at IS NULL"))).scalars().all()
        )
    assert {key for key, count in ids.items() if count > 1} <= {str(key) for key in broken}
    assert broken, "no kill fell between the beginning of an attempt and its record"
