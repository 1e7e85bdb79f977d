"""Notify killed with SIGKILL while it hears of a weekend's breaches, and again while the digests go out: each thing is told once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from signal import SIGKILL

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from shared.kernel.clock import SystemClock
from shared.persistence import Database
from shared.testing import wait_until
from tests.component.notify.scene import MailServer, Neighbours, said
from tests.component.notify.story import Story, office, publish
from tests.fault.notify.running import SETTLED_SECONDS_MAX, looking_into, notify_process
from tests.unit.notify import bodies

OFFICES, BREACHES = 24, 480
OPENS_AFTER = timedelta(seconds=10)
HEARD_BEFORE_KILL, SENT_BEFORE_KILL = 60, 6
OUTAGE = timedelta(hours=50)

pytestmark = pytest.mark.timeout(240)


def weekend(mailboxes: Sequence[str]) -> list[Story]:
    """Return petitions that were overdue two days ago, of offices that open in a moment."""
    stories, now = [], SystemClock().now()
    for number in range(BREACHES):
        story = Story(at=now)
        story.lodge(is_reachable=False)
        where = mailboxes[number % OFFICES]
        breach = bodies.breached().model_copy(update={"office": where, "tell_from": now + OPENS_AFTER})
        story.say(breach, office=where, effective_at=now - OUTAGE)
        stories.append(story)
    return stories


async def test_a_kill_while_hearing_and_while_sending_tells_everything_once_and_marks_what_may_have_come_twice(
    js: JetStreamContext, mail: MailServer, around: tuple[Neighbours, dict[str, str]], tmp_path: Path
) -> None:
    (_, given), log = around, tmp_path / "notify.log"
    mailboxes = [f"office-{number}" for number in range(OFFICES)]
    for code in mailboxes:
        await publish(js, office(code, mailbox=f"{code}@hanoi.example"))
    stories = weekend(mailboxes)
    await _publish(js, stories[:HEARD_BEFORE_KILL])
    async with looking_into(given["NOTIFY_DATABASE__URL"]) as database:
        with notify_process(given, log) as running:
            await wait_until(partial(_has_parts, database, HEARD_BEFORE_KILL), SETTLED_SECONDS_MAX)
            rest = asyncio.create_task(_publish(js, stories[HEARD_BEFORE_KILL:]))
            await wait_until(partial(_has_parts, database, HEARD_BEFORE_KILL + 1), SETTLED_SECONDS_MAX)
            running.end(SIGKILL)
        await rest
        assert not await _has_parts(database, BREACHES), "the kill came too late: everything had been heard"
        assert mail.taken == []
        with notify_process(given, log) as running:
            await wait_until(lambda: len(mail.taken) >= SENT_BEFORE_KILL, SETTLED_SECONDS_MAX)
            running.end(SIGKILL)
        assert len(mail.arrived()) < OFFICES, "the kill came too late: everything had been sent"
        with notify_process(given, log):
            await wait_until(partial(_all_is_told, database), SETTLED_SECONDS_MAX)
        events = [body for _, body in await said(database)]
    _check(mail, [story.code for story in stories], events)


async def _publish(js: JetStreamContext, stories: Sequence[Story]) -> None:
    for story in stories:
        await publish(js, *story.events)


async def _has_parts(database: Database, number: int) -> bool:
    async with database.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM parts"))).scalar_one()) >= number


async def _all_is_told(database: Database) -> bool:
    async with database.reading() as connection:
        waiting = int((await connection.execute(text("SELECT count(*) FROM notices WHERE state = 'waiting'"))).scalar_one())
    return not waiting and await _has_parts(database, BREACHES)


def _check(mail: MailServer, codes: Sequence[str], events: Sequence[dict[str, object]]) -> None:
    """Every petition is in one digest; who was sent one twice reads the same twice, and the record says that it may be so.

    What was in the killed process's hands comes again after a while, here after the opening: then it makes a second digest.
    """
    by_id: dict[str, list[EmailMessage]] = {}
    for message in mail.taken:
        by_id.setdefault(str(message["Message-ID"]), []).append(message)
    digests = {event["message_id"]: event for event in events}
    assert set(digests) == set(by_id)
    assert len(events) == len(digests)
    of_office = Counter(str(copies[0]["To"]) for copies in by_id.values())
    assert (len(of_office), max(of_office.values()) <= 2) == (OFFICES, True)
    named = Counter(
        line.split()[1] for copies in by_id.values() for line in copies[0].get_content().splitlines() if line[:2] == "- "
    )
    assert named == Counter(codes)
    assert all(len({message.get_content() for message in copies}) == 1 for copies in by_id.values())
    repeated = {key for key, copies in by_id.items() if len(copies) > 1}
    marked = {key for key, event in digests.items() if event["is_possible_repeat"]}
    assert repeated <= marked, "a repeat without a mark"
    assert marked, "no kill fell between the beginning of an attempt and its record"
