"""What a petition says and is found by, written anew: the row that held it before is gone with its key."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import Sealed

_RESEAL = text("UPDATE vault SET wrapped_key = :wrapped_key, nonce = :nonce, ciphertext = :ciphertext WHERE petition_id = :id")
_FIND_BY = text("UPDATE search_words SET words = CAST(CAST(:words AS text[]) AS bigint[]) WHERE petition_id = :id")


async def reseal(connection: AsyncConnection, petition_id: UUID, sealed: Sealed) -> None:
    """Put other content into the vault in the place of what is there."""
    values = {"wrapped_key": sealed.wrapped_key, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
    await connection.execute(_RESEAL, {"id": petition_id, **values})


async def find_by(connection: AsyncConnection, petition_id: UUID, words: Sequence[int]) -> None:
    """Let a petition be found by these words and no others."""
    await connection.execute(_FIND_BY, {"id": petition_id, "words": [str(word) for word in words]})
