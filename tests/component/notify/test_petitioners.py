"""What petitioners are told together, by day, and of what they are not told at all."""

from datetime import timedelta
from uuid import UUID

from services.notify.domain.telling import About, Audience, Notice
from services.notify.domain.timing import GATHERED, GATHERED_MAX, HELD
from services.notify.handlers.writing import Post
from services.notify.store import notices as store
from services.notify.store.notices import Waiting
from shared.contracts import Cause
from shared.contracts.escalation import MoveReason
from shared.kernel.ids import derived
from shared.persistence import Database
from tests.component.notify.desk import LEASE, LONG, MORNING, NIGHT, NOON, OPENING, breach, letters, lodged, tell, words
from tests.unit.notify import bodies
from tests.unit.notify.bodies import CITY, COMMUNE


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
    told = {str(letter.waiting.notice.about): words(letter) for letter in await letters(post, MORNING)}
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
    await tell(database, [story.hears(window, effective_at=NOON)], NOON + LEASE)  # nobody is told of it by itself
    assert await letters(post, NOON + LEASE) == []


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
