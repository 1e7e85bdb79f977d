"""A weekend's outage ends on Sunday at three in the morning: one digest per office when it opens, danger at once, each thing once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.domain.telling import About
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.gateways.neighbours import Neighbours
from services.notify.handlers import sending
from services.notify.handlers.hearing import hear
from services.notify.handlers.writing import Post, Written, write
from shared.contracts import Envelope, EventBody
from shared.contracts.escalation import CalendarMissingV1
from shared.kernel.ids import derived
from shared.messaging import Incoming
from shared.persistence import Database, DatabaseSettings, Transaction
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

SUNDAY = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 03:00 on the 22nd in Hanoi
OPENING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 08:00
SATURDAY = datetime(2026, 11, 20, 16, 59, tzinfo=UTC)
OFFICES = (COMMUNE, DEPARTMENT)


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("notify")).sqlalchemy_url(), schema="notify")
    yield database
    await database.close()


class Nobody:
    """Neighbours of a city in which nobody left a contact."""

    async def contacts(self, _ids: object) -> dict[UUID, object]:
        return {}

    async def answers(self, _ids: object) -> dict[UUID, str]:
        return {}


@pytest.fixture
def post(database: Database) -> Post:
    neighbours: Neighbours = Nobody()  # type: ignore[assignment]  # only what is asked of it here
    server = SmtpServer(SmtpSettings(host="127.0.0.1", port=1, security="none", sender="x <x@hanoi.example>"))
    sender = Address("Cầu Nối", "khong-tra-loi", "hanoi.example")
    return Post(database, server, neighbours, sender, "https://caunoi.example", timedelta(seconds=60))


def heard(story: Story, body: EventBody, *, office: str, recorded_at: datetime = SUNDAY) -> Incoming:
    """Return something that time made true on Saturday night and that was noticed on Sunday."""
    envelope, raw = story.say(body, office=office)
    changed = Envelope(
        **{
            **{name: getattr(envelope, name) for name in Envelope.__slots__},
            "effective_at": SATURDAY,
            "recorded_at": recorded_at,
        }
    )
    return Incoming(envelope=changed, body=body, raw=raw, stream="PETITIONS", stream_seq=0)


def weekend(*, count: int = 200) -> tuple[list[Incoming], list[Incoming], list[Story]]:
    """Return what was lodged, and two things that time says of each petition; every fiftieth is urgent."""
    lodged, said, stories = [], [], []
    for number in range(count):
        story = Story(is_sealed=number % 40 == 39)
        envelope, raw = story.lodge(is_reachable=False)
        lodged.append(Incoming(envelope, bodies.lodged(code=story.code, is_reachable=False), raw, "PETITIONS", 0))
        office = OFFICES[number % 2]
        timing = {"office": office, "tell_from": OPENING, "is_urgent": number % 50 == 0}
        said.append(heard(story, bodies.reminded().model_copy(update=timing), office=office))
        said.append(heard(story, bodies.breached().model_copy(update=timing), office=office))
        stories.append(story)
    return lodged, said, stories


async def tell(database: Database, batch: list[Incoming], now: datetime) -> None:
    async with database.transaction() as tx:
        await hear(tx, batch, now)


async def waiting(database: Database) -> list[tuple[str, str, datetime]]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT about, office, next_try_at FROM notices WHERE state = 'waiting' AND about <> 'lodged' ORDER BY 3, 2, 1")
        )
        return [(row.about, row.office, row.next_try_at) for row in rows]


async def open_offices(database: Database) -> None:
    registered = [bodies.office(code, mailbox=f"{code}@hanoi.example") for code in (*OFFICES, CITY)]
    async with database.transaction() as tx:
        await hear(tx, [_incoming(tx, body) for body in registered], SUNDAY)


def _incoming(_tx: Transaction, body: EventBody) -> Incoming:
    envelope = Envelope(
        id=derived("x", body.model_dump_json()),
        type=body.TYPE,
        source=body.TYPE.split(".")[1],
        aggregate_id=derived("office", body.model_dump_json()),
        version=1,
        effective_at=SUNDAY,
        recorded_at=SUNDAY,
        actor="x",
        correlation_id=UUID(int=1),
        cause=None,
        office="_",
        is_sealed=False,
        traceparent=None,
    )
    return Incoming(envelope=envelope, body=body, raw=body.model_dump_json().encode(), stream="PETITIONS", stream_seq=0)


async def letters(post: Post, now: datetime) -> Written:
    return await write(post, await sending.claim(post, now=now), now=now)


async def test_four_hundred_things_of_a_weekend_are_one_mail_per_office_on_monday(database: Database, post: Post) -> None:
    await open_offices(database)
    lodged, said, stories = weekend()
    await tell(database, lodged, SUNDAY)
    for begin in range(0, len(said), 150):  # as they come, in several batches
        await tell(database, said[begin : begin + 150], SUNDAY)
    at_night = [item for item in await waiting(database) if item[2] <= SUNDAY]
    assert {about for about, _, _ in at_night} == {"reminder", "breach"}
    assert len(at_night) == 8  # four urgent petitions, two things each
    assert {(about, at) for about, _, at in await waiting(database) if at > SUNDAY} == {("digest", OPENING)}
    await letters(post, SUNDAY)
    on_monday = await letters(post, OPENING)
    mails = [letter.waiting.notice.office for letter in on_monday.letters if _is_digest(letter.waiting)]
    assert sorted(filter(None, mails)) == sorted(OFFICES)
    assert {reason for _, reason in on_monday.skipped} <= {"told_already", "no_contact"}
    lines = await told(database)
    assert len(lines) == len(set(lines)) == 400 - 8
    sealed = [story for story in stories if story.events[0][0].is_sealed]
    named = {code for code, _ in lines if code}
    assert named.isdisjoint({story.code for story in sealed})


async def told(database: Database) -> list[tuple[str | None, str]]:
    """Return what digests told: each petition with what about it (of a sealed one its id instead of the code)."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT code, petition_id, about FROM digest_items WHERE digest_id IS NOT NULL"))
        return [(row.code, f"{row.petition_id} {row.about}") for row in rows]


