"""What becomes of deliveries when endpoints fail, hang, flap or are gone for days, and when clocks jump."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from services.notify.domain.webhook_rules import SCHEDULE
from services.notify.handlers import webhook_keeping as keeping
from services.notify.handlers import webhook_subscribing as subscribing
from services.notify.store import webhook_upkeep as upkeep
from services.notify.wire.webhook_events import TOO_LARGE, UNREADABLE
from shared.kernel.refusals import Trouble
from shared.messaging import Incoming
from shared.persistence import Database
from shared.testing import wait_until
from tests.component.notify.hookshop import HOUR, OPERATOR, Hookshop, settings
from tests.component.notify.receiver import HANG, Receiver, Reply, receiving
from tests.component.notify.story import Story
from tests.unit.notify import bodies
from tests.unit.notify.bodies import COMMUNE

ERROR = Reply(500)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The courier looks often: the clock is the test's."""
    for name in ("SLEEP_SECONDS_MAX", "AFTER_NEWS_SECONDS", "PACE_SECONDS"):
        monkeypatch.setattr(f"services.notify.timers.courier.{name}", 0.005)


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> AsyncIterator[Hookshop]:
    made = Hookshop(database, settings(tmp_path))
    yield made
    await made.courier.stop()


async def test_a_dead_endpoint_is_warned_of_then_paused_and_costs_nothing_that_waits(shop: Hookshop, receiver: Receiver) -> None:
    receiver.usual = ERROR
    webhook = await shop.add(receiver.url)
    await shop.hear(*(Story() for _ in range(5)))
    for _ in range(80):
        await shop.steps(1, every=HOUR)
        if (await shop.webhook(webhook)).state == "paused":
            break
    row = await shop.webhook(webhook)
    assert (row.state, row.paused_why) == ("paused", "failing")
    assert [state for state, _, _ in await shop.states()] == ["waiting"] * 5
    assert [kind.split(".")[3] for kind in await shop.said()] == ["added", "failing", "paused"]
    told = await shop.told()
    assert [(about, office) for about, office, _ in told] == [("webhook_failing", COMMUNE), ("webhook_paused", COMMUNE)]
    assert (told[0][2]["reason"], told[0][2]["waiting"], told[1][2]["why"]) == ("http_500", "5", "failing")
    sent = len(receiver.got)
    await shop.hear(Story())
    await shop.steps(3, every=HOUR)
    assert len(receiver.got) == sent, "a paused endpoint gets nothing"
    receiver.usual = Reply()
    standing = await subscribing.resume(shop.hooks, webhook, skips=False, by=OPERATOR, now=shop.clock.now())
    assert standing.waiting == 6
    await shop.steps(8)
    assert [state for state, _, _ in await shop.states()] == ["delivered"] * 6


async def test_one_delivery_that_is_refused_for_three_days_is_parked_and_the_later_ones_of_its_petition_go(
    shop: Hookshop, receiver: Receiver
) -> None:
    webhook = await shop.add(receiver.url)
    poison = Story()
    receiver.refused.add(str(poison.id))
    await shop.hear(poison)
    await shop.take(poison.hears(bodies.answered(), office=COMMUNE))
    for _ in range(30):
        await shop.hear(Story())
        await shop.steps(2, every=2 * HOUR)
        if (await shop.states())[0][0] == "parked":
            break
    receiver.refused.clear()
    await shop.steps(3)
    states = await shop.states()
    assert states[0] == ("parked", "gave_up_after_10: http_500", 10)
    assert {state for state, _, _ in states[1:]} == {"delivered"}
    assert (await shop.webhook(webhook)).state == "active"


async def test_gone_pauses_at_once(shop: Hookshop, receiver: Receiver) -> None:
    receiver.usual = Reply(410)
    webhook = await shop.add(receiver.url)
    await shop.hear(Story())
    await shop.steps(2)
    assert ((await shop.webhook(webhook)).paused_why, len(receiver.got)) == ("gone", 1)
    assert [about for about, _, _ in await shop.told()] == ["webhook_paused"]
    assert (await shop.states())[0][0] == "waiting"


