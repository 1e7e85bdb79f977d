"""Answers by idempotency key: what a request was answered with, kept for a week, so that repeating it changes nothing.

Invariant: of requests under one key one runs at a time; what has failed is forgotten, so that it may be mended and sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

KEPT = timedelta(days=7)
LEASE = timedelta(seconds=60)
"""After so long a request that never ended is taken for dead."""
_FORGOTTEN_AT_ONCE = 20

KEYED_V1 = (
    """
    CREATE TABLE keyed_answers (
        key            bytea PRIMARY KEY,
        request_sha256 bytea NOT NULL,
        claimed_at     timestamptz NOT NULL,
        status         smallint,
        media_type     text,
        body           bytea
    )
    """,
    "COMMENT ON TABLE keyed_answers IS 'By idempotency key and who used it; status null: it is being answered just now'",
    "CREATE INDEX keyed_answers_oldest ON keyed_answers (claimed_at)",
)


class Standing(StrEnum):
    """How a request stands to those under its key before."""

    NEW = "new"
    ANSWERED = "answered"
    RUNNING = "running"
    OTHER = "other"
    """Another request used the key."""


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """What a request was answered with; `body` as it was kept."""

    status: int
    media_type: str
    body: bytes


# A claim whose holder died is taken over; whoever comes second waits for the row and then sees it.
_CLAIM = text(
    """
    INSERT INTO keyed_answers (key, request_sha256, claimed_at) VALUES (:key, :digest, :now)
    ON CONFLICT (key) DO UPDATE SET claimed_at = :now, request_sha256 = :digest
        WHERE keyed_answers.status IS NULL AND keyed_answers.claimed_at < :dead
    RETURNING key
    """
)
_FOUND = text("SELECT request_sha256, status, media_type, body FROM keyed_answers WHERE key = :key")
_FORGET = text(
    "DELETE FROM keyed_answers WHERE key IN "
    "(SELECT key FROM keyed_answers WHERE claimed_at < :old ORDER BY claimed_at LIMIT :most)"
)
_KEEP = text("UPDATE keyed_answers SET status = :status, media_type = :media_type, body = :body WHERE key = :key")
_RELEASE = text("DELETE FROM keyed_answers WHERE key = :key AND status IS NULL")


async def claim(connection: AsyncConnection, key: bytes, digest: bytes, *, now: datetime) -> tuple[Standing, KeyedAnswer | None]:
    """Claim a key for a request with this digest; return how it stands, with the answer where there is one."""
    await connection.execute(_FORGET, {"old": now - KEPT, "most": _FORGOTTEN_AT_ONCE})
    claimed = await connection.execute(_CLAIM, {"key": key, "digest": digest, "now": now, "dead": now - LEASE})
    if claimed.one_or_none() is not None:
        return Standing.NEW, None
    row = (await connection.execute(_FOUND, {"key": key})).one_or_none()
    if row is None:
        return Standing.RUNNING, None  # it was let go this very moment: ask again
    if bytes(row.request_sha256) != digest:
        return Standing.OTHER, None
    if row.status is None:
        return Standing.RUNNING, None
    return Standing.ANSWERED, KeyedAnswer(row.status, row.media_type, bytes(row.body))


async def keep(connection: AsyncConnection, key: bytes, answer: KeyedAnswer) -> None:
    """Keep the answer."""
    values = {"key": key, "status": answer.status, "media_type": answer.media_type, "body": answer.body}
    await connection.execute(_KEEP, values)


async def release(connection: AsyncConnection, key: bytes) -> None:
    """Let a key go whose request failed."""
    await connection.execute(_RELEASE, {"key": key})
