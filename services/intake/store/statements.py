"""What petitioners said later about their petitions, their words sealed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import Sealed

WITHDRAWN, CONTESTED, VERDICT, COMMENT = SAID = ("withdrawn", "contested", "verdict", "comment")
"""What petitioners say later; that a petition was taken apart stands beside it, and is told to nobody."""

_PUT = text(
    """
    INSERT INTO statements (petition_id, what, number, petitioner_id, said_at, is_satisfied, wrapped_key, nonce, ciphertext)
    VALUES (:petition_id, :what, :number, :petitioner_id, :said_at, :is_satisfied, :wrapped_key, :nonce, :ciphertext)
    ON CONFLICT DO NOTHING RETURNING petition_id
    """
)
_OF = text(
    "SELECT what, number, petitioner_id, said_at, is_satisfied, wrapped_key, nonce, ciphertext FROM statements "
    "WHERE petition_id = :id ORDER BY said_at, what"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: withdrawn, contested or verdict, about the answer `number` (0: before the first); or the comment `number`.

    `petitioner_id` says whose; None: the first one's, whose id is the petition's. Of a comment it names nobody: anybody may write
    one, and it is an id of its own by which a repeated request is known.
    """

    what: str
    number: int
    said_at: datetime
    is_satisfied: bool | None = None
    words: Sealed | None = None
    petitioner_id: UUID | None = None


async def put(connection: AsyncConnection, petition_id: UUID, statement: Statement) -> bool:
    """Keep a statement; False where the same was said about the same answer before: the first one counts."""
    words = statement.words
    values = {
        "petition_id": petition_id,
        "what": statement.what,
        "number": statement.number,
        "petitioner_id": statement.petitioner_id or petition_id,
        "said_at": statement.said_at,
        "is_satisfied": statement.is_satisfied,
        "wrapped_key": words.wrapped_key if words else None,
        "nonce": words.nonce if words else None,
        "ciphertext": words.ciphertext if words else None,
    }
    return (await connection.execute(_PUT, values)).one_or_none() is not None


async def of_petition(connection: AsyncConnection, petition_id: UUID) -> list[Statement]:
    """Return what was said about a petition, in its order."""
    rows = await connection.execute(_OF, {"id": petition_id})
    return [
        Statement(
            row.what,
            row.number,
            row.said_at,
            row.is_satisfied,
            Sealed(bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext)) if row.ciphertext is not None else None,
            row.petitioner_id,
        )
        for row in rows
    ]
