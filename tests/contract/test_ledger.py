"""The ledger against a real database: numbered without gaps, unchangeable, in order under concurrency."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.kernel.refusals import Trouble
from shared.persistence import ledger
from shared.persistence.database import Database
from tests.contract.messaging.conftest import ledgers
from tests.contract.messaging.listening import failed

__all__ = ["ledgers"]

Ledgers = Callable[[str], Awaitable[Database]]


async def _stored(database: Database) -> list[ledger.StoredEvent]:
    async with database.reading() as connection:
        return await ledger.unsent(connection, source=database.schema, limit=10_000)


async def test_events_are_numbered_per_petition_in_the_order_said(ledgers: Ledgers) -> None:
    database = await ledgers("notify")
    first, second = uuid4(), uuid4()
    for _ in range(2):
        async with database.transaction() as transaction:
            transaction.emit([failed(first), failed(second), failed(first)])
    stored = await _stored(database)
    assert [e.envelope.version for e in stored if e.envelope.aggregate_id == first] == [1, 2, 3, 4]
    assert [e.envelope.version for e in stored if e.envelope.aggregate_id == second] == [1, 2]
    assert [e.seq for e in stored] == sorted(e.seq for e in stored)


async def test_concurrent_writers_leave_no_gap_and_keep_the_order(ledgers: Ledgers) -> None:
    database = await ledgers("notify")
    petitions = [uuid4() for _ in range(5)]

    async def write() -> None:
        async with database.transaction() as transaction:
            transaction.emit([failed(petition) for petition in petitions])

    await asyncio.gather(*[write() for _ in range(20)])
    stored = await _stored(database)
    for petition in petitions:
        assert [e.envelope.version for e in stored if e.envelope.aggregate_id == petition] == list(range(1, 21))


async def test_what_fails_says_nothing(ledgers: Ledgers) -> None:
    database = await ledgers("notify")
    woken: list[bool] = []
    database.after_commit(lambda: woken.append(True))

    async def fail() -> None:
        async with database.transaction() as transaction:
            transaction.emit([failed(uuid4())])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert not await _stored(database)
    assert not woken


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET actor = 'somebody else'", "DELETE FROM events", "TRUNCATE events"], ids=str.split
)
async def test_what_was_said_stays_said(ledgers: Ledgers, statement: str) -> None:
    database = await ledgers("notify")
    async with database.transaction() as transaction:
        transaction.emit([failed(uuid4())])
    with pytest.raises(IntegrityError, match="append-only"):
        async with database.transaction() as transaction:
            await transaction.connection.execute(text(statement))


async def test_an_envelope_travels_unchanged(ledgers: Ledgers) -> None:
    database = await ledgers("notify")
    async with database.transaction() as transaction:
        transaction.emit([failed(uuid4(), is_sealed=True)])
    (stored,) = await _stored(database)
    assert type(stored.envelope).from_headers(stored.envelope.headers(), subject=stored.envelope.subject) == stored.envelope
    assert stored.envelope.subject.startswith("sealed.notify.notice.failed.v1._.")


async def test_a_database_that_is_gone_is_trouble() -> None:
    database = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/none", schema="notify")
    with pytest.raises(Trouble):
        async with database.reading():
            pass
    await database.close()


async def test_what_is_read_together_is_of_one_moment(ledgers: Ledgers) -> None:
    database = await ledgers("notify")
    async with database.reading() as connection:
        before = await ledger.unsent(connection, source=database.schema, limit=10)
        async with database.transaction() as transaction:
            transaction.emit([failed(uuid4())])
        assert await ledger.unsent(connection, source=database.schema, limit=10) == before == []
    assert len(await _stored(database)) == 1


async def test_the_right_that_was_used_is_kept_and_travels(ledgers: Ledgers) -> None:
    database = await ledgers("notify")
    by_time = replace(failed(uuid4()), actor="service:notify")
    by_person = replace(failed(uuid4()), actor="person:canbo", authority="officer@hanoi-00070")
    unknown = replace(failed(uuid4()), actor="person:canbo")
    async with database.transaction() as transaction:
        transaction.emit([by_time, by_person, unknown])
    stored = await _stored(database)
    assert [e.envelope.authority for e in stored] == ["service", "officer@hanoi-00070", None]
    assert [e.envelope.headers().get("ce-authority") for e in stored] == ["service", "officer@hanoi-00070", None]
    again = [type(e.envelope).from_headers(e.envelope.headers(), subject=e.envelope.subject) for e in stored]
    assert again == [e.envelope for e in stored]
