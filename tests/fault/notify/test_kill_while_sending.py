"""A notify process killed with SIGKILL while two hundred notices are being sent: all arrive, and what came twice is marked."""

import json
from functools import partial
from pathlib import Path
from signal import SIGKILL

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from shared.persistence import Database
from shared.testing import wait_until
from tests.component.notify.scene import SENDER_DOMAIN, MailServer, Neighbours, said
from tests.component.notify.story import Story, publish
from tests.fault.notify.running import SETTLED_SECONDS_MAX, looking_into, notify_process

NOTICES = 200
KILL_AFTER = 40
KILLS = 3

pytestmark = pytest.mark.timeout(240)


async def _attempts(database: Database) -> list[tuple[str, bool]]:
    """Return the notice of every attempt, and whether the attempt has no known end."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT notice_id, ended_at IS NULL AS is_open FROM attempts"))
        return [(str(row.notice_id), row.is_open) for row in rows]


async def test_a_kill_while_sending_loses_no_notice_and_every_repeat_is_marked(
    js: JetStreamContext, mail: MailServer, around: tuple[Neighbours, dict[str, str]], tmp_path: Path
) -> None:
    (neighbours, given), log = around, tmp_path / "notify.log"
    for story in [Story() for _ in range(NOTICES)]:
        neighbours.knows(story.id, email=f"{story.id.hex}@example.vn")
        await publish(js, story.lodge())
    for kill in range(1, KILLS + 1):
        with notify_process(given, log) as running:
            await wait_until(partial(_have_arrived, mail, KILL_AFTER * kill), SETTLED_SECONDS_MAX)
            running.end(SIGKILL)
    assert len(mail.arrived()) < NOTICES, "the kills came too late to prove anything"
    async with looking_into(given["NOTIFY_DATABASE__URL"]) as database:
        with notify_process(given, log):
            await wait_until(partial(_all_are_said, database), SETTLED_SECONDS_MAX)
        bodies = [body for _, body in await said(database)]
        attempts = await _attempts(database)
    _check(mail, bodies, attempts)
    assert "@example.vn" not in log.read_text(), "no address of a person stands in a log"


def _have_arrived(mail: MailServer, number: int) -> bool:
    return len(mail.taken) >= number


async def _all_are_said(database: Database) -> bool:
    return len(await said(database)) >= NOTICES


def _check(mail: MailServer, bodies: list[dict[str, object]], attempts: list[tuple[str, bool]]) -> None:
    """Everything arrived, was said once, and whatever came or may have come twice says so."""
    arrived = mail.arrived()
    assert {body["message_id"] for body in bodies} == set(arrived)
    assert len(bodies) == len({body["notice_id"] for body in bodies}) == NOTICES
    marked = {str(body["message_id"]) for body in bodies if body["is_possible_repeat"]}
    assert {key for key, times in arrived.items() if times > 1} <= marked, "a repeat without a mark"
    broken_off = {f"<{notice}@{SENDER_DOMAIN}>" for notice, is_open in attempts if is_open}
    assert broken_off, "no kill fell between the beginning of an attempt and its record"
    assert marked == broken_off, "the log and the events tell the same attempts"
    assert all(json.dumps(body).count("@") == 2 for body in bodies), "an event names no address: only template and Message-ID"
