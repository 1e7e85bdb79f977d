"""What persons said that petitions are about: what suggestions are measured and trained with. The words stay in the vault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing.domain.facts import Classified

_PUT = text(
    """
    INSERT INTO topics_confirmed (petition_id, topic, before, suggested, model, confirmed_at)
    VALUES (:petition_id, :topic, :before, :suggested, :model, :now)
    ON CONFLICT (petition_id) DO UPDATE SET topic = EXCLUDED.topic, confirmed_at = EXCLUDED.confirmed_at
    """
)
_LATEST = text("SELECT petition_id, topic FROM topics_confirmed ORDER BY confirmed_at DESC, petition_id LIMIT :limit")
_COUNTED = text(
    """
    SELECT model, count(*) AS number, count(*) FILTER (WHERE split_part(suggested, ' ', 1) = topic) AS first,
        count(*) FILTER (WHERE topic = ANY(string_to_array(suggested, ' '))) AS among
    FROM topics_confirmed WHERE suggested <> '' GROUP BY model ORDER BY model
    """
)


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a model's first suggestion, and one of its suggestions, was what a person said."""

    model: str
    number: int
    first: int
    among: int


async def put(connection: AsyncConnection, petition_id: UUID, fact: Classified, *, now: datetime) -> None:
    """Keep what a person said; said again it is corrected, and what had been suggested at first stays."""
    suggested = None if fact.suggested is None else " ".join(fact.suggested)
    values = {"petition_id": petition_id, "topic": fact.topic, "before": fact.before, "suggested": suggested, "model": fact.model}
    await connection.execute(_PUT, values | {"now": now})


async def latest(connection: AsyncConnection, *, limit: int) -> Sequence[tuple[UUID, str]]:
    """Return petitions with what persons said that they are about, the last ones first."""
    return [(row.petition_id, row.topic) for row in await connection.execute(_LATEST, {"limit": limit})]


async def counted(connection: AsyncConnection) -> list[Counted]:
    """Return how good suggestions were, by model; a petition whose words nothing was suggested for does not count."""
    return [Counted(row.model, row.number, row.first, row.among) for row in await connection.execute(_COUNTED)]
