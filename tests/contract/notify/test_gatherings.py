"""Gatherings on a real PostgreSQL: whoever adds and whoever closes, at the same time or not, every part is told once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notify.domain.telling import LINES_MAX, About, Audience, Gathered, Line, Notice
from services.notify.store import gatherings
from services.notify.store import notices as store
from services.notify.store.gatherings import Addition, Part
from services.notify.store.notices import Waiting
from shared.contracts import Cause
from shared.kernel.ids import derived
from shared.persistence import Database, DatabaseSettings, Transaction

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
LONGEST = timedelta(minutes=10)
SERIES, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=await service_database("notify")).sqlalchemy_url(), schema="notify")
    yield database
    await database.close()


def part(number: int, *, series: UUID = SERIES, at: datetime = NOW, about: About = About.BREACH, code: str | None = "") -> Part:
    """Return something to tell; its code is its number where no other is given."""
    carrier = Waiting(
        id=derived(series, number),
        petition_id=UUID(int=9),
        notice=Notice(About.DIGEST, Audience.OFFICE, "ward", "vi", {"code": ""}),
        is_sealed=False,
        cause=Cause(event_id=UUID(int=number), source="escalation", version=1),
        correlation_id=UUID(int=9),
        traceparent=None,
    )
    line = Line(about, f"{number:05}" if code == "" else code, {"rule": "X"}, NOW, NOW + timedelta(seconds=number))
    return Part(derived("part", number), series, UUID(int=number), line, carrier, at)


async def added(tx: Transaction, *parts: Part, now: datetime = NOW) -> list[UUID]:
    """Add parts as hearing does; return the notices that are new."""
    new = await gatherings.add(tx.connection, parts, longest=LONGEST)
    await store.add(tx.connection, new, now=now)
    return [waiting.id for waiting, _ in new]


async def add(database: Database, *parts: Part, now: datetime = NOW) -> list[UUID]:
    async with database.transaction() as tx:
        return await added(tx, *parts, now=now)


async def close(database: Database, *ids: UUID, now: datetime = NOW) -> dict[UUID, Gathered]:
    async with database.transaction() as tx:
        return dict(await gatherings.close(tx.connection, ids, now=now))


def codes(gathered: Gathered) -> list[str | None]:
    return [line.code for line in gathered.lines]


async def next_tries(database: Database) -> list[datetime]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT next_try_at FROM notices ORDER BY next_try_at"))).scalars())


async def test_what_belongs_together_is_one_notice_while_it_is_open(database: Database) -> None:
    (first,) = await add(database, part(1), part(2))
    assert await add(database, part(3)) == []
    (other,) = await add(database, part(4, series=OTHER))
    closed = await close(database, first, other)
    assert {key: codes(gathered) for key, gathered in closed.items()} == {first: ["00001", "00002", "00003"], other: ["00004"]}


async def test_what_comes_after_it_was_closed_opens_the_next(database: Database) -> None:
    (first,) = await add(database, part(1))
    await close(database, first)
    (second,) = await add(database, part(2))
    assert second != first
    assert codes((await close(database, second))[second]) == ["00002"]


async def test_who_closes_again_reads_the_same_and_when_it_was_closed(database: Database) -> None:
    (first,) = await add(database, part(1))
    before = await close(database, first)
    await add(database, part(2))
    assert await close(database, first, now=NOW + timedelta(hours=1)) == before
    assert before[first].closed_at == NOW


async def test_a_part_that_is_added_again_opens_nothing(database: Database) -> None:
    (first,) = await add(database, part(1))
    await close(database, first)
    assert await add(database, part(1)) == []
    assert codes((await close(database, first))[first]) == ["00001"]


async def test_parts_are_told_by_kind_then_in_the_order_of_their_time(database: Database) -> None:
    kinds = (About.MOVED, About.BREACH, About.REMINDER, About.ESCALATION, About.BREACH)
    (first,) = await add(database, *reversed([part(number, about=about) for number, about in enumerate(kinds)]))
    gathered = (await close(database, first))[first]
    assert codes(gathered) == ["00003", "00001", "00004", "00002", "00000"]
    assert gathered.counts == {"moved": 1, "breach": 2, "reminder": 1, "escalation": 1}


async def test_what_is_sealed_is_counted_and_what_is_too_much_too(database: Database) -> None:
    named = [part(number) for number in range(LINES_MAX + 5)]
    sealed = [part(1000 + number, code=None) for number in range(3)]
    (first,) = await add(database, *named, *sealed)
    gathered = (await close(database, first))[first]
    assert (len(gathered.lines), gathered.counts, gathered.sealed) == (LINES_MAX, {"breach": LINES_MAX + 5}, 3)


async def test_a_notice_waits_for_the_last_that_joins_it_but_not_longer_than_that(database: Database) -> None:
    await add(database, part(1, at=NOW + timedelta(seconds=30)))
    await add(database, part(2, at=NOW + timedelta(seconds=45)))
    assert await next_tries(database) == [NOW + timedelta(seconds=45)]
    await add(database, part(3, at=NOW + timedelta(seconds=40)))
    assert await next_tries(database) == [NOW + timedelta(seconds=45)]
    await add(database, part(4, at=NOW + timedelta(hours=1)))
    assert await next_tries(database) == [NOW + LONGEST]


async def test_a_notice_for_tomorrow_does_not_go_today_because_another_part_joins(database: Database) -> None:
    tomorrow = NOW + timedelta(days=1)
    await add(database, part(1, at=tomorrow))
    await add(database, part(2, at=tomorrow))
    assert await next_tries(database) == [tomorrow]


async def test_an_addition_is_told_only_where_there_is_something_to_add_it_to(database: Database) -> None:
    line = Line("window", "00009", {"rule": "KN2.FILE"}, NOW, NOW)
    additions = [Addition(derived("a", series), [OTHER, series], UUID(int=9), line) for series in (SERIES, UUID(int=3))]
    (first,) = await add(database, part(1))
    for _ in range(2):
        async with database.transaction() as tx:
            await gatherings.add_where_open(tx.connection, additions)
    assert codes((await close(database, first))[first]) == ["00001", "00009"]
    async with database.transaction() as tx:
        await gatherings.add_where_open(tx.connection, [Addition(uuid4(), [SERIES], UUID(int=9), line)])
    assert codes((await close(database, first))[first]) == ["00001", "00009"]


async def test_closing_waits_for_who_is_adding_and_tells_what_they_added(database: Database) -> None:
    (first,) = await add(database, part(1))
    async with database.transaction() as tx:
        await added(tx, part(2))
        closing = asyncio.create_task(close(database, first))
        done, _ = await asyncio.wait({closing}, timeout=0.2)
        assert not done
    assert codes((await closing)[first]) == ["00001", "00002"]


async def test_adding_waits_for_who_is_closing_and_opens_the_next(database: Database) -> None:
    (first,) = await add(database, part(1))
    async with database.transaction() as tx:
        gathered = await gatherings.close(tx.connection, [first], now=NOW)
        adding = asyncio.create_task(add(database, part(2)))
        done, _ = await asyncio.wait({adding}, timeout=0.2)
        assert not done
    assert codes(gathered[first]) == ["00001"]
    (second,) = await adding
    assert codes((await close(database, second))[second]) == ["00002"]


async def test_two_who_add_at_once_open_one(database: Database) -> None:
    opened = await asyncio.gather(*(add(database, part(2 * number), part(2 * number + 1, series=OTHER)) for number in range(8)))
    ((first, second),) = [ids for ids in opened if ids]
    closed = await close(database, first, second)
    assert sorted(len(gathered.lines) for gathered in closed.values()) == [8, 8]


async def test_in_any_crowd_every_part_is_told_once(database: Database) -> None:
    """Four add, two close what is open, again and again; at the end all is closed."""
    parts = [part(number, series=UUID(int=number % 5)) for number in range(240)]
    is_over = asyncio.Event()

    async def adds(mine: Sequence[Part]) -> None:
        for begin in range(0, len(mine), 7):
            await add(database, *mine[begin : begin + 7])

    async def closes() -> None:
        while not is_over.is_set():
            await close_open(database)

    closing = [asyncio.create_task(closes()) for _ in range(2)]
    await asyncio.gather(*(adds(parts[who::4]) for who in range(4)))
    is_over.set()
    await asyncio.gather(*closing)
    told = Counter[str | None]()
    await close_open(database)
    async with database.reading() as connection:
        every = list((await connection.execute(text("SELECT notice_id FROM gatherings"))).scalars())
        carried = set((await connection.execute(text("SELECT id FROM notices"))).scalars())
    assert set(every) == carried
    assert len(every) > 5, "nothing was closed in between, so nothing is proved"
    for gathered in (await close(database, *every)).values():
        told.update(codes(gathered))
    assert told == Counter({f"{number:05}": 1 for number in range(240)})


async def close_open(database: Database) -> None:
    async with database.reading() as connection:
        still_open = list((await connection.execute(text("SELECT notice_id FROM gatherings WHERE closed_at IS NULL"))).scalars())
    await close(database, *still_open)
