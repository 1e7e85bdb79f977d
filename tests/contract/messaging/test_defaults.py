"""Defaults of FastStream and nats-server that lose or stall work, and that ours does not."""

import asyncio
import time
from uuid import uuid4

import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.local.servers import Nats
from shared.kernel.refusals import Trouble
from shared.messaging import BusSettings
from shared.messaging import broker as brokers
from shared.messaging.publisher import Publisher
from shared.messaging.topology import consumer_config, drift
from shared.persistence import ledger
from shared.persistence.database import Database
from tests.contract.messaging.listening import (
    LISTENER,
    WAIT_SECONDS,
    Ledgers,
    Listener,
    a_relay,
    eventually,
    failed,
    publish,
    say,
)


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
