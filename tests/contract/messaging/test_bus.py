"""What the bus promises, against real servers: once, in order, whatever arrives and whatever breaks."""

from uuid import uuid4

import pytest
from nats.js import JetStreamContext

from shared.contracts import Cause
from shared.kernel.refusals import Refused, Trouble
from shared.messaging import BusSettings, Incoming
from shared.messaging.publisher import Publisher
from shared.persistence import ledger
from shared.persistence.database import Database
from tests.contract.messaging.listening import AT, Ledgers, Listener, a_relay, closed, eventually, failed, publish, say


async def test_what_is_committed_arrives_once_and_in_order(
    speaker: Database, listener: Listener, bus: BusSettings, js: JetStreamContext
) -> None:
    petitions = [uuid4() for _ in range(40)]
    relay = a_relay(speaker, bus)
    await relay.start()
    for number in range(30):
        async with speaker.transaction() as transaction:
            transaction.emit([failed(petition, number, is_sealed=petition == petitions[0]) for petition in petitions])
    await listener.has_seen(1200)
    await relay.stop()
    seen = await listener.seen()
    assert len(seen) == 1200
    for petition in petitions:
        assert [version for aggregate, _, version in seen if aggregate == petition] == list(range(1, 31))
    assert max(listener.batches) > 1
    async with speaker.reading() as connection:
        assert not await ledger.unsent(connection, source="notify", limit=1)
    assert (await js.stream_info("SEALED")).state.messages == 30


async def test_every_message_twice_takes_effect_once(speaker: Database, listener: Listener, js: JetStreamContext) -> None:
    events = await say(speaker, [failed(uuid4()) for _ in range(50)])
    await publish(js, [*events, *events])
    await listener.is_settled(js)
    assert len(await listener.seen()) == 50


async def test_events_out_of_order_take_effect_in_order(speaker: Database, listener: Listener, js: JetStreamContext) -> None:
    petition = uuid4()
    events = await say(speaker, [failed(petition, number) for number in range(5)])
    await publish(js, list(reversed(events)))
    await listener.has_seen(5)
    assert [version for _, _, version in await listener.seen()] == [1, 2, 3, 4, 5]


async def test_an_effect_waits_for_its_cause(
    speaker: Database, ledgers: Ledgers, listener: Listener, js: JetStreamContext
) -> None:
    petition = uuid4()
    (cause,) = await say(speaker, [failed(petition)])
    named = Cause(event_id=cause.envelope.id, source="notify", version=cause.envelope.version)
    (effect,) = await say(await ledgers("routing"), [closed(petition, cause=named)])
    await publish(js, [effect])
    await publish(js, [cause])
    await listener.has_seen(2)
    assert [source for _, source, _ in await listener.seen()] == ["notify", "routing"]


async def test_an_unreadable_message_is_parked_and_its_batch_goes_through(
    speaker: Database, listener: Listener, js: JetStreamContext
) -> None:
    events = await say(speaker, [failed(uuid4()) for _ in range(10)])
    bad = events[4]
    await js.publish(bad.envelope.subject, b'{"notice_id": 7}', headers=bad.envelope.headers())
    await js.publish("petitions.notify.x", b"no envelope at all")
    await publish(js, [event for event in events if event is not bad])
    await listener.has_seen(9)
    await listener.is_settled(js)
    parked = await listener.participant.parked.list(10)
    assert {message.reason.split(":")[0] for message in parked} == {"schema_mismatch", "bad_envelope"}
    assert {message.aggregate_id for message in parked} == {bad.envelope.aggregate_id, None}


async def test_a_bug_parks_its_own_message_and_replaying_heals_the_whole_petition(
    speaker: Database, listener: Listener, js: JetStreamContext
) -> None:
    petition = uuid4()

    def stumble(item: Incoming) -> None:
        if item.envelope.aggregate_id == petition:
            raise ZeroDivisionError

    listener.obey = stumble
    events = await say(speaker, [failed(petition), *[failed(uuid4()) for _ in range(5)]])
    await publish(js, events)
    await listener.has_seen(5)

    async def is_parked() -> bool:
        return bool(await listener.participant.parked.list(1))

    await eventually(is_parked)
    (message,) = await listener.participant.parked.list(10)
    assert message.reason.startswith("bug: ZeroDivisionError")
    with pytest.raises(ZeroDivisionError):
        await listener.participant.parked.replay(message.id, AT)
    listener.obey = lambda _item: None
    assert await listener.participant.parked.replay(message.id, AT) == 1
    assert (petition, "notify", 1) in await listener.seen()
    assert not await listener.participant.parked.list(10)
    with pytest.raises(Refused):
        await listener.participant.parked.replay(message.id, AT)


async def test_trouble_is_tried_again_and_nothing_is_parked(speaker: Database, listener: Listener, js: JetStreamContext) -> None:
    calls = 0

    def be_in_trouble_twice(_item: Incoming) -> None:
        nonlocal calls
        calls += 1
        if calls <= 2:
            raise Trouble("a server is down")

    listener.obey = be_in_trouble_twice
    await publish(js, await say(speaker, [failed(uuid4())]))
    await listener.has_seen(1)
    assert calls == 3
    assert not await listener.participant.parked.list(1)


async def test_a_refusal_is_an_answer_and_the_petition_goes_on(
    speaker: Database, listener: Listener, js: JetStreamContext
) -> None:
    petition = uuid4()

    def refuse_the_first(item: Incoming) -> None:
        if item.envelope.version == 1:
            raise Refused("the law says no")

    listener.obey = refuse_the_first
    await publish(js, await say(speaker, [failed(petition, number) for number in range(3)]))
    await listener.has_seen(2)
    await listener.is_settled(js)
    assert [version for _, _, version in await listener.seen()] == [2, 3]
    assert not await listener.participant.parked.list(1)


async def test_two_replicas_share_the_work_and_do_nothing_twice(
    speaker: Database, listener: Listener, bus: BusSettings, js: JetStreamContext
) -> None:
    second = Listener(listener.database, bus)
    await second.participant.start()
    petitions = [uuid4() for _ in range(100)]
    events = await say(speaker, [failed(petition, number) for number in range(10) for petition in petitions])
    await Publisher(js).publish(events)
    await listener.has_seen(1000)
    await listener.is_settled(js)
    await second.participant.stop()
    seen = await listener.seen()
    assert len(seen) == 1000
    assert len(set(seen)) == 1000
