"""A weekend's outage ends on Sunday at three in the morning, with a real bus and a real mail server.

One digest per office when it opens, danger at once, each thing once.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial

import pytest
from nats.js import JetStreamContext
from sqlalchemy import text

from services.notify.store import reading
from shared.persistence import Database
from shared.testing import FakeClock, wait_until
from shared.testing.issuer import KeyIssuer
from tests.component.notify.scene import SETTLED_SECONDS_MAX, Around, MailServer, Neighbours, Scene, at_work
from tests.component.notify.story import Story, office, publish
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

SATURDAY = datetime(2026, 11, 20, 16, 59, tzinfo=UTC)  # 23:59 on Friday in Hanoi
SUNDAY = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 03:00 on the 22nd
OPENING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 08:00
OFFICES = (COMMUNE, DEPARTMENT)
BREACHES, URGENT, SEALED = 400, 8, 10


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(SUNDAY)


@pytest.fixture
async def around(js: JetStreamContext, issuer: KeyIssuer, mail: MailServer, neighbours: Neighbours) -> Around:
    """A city in which every office has a mailbox."""
    for code in (*OFFICES, CITY):
        await publish(js, office(code, mailbox=f"{code}@hanoi.example", parent=None if code == CITY else CITY))
    return Around(js, issuer, mail, neighbours)


@pytest.fixture
async def sunday(around: Around, given: dict[str, str], clock: FakeClock) -> AsyncIterator[Scene]:
    async with at_work(around, given, clock) as scene:
        yield scene


def weekend() -> list[Story]:
    """Return four hundred petitions of two offices that were overdue when the weekend began; every fiftieth is urgent."""
    stories = []
    for number in range(BREACHES):
        story = Story(is_sealed=number % (BREACHES // SEALED) == 1, at=SUNDAY)
        story.lodge(is_reachable=False)
        where = OFFICES[number // (BREACHES // SEALED) % 2]
        timing = {"office": where, "tell_from": OPENING, "is_urgent": number % (BREACHES // URGENT) == 0}
        story.say(bodies.breached().model_copy(update=timing), office=where, effective_at=SATURDAY)
        stories.append(story)
    return stories


async def told(scene: Scene, stories: Sequence[Story], *, repeat: int = 0) -> None:
    """Let notify hear of petitions, and wait until it has."""
    for story in stories:
        await publish(scene.js, *story.events, repeat=repeat)
    await wait_until(scene.has_heard_everything, SETTLED_SECONDS_MAX)


async def waiting(database: Database) -> list[tuple[str, str, datetime]]:
    query = text("SELECT about, office, next_try_at FROM notices WHERE state = 'waiting' ORDER BY next_try_at, office")
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def _is_all_sent(database: Database) -> bool:
    return not await waiting(database)


async def _waits_for_monday(database: Database) -> bool:
    """Whether nothing waits any more but a digest per office; a mail that arrived is recorded a moment later."""
    return await waiting(database) == [("digest", code, OPENING) for code in sorted(OFFICES)]


def digests(mail: MailServer) -> dict[str, list[EmailMessage]]:
    """Return the digests that arrived, by mailbox."""
    found: dict[str, list[EmailMessage]] = {}
    for message in mail.taken:
        if "Bản tin" in message["Subject"]:
            found.setdefault(str(message["To"]), []).append(message)
    return found


def named(mails: Sequence[EmailMessage]) -> Counter[str]:
    """Return how often mails name each petition."""
    return Counter(line.split()[1] for mail in mails for line in mail.get_content().splitlines() if line.startswith("- "))


def _check_monday(mail: MailServer, stories: Sequence[Story]) -> None:
    """Each office has one digest, and the digests name every petition once, but count the sealed ones only."""
    by_mailbox = digests(mail)
    assert {to: len(mails) for to, mails in by_mailbox.items()} == {f"{code}@hanoi.example": 1 for code in OFFICES}
    urgent = {story.code for story in stories[:: BREACHES // URGENT]}
    sealed = {story.code for story in stories[1 :: BREACHES // SEALED]}
    mails = [message for each in by_mailbox.values() for message in each]
    assert named(mails) == Counter({story.code for story in stories} - urgent - sealed)
    assert sum(int(message["Subject"].split(":")[1].split()[0]) for message in mails) == BREACHES - URGENT
    assert sum(int(message.get_content().split("tin mới: ")[1].split(".")[0]) for message in mails) == SEALED
    assert all(
        "(quá hạn" in line or "(còn" in line for message in mails for line in message.get_content().splitlines() if "HN-" in line
    )


async def test_four_hundred_breaches_of_a_weekend_are_one_mail_per_office_on_monday(
    sunday: Scene, clock: FakeClock, mail: MailServer
) -> None:
    stories = weekend()
    await told(sunday, stories)
    await wait_until(lambda: len(mail.taken) == URGENT)
    assert digests(mail) == {}
    assert [len(mail.to(f"{code}@hanoi.example")) for code in OFFICES] == [URGENT // 2, URGENT // 2]
    await wait_until(partial(_waits_for_monday, sunday.database))
    clock.set(OPENING)
    await wait_until(partial(_is_all_sent, sunday.database))
    _check_monday(mail, stories)
    assert len(mail.taken) == URGENT + len(OFFICES)


async def test_what_the_bus_says_three_times_is_told_once(sunday: Scene, clock: FakeClock, mail: MailServer) -> None:
    stories = weekend()
    for repeat in range(2):
        await told(sunday, stories, repeat=repeat)
    clock.set(OPENING)
    await wait_until(partial(_is_all_sent, sunday.database))
    await told(sunday, stories, repeat=2)
    clock.advance(timedelta(hours=1))
    assert await waiting(sunday.database) == []
    _check_monday(mail, stories)
    assert len(mail.taken) == URGENT + len(OFFICES)
    said = [body for _, body in await sunday.said()]
    assert Counter(body["template"] for body in said)["digest.office.vi@1"] == len(OFFICES)
    assert not any(body["is_possible_repeat"] for body in said)


async def test_a_replica_that_comes_after_another_was_ended_in_between_tells_the_same(
    around: Around, given: dict[str, str], clock: FakeClock, mail: MailServer
) -> None:
    stories = weekend()
    async with at_work(around, given, clock) as first:
        await told(first, stories[: BREACHES // 2])
    async with at_work(around, given, clock) as second:
        await told(second, stories)
    clock.set(OPENING)
    async with at_work(around, given, clock) as third:
        await wait_until(partial(_is_all_sent, third.database))
    _check_monday(mail, stories)


async def test_of_what_was_in_a_digest_the_log_of_the_petition_tells(sunday: Scene, clock: FakeClock) -> None:
    story = weekend()[2]
    await told(sunday, [story])
    clock.set(OPENING)
    await wait_until(partial(_is_all_sent, sunday.database))
    async with sunday.database.reading() as connection:
        (item,) = await reading.log_of(connection, story.id)
    assert (item["about"], item["audience"], item["state"], item["office"]) == ("digest", "office", "sent", COMMUNE)
    assert [attempt["smtp_code"] for attempt in item["log"]] == [250]
