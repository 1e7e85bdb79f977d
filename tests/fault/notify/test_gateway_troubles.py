"""A gateway that is cut, refuses, hangs and comes back, a notify process killed meanwhile, a poisoned event: all are told once."""

import json
from functools import partial
from pathlib import Path
from signal import SIGKILL

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from services.notify.domain.channels import Channel, Preferences
from services.notify.store import wanting
from shared.kernel.clock import SystemClock
from shared.persistence import Database
from shared.testing import wait_until
from tests.component.notify.gateway import KEY, Gateway, serving
from tests.component.notify.scene import Neighbours, said
from tests.component.notify.story import Story, publish
from tests.fault.notify.running import SETTLED_SECONDS_MAX, looking_into, notify_process

NOTICES, FIRST, SECOND, THIRD = 120, 20, 50, 80

pytestmark = pytest.mark.timeout(240)


async def lodged(js: JetStreamContext, database: Database, neighbours: Neighbours) -> None:
    """Have petitions lodged by people with a number, who may be told at any hour; each is heard twice, in any order."""
    stories, wanted = [Story() for _ in range(NOTICES)], Preferences((Channel.SMS,), quiet=None)
    now = SystemClock().now()
    async with database.transaction() as tx:
        for story in stories:
            await wanting.put_preferences(tx.connection, story.id, story.id, wanted, now=now)
    for number, story in enumerate(stories):
        neighbours.knows(story.id, email=None, phone=f"+84912{number:06}")
        await publish(js, story.lodge())
    for story in reversed(stories):
        await publish(js, *story.events, repeat=1)


async def test_everybody_is_told_once_whatever_happens_to_the_gateway_and_to_notify(
    js: JetStreamContext, around: tuple[Neighbours, dict[str, str]], tmp_path: Path
) -> None:
    (neighbours, given), log, gateway = around, tmp_path / "notify.log", Gateway(delay_seconds=0.1)
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "sms").write_text(KEY)
    ways = {"NOTIFY_KEY_FILE": str(tmp_path / "key"), "NOTIFY_SMS__KEY_FILE": str(tmp_path / "sms")}
    async with looking_into(given["NOTIFY_DATABASE__URL"]) as database:
        async with serving(gateway.app()) as url:
            environ = given | ways | {"NOTIFY_SMS__URL": url}
            await lodged(js, database, neighbours)
            await js.publish(Story().lodge()[0].subject, b"{poison", headers=dict(Story().lodge()[0].headers()))
            with notify_process(environ, log) as running:
                await wait_until(lambda: len(gateway.taken) >= FIRST, SETTLED_SECONDS_MAX)
                running.end(SIGKILL)
            assert len(gateway.taken) < SECOND, "the kill came too late to prove anything"
            with notify_process(environ, log):
                await wait_until(lambda: len(gateway.taken) >= SECOND, SETTLED_SECONDS_MAX)
                gateway.is_down = True
                await wait_until(partial(_is_held, database), SETTLED_SECONDS_MAX)
                gateway.is_down = False
                await wait_until(lambda: len(gateway.taken) >= THIRD, SETTLED_SECONDS_MAX)
                port = int(url.rpartition(":")[2])
        async with serving(gateway.app(), port):  # it was cut, and with it whatever was on the line
            with notify_process(environ, log):
                await wait_until(partial(_all_is_told, database), 2 * SETTLED_SECONDS_MAX)
        events = [body for _, body in await said(database)]
    assert len(gateway.taken) == NOTICES, "nothing lost, and a repeat is known by its key"
    assert len({message["to"] for message in gateway.taken.values()}) == NOTICES
    assert sorted(body["message_id"] for body in events) == sorted(gateway.taken), "each is said once"
    asked_once = [key for key, times in gateway.asked_of().items() if times == 1]
    assert len(asked_once) > NOTICES // 2, "only what was on the line was asked twice"
    assert "+84912" not in log.read_text() + json.dumps(events), "no number stands in a log or an event"


async def _is_held(database: Database) -> bool:
    async with database.reading() as connection:
        held = await connection.execute(text("SELECT count(*) FROM notices WHERE held_for = 'sms'"))
        return int(held.scalar_one()) > 0


async def _all_is_told(database: Database) -> bool:
    async with database.reading() as connection:
        sent = await connection.execute(text("SELECT count(*) FROM notices WHERE state = 'sent'"))
        return int(sent.scalar_one()) >= NOTICES
