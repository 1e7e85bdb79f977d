"""Who must see nothing of a petition: those with a conflict of interest, as routing said and the log remembers.

Invariant: written in the transaction that appends the event, so the log and this never differ.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, MetaData, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.persistence import bulk

_EXCLUSIONS = Table("exclusions", MetaData(), Column("petition_id", Uuid), Column("person", Text))


def open_to_reader(petition_id: str) -> str:
    """Return the condition that the actor `:reader` is not excluded from a petition; where it is null, everything is open.

    `petition_id` is a column with its table: alone it would be read as the one of exclusions.
    """
    return f"NOT EXISTS (SELECT FROM exclusions x WHERE x.petition_id = {petition_id} AND x.person = CAST(:reader AS text))"


async def exclude(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write who is excluded from which petition."""
    await bulk.insert(connection, _EXCLUSIONS, rows, on_conflict="ON CONFLICT DO NOTHING")
