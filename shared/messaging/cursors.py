"""Up to where each stream was taken, by a consumer that takes it in its order; moved in the transaction of the effect.

`mark` is what stood at that place: a stream that was lost and rebuilt has something else there, and is taken from its beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.incoming import Incoming

CURSORS_V1 = (
    """
    CREATE TABLE stream_cursors (
        stream text PRIMARY KEY,
        seq    bigint NOT NULL,
        mark   bytea NOT NULL
    ) WITH (fillfactor = 10)
    """,
    "COMMENT ON TABLE stream_cursors IS 'Up to where each stream was taken, and a hash of the message that stands there'",
)
_PLACE = "SELECT seq, mark FROM stream_cursors WHERE stream = :stream"
_READ = text(_PLACE)
_LOCK = text(f"{_PLACE} FOR UPDATE")
_BEGIN = text("INSERT INTO stream_cursors (stream, seq, mark) VALUES (:stream, 0, '') ON CONFLICT DO NOTHING")
_MOVE = text("UPDATE stream_cursors SET seq = :seq, mark = :mark WHERE stream = :stream")
_MENTION = text(
    """
    INSERT INTO inbox_heads (aggregate_id, source, version)
    SELECT aggregate_id, source, max(version)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:sources AS text[]), CAST(:versions AS int[])) AS n (aggregate_id, source, version)
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (aggregate_id, source) DO UPDATE SET version = excluded.version WHERE inbox_heads.version < excluded.version
    """
)


@dataclass(frozen=True, slots=True)
class Place:
    """The last message of a stream that was taken: its number, and a hash of it."""

    seq: int
    mark: bytes


BEGINNING = Place(0, b"")


def mark_of(subject: str, message_id: str, data: bytes) -> bytes:
    """Return the hash of a message."""
    return sha256(b"\x00".join((subject.encode(), message_id.encode(), data))).digest()


async def place(connection: AsyncConnection, stream: str) -> Place:
    """Return up to where a stream was taken."""
    row = (await connection.execute(_READ, {"stream": stream})).one_or_none()
    return BEGINNING if row is None else Place(row.seq, bytes(row.mark))


async def lock(connection: AsyncConnection, stream: str) -> Place:
    """Return the same, and let nobody else move it until the transaction ends."""
    await connection.execute(_BEGIN, {"stream": stream})
    row = (await connection.execute(_LOCK, {"stream": stream})).one()
    return Place(row.seq, bytes(row.mark))


async def move(connection: AsyncConnection, stream: str, to: Place) -> None:
    """Write down that a stream was taken up to `to`."""
    await connection.execute(_MOVE, {"stream": stream, "seq": to.seq, "mark": to.mark})


async def mention(connection: AsyncConnection, items: Sequence[Incoming]) -> None:
    """Let the version vectors say what was heard, as they do where messages are taken as they come: gaps are found by them."""
    envelopes = [item.envelope for item in items]
    values = {
        "ids": [envelope.aggregate_id for envelope in envelopes],
        "sources": [envelope.source for envelope in envelopes],
        "versions": [envelope.version for envelope in envelopes],
    }
    await connection.execute(_MENTION, values)