async def test_retry_after_holds_the_whole_endpoint(shop: Hookshop, receiver: Receiver) -> None:
    receiver.script.append(Reply(429, {"Retry-After": "1800"}))
    await shop.add(receiver.url)
    await shop.hear(Story(), Story())
    await shop.steps(3, every=timedelta(minutes=9))
    assert len(receiver.got) == 1
    await shop.steps(3, every=timedelta(minutes=9))
    assert len(receiver.got) == 3


async def test_when_a_dead_endpoint_answers_again_what_waits_goes_at_once(shop: Hookshop, receiver: Receiver) -> None:
    receiver.usual = ERROR
    await shop.add(receiver.url)
    await shop.hear(*(Story() for _ in range(6)))
    await shop.steps(20, every=timedelta(minutes=30))
    assert max(attempts for _, _, attempts in await shop.states()) > 3
    receiver.usual = Reply()
    for _ in range(60):  # the one that comes first opens the way
        await shop.steps(1, every=timedelta(minutes=15))
        if "delivered" in [state for state, _, _ in await shop.states()]:
            break
    await shop.steps(8)
    assert [state for state, _, _ in await shop.states()] == ["delivered"] * 6


async def test_a_flapping_endpoint_gets_everything_and_each_repeat_has_the_same_id(shop: Hookshop, receiver: Receiver) -> None:
    await shop.add(receiver.url)
    receiver.script.extend([ERROR, Reply(), Reply(503), HANG, Reply(), ERROR] * 4)
    await shop.hear(*(Story() for _ in range(12)))
    for _ in range(200):
        await shop.steps(1, every=timedelta(minutes=20))
        if all(state == "delivered" for state, _, _ in await shop.states()):
            break
    states = await shop.states()
    assert [state for state, _, _ in states] == ["delivered"] * 12
    assert sum(receiver.ids().values()) == sum(attempts for _, _, attempts in states)
    assert len(receiver.ids()) == 12


@pytest.mark.parametrize("jump", [timedelta(days=40), -timedelta(days=40)])
async def test_a_clock_that_jumps_and_comes_back_loses_nothing_and_pauses_nobody(
    shop: Hookshop, receiver: Receiver, jump: timedelta
) -> None:
    webhook = await shop.add(receiver.url)
    receiver.script.extend([ERROR, ERROR])
    await shop.hear(Story(), Story())
    await shop.steps(1)
    shop.clock.advance(jump)
    receiver.script.append(ERROR)
    await shop.hear(Story())
    await shop.steps(2)
    shop.clock.advance(-jump)
    await shop.steps(6, every=timedelta(minutes=1))
    assert [state for state, _, _ in await shop.states()] == ["delivered"] * 3
    assert (await shop.webhook(webhook)).state == "active"


async def test_events_that_cannot_be_sent_are_parked_with_the_reason_and_hold_up_no_other(
    shop: Hookshop, receiver: Receiver
) -> None:
    await shop.add(receiver.url)
    story = Story()
    lodged = story.hears(bodies.lodged(code=story.code), office=COMMUNE)
    large, broken = [story.hears(bodies.routed(code=story.code), office=COMMUNE) for _ in range(2)]
    last = story.hears(bodies.answered(), office=COMMUNE)
    batch = [
        lodged,
        Incoming(large.envelope, None, b'{"x":"' + b"y" * 20_000 + b'"}', "PETITIONS", 0),
        Incoming(broken.envelope, None, b"\xff{", "PETITIONS", 0),
        last,
    ]
    for item in batch:
        await shop.take(item)
    await shop.steps(4)
    states = [(state, reason) for state, reason, _ in await shop.states()]
    assert states == [("delivered", None), ("parked", TOO_LARGE), ("parked", UNREADABLE), ("delivered", None)]
    assert [got.event["id"] for got in receiver.got] == [str(item.envelope.id) for item in (lodged, last)]


async def test_an_event_that_is_heard_twice_is_queued_once(shop: Hookshop, receiver: Receiver) -> None:
    await shop.add(receiver.url)
    story = Story()
    item = story.hears(bodies.lodged(code=story.code), office=COMMUNE)
    for _ in range(2):
        await shop.take(item)
        await shop.steps(2)
    assert (len(await shop.states()), len(receiver.got)) == (1, 1)


