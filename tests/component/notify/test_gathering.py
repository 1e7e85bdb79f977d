"""What offices are told together and what not: batch after batch on a real database, at instants that the tests choose."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.notify.domain.timing import FLOOD, GATHERED, GATHERED_MAX
from services.notify.handlers import sending
from services.notify.handlers.writing import Post, write
from shared.contracts.escalation import CalendarMissingV1
from shared.contracts.intake import PetitionJoinedV1
from shared.contracts.words import Language
from shared.persistence import Database
from tests.component.notify.desk import LEASE, LONG, MORNING, NIGHT, NOON, OPENING, breach, letters, lodged, tell, words
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY


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


async def test_a_calendar_without_its_next_year_is_told_to_the_root_of_the_directory(database: Database, post: Post) -> None:
    missing = CalendarMissingV1(calendar="hanoi", year=2027, jurisdictions=["hanoi"])
    await tell(database, [Story().hears(missing)], NOON)
    (letter,) = await letters(post, NOON)
    assert letter.waiting.notice.office == CITY
    assert all(word in words(letter) for word in ("2027", '"hanoi"', "caunoi calendar amend FILE"))
    elsewhere = CalendarMissingV1(calendar="hue", year=2027, jurisdictions=["hue"])
    await tell(database, [Story().hears(elsewhere)], NOON)
    assert await letters(post, NOON) == []


async def test_each_of_several_petitioners_is_told_of_his_clocks_together_in_one_mail_of_his_own(
    database: Database, post: Post
) -> None:
    (story,) = await lodged(database, is_reachable=True)
    second = uuid4()
    told = {"is_reachable": True, "language": Language.VI, "is_representative": False, "petitioners": 2}
    await tell(database, [story.hears(PetitionJoinedV1(petitioner_id=second, **told))], NOON)
    await letters(post, NOON)
    for _ in range(2):  # two clocks of one petition
        await tell(database, [story.hears(breach(), effective_at=NOON)], NOON)
    mails = [letter for letter in await letters(post, NOON + LONG) if letter.waiting.notice.audience == "petitioner"]
    assert sorted(letter.mail.to for letter in mails) == sorted(f"{key.hex}@example.vn" for key in (story.id, second))