async def test_told_twice_or_killed_on_the_way_it_is_still_told_once(database: Database, post: Post) -> None:
    await open_offices(database)
    lodged, said, _ = weekend(count=20)
    for _ in range(2):
        await tell(database, lodged, SUNDAY)
        await tell(database, said, SUNDAY)
    first = await letters(post, OPENING)
    again = await letters(post, OPENING + timedelta(seconds=61))  # the lease ran out: whoever had it was killed
    contents = [
        {
            letter.waiting.id: letter.mail.content.partition(b"\r\n\r\n")[2]
            for letter in written.letters
            if _is_digest(letter.waiting)
        }
        for written in (first, again)
    ]
    assert contents[0] == contents[1]
    assert len(contents[0]) == 2


def _is_digest(item: object) -> bool:
    return getattr(item, "notice").about is About.DIGEST  # noqa: B009 - the type is not the point


async def test_what_comes_after_a_digest_goes_into_the_next_one(database: Database, post: Post) -> None:
    await open_offices(database)
    lodged, said, _ = weekend(count=4)
    await tell(database, lodged, SUNDAY)
    await tell(database, said[2:4], SUNDAY)
    before = await letters(post, OPENING)
    late = OPENING + timedelta(minutes=5)  # by then the lease of the first has run out: it is tried again beside the next one
    await tell(database, said[6:8], late)
    after = await letters(post, late + timedelta(minutes=1))
    assert [sum(_is_digest(letter.waiting) for letter in written.letters) for written in (before, after)] == [1, 2]
    assert len(await told(database)) == 4


async def test_moved_dates_of_one_amendment_are_one_notice_to_the_petitioner_and_a_digest_to_the_office(
    database: Database,
) -> None:
    await open_offices(database)
    story = Story()
    envelope, raw = story.lodge()
    await tell(database, [Incoming(envelope, bodies.lodged(code=story.code), raw, "PETITIONS", 0)], SUNDAY)
    amendment = UUID(int=77)
    moved = [
        heard(story, bodies.moved(rule=rule, amendment_id=amendment), office=COMMUNE, recorded_at=SATURDAY)
        for rule in ("KN1.ACCEPT", "TCD.45")
    ]
    for item in moved:
        await tell(database, [item], OPENING)
    told_about = [(about, office) for about, office, _ in await waiting(database)]
    assert sorted(told_about) == [("digest", COMMUNE), ("digest", COMMUNE), ("moved", COMMUNE)]


async def test_a_calendar_without_its_next_year_is_told_to_the_root_of_the_directory(database: Database, post: Post) -> None:
    await open_offices(database)
    missing = CalendarMissingV1(calendar="hanoi", year=2027, jurisdictions=["hanoi"])
    async with database.transaction() as tx:
        await hear(tx, [_incoming(tx, missing)], OPENING)
    written = await letters(post, OPENING)
    assert {letter.waiting.notice.office for letter in written.letters} == {CITY, *OFFICES}  # none has a parent in this directory
