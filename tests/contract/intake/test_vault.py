"""The vault over the real database and cipher: sealed per petition, readable with the key alone, erased with its row."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from services.intake.handlers import viewing
from services.intake.store import lodging as store
from services.intake.store.lodging import NewPetition
from shared.identity import Ciphers, EnvelopeCipher
from shared.kernel.refusals import Malformed
from shared.persistence import Database

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CIPHER = Ciphers(EnvelopeCipher(bytes(range(32))), EnvelopeCipher(bytes(range(32, 64))))
Ids = list[UUID]


@pytest.fixture
async def database(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    url = await service_database("intake")
    opened = Database(url.replace("postgresql://", "postgresql+asyncpg://"), schema="intake")
    yield opened
    await opened.close()


async def _keep(database: Database, number: int = 3, *, kind: str = "complaint") -> Ids:
    ids = [uuid4() for _ in range(number)]
    petitions = [
        NewPetition(
            id=petition_id,
            code=str(petition_id),
            kind=kind,
            jurisdiction="hanoi",
            language="vi",
            is_sealed=kind == "denunciation",
            lodged_at=NOW,
            recorded_at=NOW,
            sealed=CIPHER.seal(
                orjson.dumps({"text": f"Bí mật {place}"}), context=petition_id.bytes, is_sealed=kind == "denunciation"
            ),
            commune=None,
            words=(),
        )
        for place, petition_id in enumerate(ids)
    ]
    async with database.transaction() as tx:
        await store.insert(tx.connection, petitions)
    return ids


async def _texts(database: Database, ids: Ids, cipher: Ciphers = CIPHER) -> dict[str, str]:
    return await viewing.read_texts(database, cipher, ids, reader="service:routing", purpose="classify", now=NOW)


async def test_each_petition_is_read_back_and_the_reading_is_recorded(database: Database) -> None:
    ids = await _keep(database)
    assert await _texts(database, ids) == {str(petition_id): f"Bí mật {place}" for place, petition_id in enumerate(ids)}
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT petition_id, reader, purpose, fields, read_at FROM vault_readings"))
        assert {tuple(row) for row in rows} == {(each, "service:routing", "classify", "text", NOW) for each in ids}


async def test_another_master_key_reads_nothing(database: Database) -> None:
    ids = await _keep(database)
    with pytest.raises(Malformed):
        await _texts(database, ids, Ciphers(EnvelopeCipher(bytes(32)), CIPHER.denunciations))


async def test_a_row_moved_to_another_petition_cannot_be_read(database: Database) -> None:
    first, second, _ = ids = await _keep(database)
    async with database.transaction() as tx:
        swap = text(
            "UPDATE vault v SET wrapped_key = o.wrapped_key, nonce = o.nonce, ciphertext = o.ciphertext "
            "FROM vault o WHERE v.petition_id = :first AND o.petition_id = :second"
        )
        await tx.connection.execute(swap, {"first": first, "second": second})
    with pytest.raises(Malformed):
        await _texts(database, ids)


async def test_one_flipped_byte_is_noticed(database: Database) -> None:
    ids = await _keep(database, 1)
    async with database.transaction() as tx:
        await tx.connection.execute(text("UPDATE vault SET ciphertext = set_byte(ciphertext, 3, get_byte(ciphertext, 3) # 1)"))
    with pytest.raises(Malformed):
        await _texts(database, ids)


async def test_erasing_the_row_erases_what_was_said_and_leaves_the_petition(database: Database) -> None:
    first, *others = ids = await _keep(database)
    async with database.transaction() as tx:
        await tx.connection.execute(text("DELETE FROM vault WHERE petition_id = :id"), {"id": first})
    assert set(await _texts(database, ids)) == {str(each) for each in others}
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM petitions"))).scalar_one() == 3


async def test_texts_of_denunciations_are_read_by_no_service(database: Database) -> None:
    ids = await _keep(database, kind="denunciation")
    assert await _texts(database, ids) == {}
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM vault_readings"))).scalar_one() == 0


async def test_no_two_petitions_share_key_or_nonce(database: Database) -> None:
    await _keep(database, 50)
    async with database.reading() as connection:
        counted = text("SELECT count(DISTINCT wrapped_key), count(DISTINCT nonce) FROM vault")
        assert tuple((await connection.execute(counted)).one()) == (50, 50)
