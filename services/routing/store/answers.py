"""What petitions ask for and what offices answered, sealed; and acts that were asked for with a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import Sealed


@dataclass(frozen=True, slots=True)
class StoredAct:
    """An act that was done under an idempotency key, and what the officer was answered."""

    petition_id: UUID
    digest: bytes
    version: int
    answer: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer, sealed; `is_sealed` says that its petition is a denunciation, which has a key of its own."""

    petition_id: UUID
    sealed: Sealed
    is_sealed: bool


async def put(connection: AsyncConnection, petition_id: UUID, sealed: Sealed, *, now: datetime) -> None:
    """Keep the answer to a petition."""
    query = text(
        """
        INSERT INTO answers (petition_id, wrapped_key, nonce, ciphertext, answered_at)
        VALUES (:id, :wrapped_key, :nonce, :ciphertext, :now)
        """
    )
    values = {
        "id": petition_id,
        "wrapped_key": sealed.wrapped_key,
        "nonce": sealed.nonce,
        "ciphertext": sealed.ciphertext,
        "now": now,
    }
    await connection.execute(query, values)


async def put_requests(connection: AsyncConnection, petition_id: UUID, sealed: Sealed) -> None:
    """Keep what a petition asks for, point by point; what was written down last counts."""
    query = text(
        """
        INSERT INTO requests (petition_id, wrapped_key, nonce, ciphertext) VALUES (:id, :wrapped_key, :nonce, :ciphertext)
        ON CONFLICT (petition_id) DO UPDATE SET wrapped_key = excluded.wrapped_key, nonce = excluded.nonce,
            ciphertext = excluded.ciphertext
        """
    )
    values = {"wrapped_key": sealed.wrapped_key, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
    await connection.execute(query, {"id": petition_id, **values})


async def requests_of(connection: AsyncConnection, petition_id: UUID) -> Sealed | None:
    """Return what a petition asks for, None where nobody has written it down."""
    query = text("SELECT wrapped_key, nonce, ciphertext FROM requests WHERE petition_id = :id")
    row = (await connection.execute(query, {"id": petition_id})).one_or_none()
    return Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)) if row else None


async def latest_of(connection: AsyncConnection, petition_id: UUID) -> Sealed | None:
    """Return the last answer to a petition, None where there is none."""
    query = text("SELECT wrapped_key, nonce, ciphertext FROM answers WHERE petition_id = :id ORDER BY answered_at DESC LIMIT 1")
    row = (await connection.execute(query, {"id": petition_id})).one_or_none()
    return Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)) if row else None


async def of_petitions(connection: AsyncConnection, ids: Sequence[UUID], *, with_sealed: bool) -> list[StoredAnswer]:
    """Return the latest sealed answer of each of `ids`; of denunciations only where asked for."""
    query = text(
        """
        SELECT DISTINCT ON (a.petition_id) a.petition_id, p.is_sealed, a.wrapped_key, a.nonce, a.ciphertext
        FROM answers a JOIN petitions p ON p.id = a.petition_id
        WHERE a.petition_id = ANY(CAST(:ids AS uuid[])) AND (:with_sealed OR NOT p.is_sealed)
        ORDER BY a.petition_id, a.answered_at DESC
        """
    )
    rows = await connection.execute(query, {"ids": list(ids), "with_sealed": with_sealed})
    return [
        StoredAnswer(
            row.petition_id, Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)), is_sealed=row.is_sealed
        )
        for row in rows
    ]


async def erase(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Forget what petitions asked for, what they were answered, and what was proposed about them: deleting the key erases it."""
    if not ids:
        return
    for table in ("answers", "requests", "act_proposals"):
        query = text(f"DELETE FROM {table} WHERE petition_id = ANY(CAST(:ids AS uuid[]))")
        await connection.execute(query, {"ids": list(ids)})


async def act_of(connection: AsyncConnection, key: str) -> StoredAct | None:
    """Return the act that was done under `key`."""
    query = text("SELECT petition_id, digest, version, answer FROM acts WHERE key = :key")
    row = (await connection.execute(query, {"key": key})).one_or_none()
    return StoredAct(row.petition_id, bytes(row.digest), row.version, orjson.loads(row.answer)) if row else None


async def put_act(connection: AsyncConnection, key: str, act: StoredAct, *, now: datetime) -> bool:
    """Remember an act under its key; return whether the key was free."""
    query = text(
        """
        INSERT INTO acts (key, petition_id, digest, version, answer, done_at)
        VALUES (:key, :id, :digest, :version, :answer, :now) ON CONFLICT (key) DO NOTHING
        """
    )
    values = {
        "key": key,
        "id": act.petition_id,
        "digest": act.digest,
        "version": act.version,
        "answer": orjson.dumps(act.answer).decode(),
        "now": now,
    }
    return (await connection.execute(query, values)).rowcount == 1
