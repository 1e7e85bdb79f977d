"""What the bus promises, against real servers: once, in order, whatever arrives and whatever breaks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from sqlalchemy import text

from deploy.local.servers import Nats
from shared.contracts import Cause, NewEvent
from shared.contracts.notify import NoticeFailedV1
from shared.contracts.routing import PetitionClosedV1
from shared.kernel.refusals import Refused, Trouble
from shared.messaging import BusSettings, Incoming, Participant
from shared.messaging import broker as brokers
from shared.messaging.publisher import Publisher
from shared.messaging.topology import STREAMS, consumer_config, drift
from shared.persistence import ledger
from shared.persistence.database import Database, Transaction
from tests.contract.messaging.conftest import AT, LISTENER, FixedClock, closed, failed

Ledgers = Callable[[str], Awaitable[Database]]
WAIT_SECONDS = 30.0


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - the condition is in other processes
            await asyncio.sleep(0.02)


class Listener:
    """A service that notes what it heard; `obey` may raise."""

    def __init__(self, database: Database, bus: BusSettings) -> None:
        self.database = database
        self.batches: list[int] = []
        self.obey: Callable[[Incoming], None] = lambda _item: None
        self.participant = Participant(
            database=database,
            bus=bus,
            durable=LISTENER,
            handled=(NoticeFailedV1, PetitionClosedV1),
            handler=self.handle,
            clock=FixedClock(),
        )

    async def handle(self, transaction: Transaction, batch: Sequence[Incoming], _now: datetime) -> None:
        self.batches.append(len(batch))
        for item in batch:
            self.obey(item)
            envelope = item.envelope
            note = text("INSERT INTO seen (aggregate_id, source, version) VALUES (:a, :s, :v)")
            await transaction.connection.execute(note, {"a": envelope.aggregate_id, "s": envelope.source, "v": envelope.version})

    async def seen(self) -> list[tuple[UUID, str, int]]:
        async with self.database.reading() as connection:
            rows = await connection.execute(text("SELECT aggregate_id, source, version FROM seen ORDER BY place"))
            return [(row.aggregate_id, row.source, row.version) for row in rows]

    async def has_seen(self, number: int) -> None:
        async def enough() -> bool:
            return len(await self.seen()) >= number

        await eventually(enough)

    async def is_settled(self, js: JetStreamContext) -> None:
        async def nothing_pending() -> bool:
            infos = [await js.consumer_info(stream, LISTENER.name) for stream in STREAMS]
            return all(not info.num_pending and not info.num_ack_pending for info in infos)

        await eventually(nothing_pending)


@pytest.fixture
async def listener(ledgers: Ledgers, bus: BusSettings, js: JetStreamContext) -> AsyncIterator[Listener]:
    made = Listener(await ledgers("audit"), bus)
    await made.participant.start()
    yield made
    await made.participant.stop()


@pytest.fixture
async def speaker(ledgers: Ledgers) -> Database:
    return await ledgers("notify")


async def say(database: Database, events: Sequence[NewEvent]) -> list[ledger.StoredEvent]:
    """Commit `events`; return what is unpublished."""
    async with database.transaction() as transaction:
        transaction.emit(events)
    async with database.reading() as connection:
        return await ledger.unsent(connection, source=database.schema, limit=10_000)


async def publish(js: JetStreamContext, events: Sequence[ledger.StoredEvent]) -> None:
    """Publish as a careless sender would: without the id that lets the server drop repeats."""
    for event in events:
        headers = event.envelope.headers()
        del headers["Nats-Msg-Id"]
        await js.publish(event.envelope.subject, event.body, headers=headers)


def a_relay(database: Database, bus: BusSettings) -> Participant:
    return Participant(database=database, bus=bus, durable=None, clock=FixedClock())


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


async def test_a_quiet_day_waits_for_no_full_batch(
    speaker: Database, listener: Listener, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastStream collects until the batch is full or the time is up."""
    monkeypatch.setattr(brokers, "PULL_SECONDS", 10 * WAIT_SECONDS)
    for _ in range(3):
        await publish(js, (await say(speaker, [failed(uuid4())]))[-1:])
    await listener.has_seen(3)


