"""The store of notices on a real PostgreSQL: each is claimed by one replica, each attempt is begun once, whoever is late."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notify.domain.telling import About, Audience, Notice
from services.notify.store import attempts as attempts_store
from services.notify.store import notices as store
from services.notify.store import reading
from services.notify.store.attempts import Begun, Ended
from services.notify.store.notices import Waiting
from shared.contracts import Cause
from shared.persistence import Database, DatabaseSettings

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
HELD = timedelta(seconds=2)
LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("notify")).sqlalchemy_url(), schema="notify")
    yield database
    await database.close()


def waiting(about: About = About.LODGED) -> Waiting:
    return Waiting(
        id=uuid4(),
        petition_id=uuid4(),
        notice=Notice(about, Audience.PETITIONER, None, "vi", {"code": "HN-1", "note": "Đã tiếp nhận"}),
        is_sealed=False,
        cause=Cause(event_id=uuid4(), source="intake", version=1),
        correlation_id=uuid4(),
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


async def add(database: Database, *items: Waiting, from_at: datetime = NOW) -> None:
    async with database.transaction() as tx:
        await store.add(tx.connection, [(item, from_at) for item in items], now=NOW)


async def claim(database: Database, *, now: datetime = NOW, limit: int = 100) -> list[Waiting]:
    async with database.transaction() as tx:
        return await attempts_store.claim(tx.connection, now=now, lease_ends=now + LEASE, limit=limit)


async def begin(database: Database, items: Sequence[Waiting], *, now: datetime = NOW) -> set[UUID]:
    begun = [Begun(item.id, item.attempts + 1, "lodged.petitioner.vi@1", "b…@e….vn") for item in items]
    async with database.transaction() as tx:
        return await attempts_store.begin(tx.connection, begun, now=now, lease_ends=now + LEASE)


async def end(database: Database, item: Waiting, state: str, **other: Any) -> set[UUID]:
    made = Ended(item.id, item.attempts + 1, state, "taken", NOW + timedelta(milliseconds=40), **other)
    async with database.transaction() as tx:
        return await attempts_store.end(tx.connection, [made])


async def attempts(database: Database, item: Waiting) -> list[tuple[Any, ...]]:
    query = text("SELECT number, outcome, smtp_code, is_unknown FROM attempts WHERE notice_id = :id ORDER BY number")
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(query, {"id": item.id})]


async def test_what_is_added_is_claimed_as_it_was(database: Database) -> None:
    first, second = waiting(), replace(waiting(About.ROUTED), due_at=NOW + timedelta(days=1), is_sealed=True)
    await add(database, first, second)
    assert sorted(await claim(database), key=lambda item: item.id) == sorted([first, second], key=lambda item: item.id)


async def test_a_notice_that_is_added_twice_stands_once(database: Database) -> None:
    item = waiting()
    await add(database, item)
    await add(database, item)
    assert len(await claim(database)) == 1


async def test_what_one_replica_claims_the_other_passes_over_without_waiting(database: Database) -> None:
    items = [waiting() for _ in range(6)]
    await add(database, *items)
    async with database.transaction() as one, database.transaction() as other:
        mine = await attempts_store.claim(one.connection, now=NOW, lease_ends=NOW + LEASE, limit=4)
        theirs = await attempts_store.claim(other.connection, now=NOW, lease_ends=NOW + LEASE, limit=4)
    assert (len(mine), len(theirs)) == (4, 2)
    assert {item.id for item in (*mine, *theirs)} == {item.id for item in items}


async def test_a_claim_ends_with_its_lease_and_no_sooner(database: Database) -> None:
    await add(database, waiting())
    assert len(await claim(database)) == 1
    assert not await claim(database, now=NOW + LEASE - timedelta(milliseconds=1))
    assert len(await claim(database, now=NOW + LEASE)) == 1


async def test_of_two_who_think_the_claim_is_theirs_only_the_first_begins(database: Database) -> None:
    await add(database, waiting())
    slow, quick = await claim(database), await claim(database, now=LATER)
    assert await begin(database, quick, now=LATER) == {quick[0].id}
    assert await begin(database, slow, now=LATER) == set()
    assert len(await attempts(database, quick[0])) == 1


async def test_an_attempt_prolongs_the_lease(database: Database) -> None:
    await add(database, waiting())
    claimed = await claim(database)
    await begin(database, claimed, now=NOW + LEASE / 2)
    assert not await claim(database, now=NOW + LEASE)


async def test_an_attempt_without_an_end_makes_the_next_one_uncertain(database: Database) -> None:
    await add(database, waiting())
    await begin(database, await claim(database))
    (again,) = await claim(database, now=LATER)
    assert (again.attempts, again.is_uncertain) == (1, True)


@pytest.mark.parametrize("is_unknown", [False, True])
async def test_an_attempt_that_ended_makes_the_next_one_uncertain_only_where_no_answer_came(
    database: Database, *, is_unknown: bool
) -> None:
    await add(database, waiting())
    (item,) = await claim(database)
    await begin(database, [item])
    await end(database, item, "waiting", is_unknown=is_unknown, next_try_at=NOW)
    (again,) = await claim(database)
    assert again.is_uncertain is is_unknown


async def test_an_answer_that_comes_after_somebody_else_began_settles_nothing_but_is_kept(database: Database) -> None:
    await add(database, waiting())
    (slow,) = await claim(database)
    await begin(database, [slow])
    (quick,) = await claim(database, now=LATER)
    await begin(database, [quick], now=LATER)
    assert await end(database, slow, "sent", smtp_code=250) == set()
    assert await end(database, quick, "sent", smtp_code=250) == {quick.id}
    assert await attempts(database, slow) == [(1, "taken", 250, False), (2, "taken", 250, False)]


async def test_what_is_settled_is_settled(database: Database) -> None:
    await add(database, waiting())
    (item,) = await claim(database)
    await begin(database, [item])
    assert await end(database, item, "failed", smtp_code=550, reason="smtp_550") == {item.id}
    assert await end(database, item, "sent", smtp_code=250) == set()
    assert not await claim(database, now=LATER)


async def test_giving_up_after_an_attempt_leaves_what_is_known_of_it(database: Database) -> None:
    await add(database, waiting())
    await begin(database, await claim(database))
    (again,) = await claim(database, now=LATER)
    async with database.transaction() as tx:
        untried = Ended(again.id, again.attempts, "skipped", "no_contact", LATER, reason="no_contact", is_tried=False)
        assert await attempts_store.end(tx.connection, [untried]) == {again.id}
    assert await attempts(database, again) == [(1, None, None, False)]


async def test_what_is_put_back_is_claimed_again_when_it_is_said(database: Database) -> None:
    await add(database, waiting())
    (item,) = await claim(database)
    async with database.transaction() as tx:
        await attempts_store.put_back(tx.connection, [item.id], until=NOW + timedelta(seconds=10))
    assert not await claim(database, now=NOW + timedelta(seconds=9))
    assert await claim(database, now=NOW + timedelta(seconds=10)) == [item]


async def test_a_notice_held_for_its_due_date_goes_as_soon_as_that_is_known_or_without_it(database: Database) -> None:
    known, unknown = waiting(About.ROUTED), waiting(About.ROUTED)
    await add(database, known, unknown, from_at=NOW + HELD)
    assert not await claim(database)
    due_at = NOW + timedelta(days=5)
    async with database.transaction() as tx:
        await store.tell_due(tx.connection, {known.id: due_at, uuid4(): due_at}, held=HELD, now=NOW)
    assert await claim(database) == [replace(known, due_at=due_at)]
    assert await claim(database, now=NOW + HELD) == [unknown]


async def test_a_due_date_that_comes_late_does_not_break_a_claim(database: Database) -> None:
    await add(database, waiting(About.ROUTED), from_at=NOW + HELD)
    (item,) = await claim(database, now=NOW + HELD)
    async with database.transaction() as tx:
        await store.tell_due(tx.connection, {item.id: NOW}, held=HELD, now=NOW + HELD)
    assert not await claim(database, now=NOW + HELD)


async def test_how_many_wait_and_since_when(database: Database) -> None:
    async with database.reading() as connection:
        assert await reading.waiting(connection, now=NOW) == (0, None)
    await add(database, waiting(), from_at=NOW + HELD)
    await add(database, waiting())
    async with database.reading() as connection:
        assert await reading.waiting(connection, now=NOW) == (2, NOW)


async def test_what_waits_for_its_hour_is_no_backlog_but_is_waited_for(database: Database) -> None:
    morning = NOW + timedelta(hours=8)
    await add(database, waiting(), from_at=morning)
    async with database.reading() as connection:
        assert await reading.waiting(connection, now=NOW) == (0, morning)
        assert await reading.waiting(connection, now=morning - reading.SOON) == (1, morning)


async def test_what_was_tried_in_vain_is_backlog_however_long_it_waits(database: Database) -> None:
    await add(database, waiting())
    (item,) = await claim(database)
    await begin(database, [item])
    await end(database, item, "waiting", next_try_at=NOW + timedelta(hours=4))
    async with database.reading() as connection:
        assert await reading.waiting(connection, now=NOW) == (1, NOW + timedelta(hours=4))
