"""What goes together and what does not: batch after batch on a real database, at instants that the tests choose."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.domain.delivery import Reply
from services.notify.domain.telling import About, Audience, Notice
from services.notify.domain.timing import FLOOD, GATHERED, GATHERED_MAX, HELD
from services.notify.gateways.mail import SmtpServer, SmtpSettings
from services.notify.gateways.neighbours import Contact
from services.notify.handlers import sending
from services.notify.handlers.hearing import hear
from services.notify.handlers.writing import Letter, Post, write
from services.notify.store import notices as store
from services.notify.store.notices import Waiting
from shared.contracts import Cause, EventBody
from shared.contracts.escalation import CalendarMissingV1, MoveReason
from shared.kernel.ids import derived
from shared.messaging import Incoming
from shared.persistence import Database, DatabaseSettings
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE, DEPARTMENT

NIGHT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 03:00 on Sunday in Hanoi
MORNING = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)  # 07:00
OPENING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 08:00
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
LONG = timedelta(hours=30)
TAKEN = Reply(250, is_taken=True, why="taken")


class Everybody:
    """Neighbours for whom everybody has an address."""

    async def contacts(self, ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        return {key: Contact("A", f"{key.hex}@example.vn", None) for key in ids}

    async def answers(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        return dict.fromkeys(ids, "x")


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    """Of a city whose two offices stand below the third."""
    database = Database(DatabaseSettings(url=await service_database("notify")).sqlalchemy_url(), schema="notify")
    registered = [
        bodies.office(code, mailbox=f"{code}@hanoi.example", parent=None if code == CITY else CITY)
        for code in (COMMUNE, DEPARTMENT, CITY)
    ]
    await tell(database, [Story().hears(body) for body in registered], NIGHT)
    yield database
    await database.close()


@pytest.fixture
def post(database: Database) -> Post:
    server = SmtpServer(SmtpSettings(host="127.0.0.1", port=1, security="none", sender="x <x@hanoi.example>"))
    return Post(database, server, Everybody(), Address("x", "x", "hanoi.example"), "https://caunoi.example", LEASE)


async def tell(database: Database, batch: Sequence[Incoming], now: datetime) -> None:
    async with database.transaction() as tx:
        await hear(tx, batch, now)


async def lodged(database: Database, *, number: int = 1, is_reachable: bool = False, is_sealed: bool = False) -> list[Story]:
    """Return petitions that notify knows of."""
    stories = [Story(at=NIGHT, is_sealed=is_sealed) for _ in range(number)]
    await tell(database, [story.hears(bodies.lodged(code=story.code, is_reachable=is_reachable)) for story in stories], NIGHT)
    return stories


async def letters(post: Post, now: datetime) -> list[Letter]:
    """Return what is written now, all but receipts, and take it as sent."""
    written = await write(post, await sending.claim(post, now=now), now=now)
    assert (written.failed, written.put_off, written.skipped) == ([], [], [])
    tried = await sending.begin(post, written.letters, now=now)
    await sending.record(post, [(one, TAKEN) for one in tried], begun_at=now, now=now)
    return [letter for letter in written.letters if letter.waiting.notice.about != "lodged"]


def words(letter: Letter) -> str:
    message = message_from_bytes(letter.mail.content, policy=default)
    return f"{message['Subject']}\n{message.get_content()}"  # type: ignore[attr-defined]  # one part of plain text


def breach(rule: str = "IH.RESOLVE", *, office: str = COMMUNE, tell_from: datetime | None = None) -> EventBody:
    return bodies.breached().model_copy(update={"rule": rule, "office": office, "tell_from": tell_from})


async def test_many_batches_of_one_night_are_one_digest(database: Database, post: Post) -> None:
    stories = await lodged(database, number=12)
    for story in stories:
        await tell(database, [story.hears(breach(tell_from=OPENING), effective_at=NIGHT - LONG)], NIGHT)
    assert await letters(post, OPENING - timedelta(seconds=1)) == []
    (digest,) = await letters(post, OPENING)
    assert all(words(digest).count(story.code) == 1 for story in stories)


async def test_a_digest_that_is_written_again_tells_the_same_though_more_has_come(database: Database, post: Post) -> None:
    first, second = await lodged(database, number=2)
    await tell(database, [first.hears(breach(tell_from=OPENING))], NIGHT)
    written = await write(post, await sending.claim(post, now=OPENING), now=OPENING)  # whoever had it was killed here
    late = OPENING + LEASE + timedelta(hours=2)
    await tell(database, [second.hears(breach(tell_from=OPENING))], late)
    again, following = sorted(
        await letters(post, late + GATHERED), key=lambda letter: letter.waiting.id != written.letters[-1].waiting.id
    )
    assert words(again) == words(written.letters[-1])
    assert second.code not in words(again)
    assert (second.code in words(following), first.code in words(following)) == (True, False)


async def test_what_is_heard_while_its_digest_goes_out_is_in_the_next_one(database: Database, post: Post) -> None:
    stories = await lodged(database, number=3)
    mails = []
    for number, story in enumerate(stories):
        hour = OPENING + timedelta(hours=number)
        await tell(database, [story.hears(breach(), effective_at=hour - LONG)], hour)
        mails += [words(letter) for letter in await letters(post, hour + GATHERED)]
    assert [[story.code in mail for story in stories] for mail in mails] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


async def test_what_is_caught_up_by_day_waits_for_the_last_of_it_but_not_for_ever(database: Database, post: Post) -> None:
    stories = await lodged(database, number=4)
    pause = GATHERED - timedelta(seconds=1)
    now = NOON
    for story in stories[:3]:
        await tell(database, [story.hears(breach(), effective_at=NOON - LONG)], now)
        assert await letters(post, now + pause) == []
        now += pause
    (digest,) = await letters(post, now + GATHERED)
    assert all(story.code in words(digest) for story in stories[:3])
    begun = now = NOON + timedelta(hours=1)
    while now < begun + GATHERED_MAX:
        await tell(database, [stories[3].hears(breach(), effective_at=NOON - LONG)], now)
        now += pause
    assert len(await letters(post, begun + GATHERED_MAX)) == 1


async def test_one_batch_that_says_it_twice_tells_it_once(database: Database, post: Post) -> None:
    (story,) = await lodged(database)
    said = story.hears(breach(tell_from=OPENING))
    await tell(database, [said, said], NIGHT)
    await tell(database, [said], NIGHT)
    (digest,) = await letters(post, OPENING)
    assert "Bản tin thời hạn: 1 việc" in words(digest)
    await tell(database, [said], NIGHT)
    assert await letters(post, OPENING + timedelta(days=1)) == []


@pytest.mark.parametrize(("number", "mails"), [(FLOOD, FLOOD), (FLOOD + 1, 1)])
async def test_a_flood_by_day_is_a_digest(database: Database, post: Post, number: int, mails: int) -> None:
    stories = await lodged(database, number=number)
    await tell(database, [story.hears(breach(), effective_at=NOON) for story in stories], NOON)
    assert len(await letters(post, NOON + GATHERED)) == mails


async def test_a_digest_names_two_hundred_and_counts_the_rest(database: Database, post: Post) -> None:
    stories = await lodged(database, number=250)
    climbs = [story.hears(bodies.escalated().model_copy(update={"tell_from": OPENING})) for story in stories[:5]]
    late = [
        story.hears(breach(office=CITY, tell_from=OPENING), effective_at=NIGHT - timedelta(minutes=place))
        for place, story in enumerate(stories[5:])
    ]
    await tell(database, [*late, *climbs], NIGHT)
    (digest,) = await letters(post, OPENING)
    told = words(digest).splitlines()
    named = [line.split()[1] for line in told if line.startswith("- ")]
    assert set(named[:5]) == {story.code for story in stories[:5]}
    assert named[5:] == [story.code for story in reversed(stories[55:])]
    assert ["ĐÃ QUÁ HẠN (245)" in told, "… và 50 việc nữa" in told] == [True, True]


async def test_of_several_steps_that_were_caught_up_a_petitioner_reads_one_mail_by_day(database: Database, post: Post) -> None:
    (story,) = await lodged(database, is_reachable=True)
    await letters(post, NIGHT)
    for rule in ("KN1.ACCEPT", "KN1.RESOLVE"):  # in two batches
        await tell(database, [story.hears(breach(rule, tell_from=OPENING), effective_at=NIGHT - LONG)], NIGHT)
    climbs = [
        bodies.escalated().model_copy(update={"rule": rule, "tell_from": OPENING}) for rule in ("KN1.ACCEPT", "KN1.RESOLVE")
    ]
    await tell(database, [story.hears(body, effective_at=NIGHT - LONG) for body in climbs], NIGHT)
    assert await letters(post, MORNING - timedelta(seconds=1)) == []
    told = {letter.waiting.notice.about: words(letter) for letter in await letters(post, MORNING)}
    assert set(told) == {"breach", "escalation"}
    assert ["KN1.ACCEPT" in told["breach"], "KN1.RESOLVE" in told["breach"]] == [True, True]
    await tell(database, [story.hears(breach("KN.WRONG"), effective_at=NOON)], NOON)
    (later,) = [letter for letter in await letters(post, NOON + HELD) if letter.waiting.notice.audience == "petitioner"]
    assert ["KN.WRONG" in words(later), "KN1" in words(later)] == [True, False]


async def test_the_way_to_the_next_step_is_told_with_the_breach_that_opens_it(database: Database, post: Post) -> None:
    (story,) = await lodged(database, is_reachable=True)
    window = bodies.deadline_set().model_copy(update={"rule": "KN2.FILE", "nature": "window", "concerns_petitioner": False})
    await letters(post, NIGHT)
    await tell(database, [story.hears(breach("KN1.RESOLVE"), effective_at=NOON)], NOON)
    await tell(database, [story.hears(window, effective_at=NOON)], NOON + HELD / 2)  # in another batch
    mails = [words(letter) for letter in await letters(post, NOON + HELD) if letter.waiting.notice.audience == "petitioner"]
    assert [mail.count("khởi kiện tại Tòa án đến 30/11/2026 17:30.") for mail in mails] == [1]
    await tell(database, [story.hears(window, effective_at=NOON)], NOON + LEASE)  # after that: nobody is told of it by itself
    assert await letters(post, NOON + LEASE - timedelta(seconds=1)) == []


async def test_moved_dates_of_one_amendment_are_one_mail_to_the_petitioner_and_one_to_each_office(
    database: Database, post: Post
) -> None:
    stories = await lodged(database, number=3, is_reachable=True)
    await letters(post, NIGHT)
    amendment = UUID(int=77)
    now = NOON
    for rule in ("KN1.ACCEPT", "KN1.RESOLVE", "TCD.45"):  # in three batches, as the sweep of an amendment meets the clocks
        moved = bodies.moved(rule=rule, amendment_id=amendment)
        await tell(database, [story.hears(moved, effective_at=now) for story in stories], now)
        now += timedelta(seconds=20)
    (digest,) = await letters(post, now + GATHERED)
    assert "THỜI HẠN THAY ĐỔI (9)" in words(digest)
    to_people = await letters(post, NOON + GATHERED_MAX)
    assert {letter.waiting.petition_id for letter in to_people} == {story.id for story in stories}
    assert len(to_people) == 3
    assert all(words(letter).count("→") == 3 for letter in to_people)


async def test_what_one_act_moves_is_one_mail_and_another_act_is_another(database: Database, post: Post) -> None:
    (story,) = await lodged(database, is_reachable=True)
    await letters(post, NIGHT)
    for number, rules in enumerate([("KN1.ACCEPT", "KN1.RESOLVE"), ("KN1.RESOLVE",)], start=1):
        act = Cause(event_id=UUID(int=number), source="routing", version=number)
        extended = [bodies.moved(rule=rule).model_copy(update={"reason": MoveReason.EXTENDED}) for rule in rules]
        await tell(database, [story.hears(body, effective_at=NOON, by=act) for body in extended], NOON)
    mails = [words(letter) for letter in await letters(post, NOON + HELD) if letter.waiting.notice.audience == "petitioner"]
    assert sorted(mail.count("→") for mail in mails) == [1, 2]


async def test_clocks_inside_the_procedure_are_no_news_to_the_petitioner(database: Database, post: Post) -> None:
    (story,) = await lodged(database, is_reachable=True)
    await letters(post, NIGHT)
    told = (breach(), bodies.escalated(), bodies.moved(), bodies.paused())
    inside = [body.model_copy(update={"concerns_petitioner": False}) for body in told]
    await tell(database, [story.hears(body, effective_at=NOON) for body in inside], NOON)
    assert {letter.waiting.notice.audience for letter in await letters(post, NOON + GATHERED)} == {"office"}


async def test_of_a_denunciation_nothing_is_kept_for_a_mail_but_that_there_is_news(database: Database, post: Post) -> None:
    (story,) = await lodged(database, is_reachable=True, is_sealed=True)
    await letters(post, NIGHT)
    for rule in ("TC.INIT", "TC.RESOLVE"):
        await tell(database, [story.hears(breach(rule, tell_from=OPENING), effective_at=NIGHT - LONG)], NIGHT)
    async with database.reading() as connection:
        kept = [tuple(row) for row in await connection.execute(text("SELECT code, facts, due_at FROM parts"))]
    assert kept == [(None, "{}", None)] * 4
    (to_petitioner,) = await letters(post, MORNING)
    assert to_petitioner.template == "sealed.petitioner.vi@1"
    (digest,) = await letters(post, OPENING)
    assert "Hồ sơ mật có tin mới: 2." in words(digest)
    assert not [secret for secret in (story.code, "TC.", "QUÁ HẠN") if secret in words(to_petitioner) + words(digest)]


async def test_a_notice_from_before_notices_were_gathered_is_still_told(database: Database, post: Post) -> None:
    (story,) = await lodged(database, is_reachable=True)
    await letters(post, NIGHT)
    facts = {"code": story.code, "rule": "KN1.RESOLVE", "due_at": "20/11/2026 23:59", "level": "1", "from_office": COMMUNE}
    for about in (About.BREACH, About.ESCALATION):
        old = Waiting(
            id=derived(story.id, about),
            petition_id=story.id,
            notice=Notice(about, Audience.PETITIONER, CITY, "vi", facts),
            is_sealed=False,
            cause=Cause(event_id=UUID(int=1), source="escalation", version=1),
            correlation_id=story.id,
            traceparent=None,
        )
        async with database.transaction() as tx:
            await store.add(tx.connection, [(old, NOON)], now=NOON)
    told = sorted(words(letter) for letter in await letters(post, NOON))
    assert [f"Cơ quan {CITY}" in mail for mail in told] == [True, True]
    assert sum("20/11/2026 23:59" in mail for mail in told) == 1


async def test_a_calendar_without_its_next_year_is_told_to_the_root_of_the_directory(database: Database, post: Post) -> None:
    missing = CalendarMissingV1(calendar="hanoi", year=2027, jurisdictions=["hanoi"])
    await tell(database, [Story().hears(missing)], NOON)
    (letter,) = await letters(post, NOON)
    assert letter.waiting.notice.office == CITY
    assert all(word in words(letter) for word in ("2027", '"hanoi"', "caunoi calendar amend FILE"))
    elsewhere = CalendarMissingV1(calendar="hue", year=2027, jurisdictions=["hue"])
    await tell(database, [Story().hears(elsewhere)], NOON)
    assert await letters(post, NOON) == []