async def test_a_deleted_consumer_is_made_again_and_loses_nothing(
    speaker: Database, listener: Listener, js: JetStreamContext
) -> None:
    """FastStream would ask a consumer that is gone for ever, at 100 % of a core, and say nothing."""
    await publish(js, await say(speaker, [failed(uuid4())]))
    await listener.has_seen(1)
    await js.delete_consumer("PETITIONS", LISTENER.name)
    async with speaker.transaction() as transaction:
        transaction.emit([failed(uuid4())])
    async with speaker.reading() as connection:
        await publish(js, (await ledger.unsent(connection, source="notify", limit=10))[-1:])
    await listener.has_seen(2)
    assert len(await listener.seen()) == 2


async def test_a_drifted_consumer_is_made_right(listener: Listener, js: JetStreamContext) -> None:
    """FastStream would keep the old settings in silence."""
    config = consumer_config(LISTENER, "PETITIONS")
    config.max_deliver = 3
    config.ack_wait = 77.0
    await js.add_consumer("PETITIONS", config)

    async def is_right() -> bool:
        return await drift(js, LISTENER, "PETITIONS") is None

    await eventually(is_right)


async def test_a_missing_stream_is_named_with_its_remedy(listener: Listener, js: JetStreamContext) -> None:
    await js.delete_stream("PETITIONS")

    async def is_told() -> bool:
        return any("caunoi stream rebuild" in problem for problem in await listener.participant.problems())

    await eventually(is_told)
    with pytest.raises(NotFoundError):
        await js.stream_info("PETITIONS")


async def test_a_service_starts_before_the_bus_and_survives_its_death(
    speaker: Database, ledgers: Ledgers, nats_server: Nats, bus: BusSettings, js: JetStreamContext
) -> None:
    """nats-py gives up after sixty tries, and FastStream then spins and ignores SIGTERM."""
    nats_server.kill()
    listener = Listener(await ledgers("audit"), bus)
    relay = a_relay(speaker, bus)
    await listener.participant.start()
    await relay.start()
    assert await listener.participant.problems() == ["not connected to the bus"]
    await say(speaker, [failed(uuid4()) for _ in range(20)])
    nats_server.start()
    await listener.has_seen(20)
    nats_server.kill()
    used = time.process_time()
    await say(speaker, [failed(uuid4()) for _ in range(20)])
    await asyncio.sleep(1.5)  # an outage has to last: what is looked for is work done in vain meanwhile
    assert time.process_time() - used < 1.0
    nats_server.start()
    await listener.has_seen(40)
    await listener.participant.stop()
    await relay.stop()
    assert len(await listener.seen()) == 40


async def test_an_event_published_before_a_crash_is_not_in_the_stream_twice(
    speaker: Database, listener: Listener, bus: BusSettings, js: JetStreamContext
) -> None:
    """The relay dies between the server's acknowledgement and its own commit: the batch is refused, single events are not."""
    events = await say(speaker, [failed(uuid4()) for _ in range(60)])
    await Publisher(js).publish(events[:40])
    relay = a_relay(speaker, bus)
    await relay.start()
    await listener.has_seen(60)
    await relay.stop()
    assert (await js.stream_info("PETITIONS")).state.messages == 60


async def test_a_batch_that_the_server_cannot_take_stays_in_the_outbox(
    speaker: Database, js: JetStreamContext, bus: BusSettings
) -> None:
    events = await say(speaker, [failed(uuid4()) for _ in range(60)])
    await js.delete_stream("PETITIONS")
    with pytest.raises(Trouble):
        await Publisher(js).publish(events)
    async with speaker.reading() as connection:
        assert len(await ledger.unsent(connection, source="notify", limit=100)) == 60