async def test_hanging_endpoints_have_one_slot_each_and_those_that_answer_the_rest(database: Database, tmp_path: Path) -> None:
    given = settings(tmp_path, connections=4, timeout_seconds=30, per_office_max=50)
    shop = Hookshop(database, given)
    async with receiving(usual=HANG) as dead, receiving() as alive:
        for _ in range(6):
            await shop.add(dead.url)
        for _ in range(6):
            await shop.add(alive.url)
        await shop.courier.start()
        await shop.hear(*(Story() for _ in range(5)))
        shop.courier.wake()
        # Six that hang for thirty seconds, and four slots: whoever gave them all away would have none left for the others.
        await wait_until(lambda: len(alive.got) == 30, 20.0)
        assert dead.most_at_once <= 6
        assert set(dead.ids().values()) == {1}
        await shop.courier.stop()


async def test_two_replicas_send_each_delivery_once_and_keep_the_order_of_each_petition(
    shop: Hookshop, receiver: Receiver, tmp_path: Path
) -> None:
    other = Hookshop(shop.database, settings(tmp_path))
    await shop.add(receiver.url)
    stories = [Story() for _ in range(20)]
    await shop.hear(*stories)
    for story in stories:
        for body in (bodies.answered(), bodies.breached()):
            await shop.take(story.hears(body, office=COMMUNE))
    for replica in (shop, other):
        await replica.courier.start()
    await wait_until(lambda: len(receiver.got) >= 60, 20.0)
    await other.courier.stop()
    await shop.courier.stop()
    assert set(receiver.ids().values()) == {1}
    for story in stories:
        mine = [got.event["id"] for got in receiver.got if got.event["subject"] == str(story.id)]
        assert mine == [str(envelope.id) for envelope, _ in story.events if envelope.office == COMMUNE]


async def test_a_result_that_cannot_be_recorded_is_kept_and_recorded_later(
    shop: Hookshop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.add(receiver.url)
    await shop.hear(Story())
    await shop.courier.step()
    await wait_until(lambda: len(receiver.got) == 1, 5.0)
    await wait_until(lambda: bool(shop.courier._ended), 5.0)
    with monkeypatch.context() as away:
        away.setattr(Database, "transaction", _away)
        with pytest.raises(Trouble):
            await shop.courier.step()
    await shop.steps(1)
    assert await shop.states() == [("delivered", None, 1)]
    assert len(receiver.got) == 1


def _away(_database: Database) -> None:
    raise Trouble("the database is away", code="database_unreachable")


async def test_what_is_old_is_given_up_then_forgotten(shop: Hookshop, receiver: Receiver) -> None:
    webhook = await shop.add(receiver.url)
    await shop.hear(Story())
    await shop.steps(2)
    await subscribing.pause(shop.hooks, webhook, by=OPERATOR, now=shop.clock.now())
    await shop.hear(Story())
    shop.clock.advance(timedelta(days=31))
    await keeping.forget_old(shop.hooks, now=shop.clock.now())
    assert await shop.states() == [("skipped", upkeep.TOO_OLD, 0)]
    async with shop.database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM webhook_events"))).scalar_one() == 0
        assert (await connection.execute(text("SELECT count(*) FROM webhook_attempts"))).scalar_one() == 0
    await subscribing.remove(shop.hooks, webhook, by=OPERATOR, now=shop.clock.now())
    shop.clock.advance(timedelta(days=31))
    await keeping.forget_old(shop.hooks, now=shop.clock.now())
    assert await shop.states() == []
    async with shop.database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM webhooks"))).scalar_one() == 0


async def test_the_overview_counts_what_waits_and_who_fails(shop: Hookshop, receiver: Receiver) -> None:
    receiver.usual = ERROR
    await shop.add(receiver.url)
    await shop.hear(*(Story() for _ in range(5)))
    await shop.steps(3)
    seen = await keeping.overview(shop.hooks)
    assert (seen.waiting, seen.failing, seen.paused) == (5, 1, 0)
    assert seen.oldest_seconds(shop.clock.now() + HOUR) == HOUR.total_seconds()
    assert len(SCHEDULE) == 10
