"""The log of deliveries as it is read: what was sent to an endpoint, and what it answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.store.webhook_columns import statement

_LINE = """
    d.id, d.position, d.event_id, d.type, p.code AS petition, d.state, d.reason, d.attempts, d.created_at, d.settled_at,
    d.next_try_at,
    (SELECT a.status FROM webhook_attempts a WHERE a.delivery_id = d.id ORDER BY a.number DESC LIMIT 1) AS status
"""
_FROM = "FROM webhook_deliveries d LEFT JOIN petitions p ON p.id = d.aggregate_id"
# Who has a conflict of interest in a petition sees nothing of it here either.
_SEEN = "NOT EXISTS (SELECT FROM exclusions x WHERE x.petition_id = d.aggregate_id AND x.actor = :actor)"
_LIST = statement(
    f"""
    SELECT {_LINE} {_FROM} WHERE d.webhook_id = :id AND {_SEEN}
        AND (CAST(:state AS text) IS NULL OR d.state = :state)
        AND (CAST(:type AS text) IS NULL OR d.type = :type)
        AND (CAST(:petition AS text) IS NULL OR p.code = :petition)
        AND (:since IS NULL OR d.created_at >= :since)
        AND (:until IS NULL OR d.created_at < :until)
        AND (CAST(:below AS bigint) = 0 OR d.position < :below)
    ORDER BY d.position DESC LIMIT :limit
    """
)
_ONE = statement(
    f"""
    SELECT {_LINE}, e.body AS request_body, e.trouble, (
        SELECT json_agg(json_build_object(
            'number', a.number, 'started_at', a.started_at, 'ended_at', a.ended_at,
            'milliseconds', round(extract(epoch FROM a.ended_at - a.started_at) * 1000),
            'outcome', coalesce(a.outcome, 'broken_off'), 'status', a.status, 'url', a.url, 'address', a.address,
            'request_headers', a.request_headers, 'response_headers', a.response_headers,
            'response_body', a.response_body, 'is_cut', a.is_cut
        ) ORDER BY a.number) FROM webhook_attempts a WHERE a.delivery_id = d.id
    ) AS log
    {_FROM} LEFT JOIN webhook_events e ON e.event_id = d.event_id WHERE d.webhook_id = :id AND d.id = :delivery AND {_SEEN}
    """
)
_KEPT = statement(
    f"""
    SELECT d.type, d.reason, e.trouble, e.body IS NOT NULL AS is_kept FROM webhook_deliveries d
    LEFT JOIN webhook_events e ON e.event_id = d.event_id WHERE d.webhook_id = :id AND d.id = :delivery AND {_SEEN}
    """
)
_WAITING = statement(
    """
    SELECT webhook_id, count(*) AS waiting FROM webhook_deliveries
    WHERE webhook_id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting' GROUP BY webhook_id
    """
)
_TESTS = statement("SELECT count(*) FROM webhook_deliveries WHERE webhook_id = :id AND created_at > :since AND type = :type")
_MINUTE = timedelta(minutes=1)
_BELOW = """
    WITH RECURSIVE reach AS (
        SELECT CAST(:office AS text) AS code UNION SELECT o.code FROM offices o JOIN reach r ON o.parent = r.code
    )
    SELECT code FROM reach
"""
_WEBHOOKS = statement(
    f"""
    SELECT id FROM webhooks w WHERE state <> 'removed'
        AND (:is_everywhere OR office = :own OR (:leads AND office IN ({_BELOW})))
        AND (CAST(:wanted AS text) IS NULL OR office = :wanted)
        AND (CAST(:state AS text) IS NULL OR state = :state)
        AND (:at IS NULL OR (created_at, id) > (:at, CAST(:last AS uuid)))
    ORDER BY created_at, id LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are wanted; None: any."""

    state: str | None = None
    type: str | None = None
    petition: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose webhooks somebody sees: all, those of his office, those of the offices below it too."""

    is_everywhere: bool
    office: str | None
    leads: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery, and whether what it carries is still here."""

    type: str
    reason: str | None
    trouble: str | None
    is_kept: bool


Place = tuple[datetime | None, UUID] | None


async def entries(
    connection: AsyncConnection, webhook_id: UUID, wanted: Wanted, *, actor: str, below: int, limit: int
) -> list[dict[str, Any]]:
    """Return deliveries of an endpoint in the order of the events, the latest first, those `below` a position (0: all)."""
    values = {name: getattr(wanted, name) for name in ("state", "type", "petition", "since", "until")}
    rows = await connection.execute(_LIST, values | {"id": webhook_id, "actor": actor, "below": below, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def entry(connection: AsyncConnection, webhook_id: UUID, delivery: UUID, *, actor: str) -> dict[str, Any] | None:
    """Return one delivery with what was sent and what was answered, each time."""
    row = (await connection.execute(_ONE, {"id": webhook_id, "delivery": delivery, "actor": actor})).mappings().one_or_none()
    return dict(row) if row else None


async def kept(connection: AsyncConnection, webhook_id: UUID, delivery: UUID, *, actor: str) -> Kept | None:
    """Return whether a delivery can be sent again."""
    row = (await connection.execute(_KEPT, {"id": webhook_id, "delivery": delivery, "actor": actor})).one_or_none()
    return Kept(row.type, row.reason, row.trouble, row.is_kept) if row else None


async def webhooks(
    connection: AsyncConnection, reach: Reach, *, office: str | None, state: str | None, after: Place, limit: int
) -> list[UUID]:
    """Return the webhooks that somebody sees, oldest first."""
    at, last = after or (None, None)
    values = {
        "is_everywhere": reach.is_everywhere,
        "own": reach.office,
        "office": reach.office,
        "leads": reach.leads,
        "wanted": office,
        "state": state,
        "at": at,
        "last": last,
        "limit": limit,
    }
    return list((await connection.execute(_WEBHOOKS, values)).scalars())


async def waiting(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many deliveries wait for each endpoint that has some waiting."""
    return {row.webhook_id: row.waiting for row in await connection.execute(_WAITING, {"ids": list(ids)})}


async def count_tests(connection: AsyncConnection, webhook_id: UUID, ping_type: str, *, now: datetime) -> int:
    """Return how many tests there were within the last minute."""
    values = {"id": webhook_id, "since": now - _MINUTE, "type": ping_type}
    return int((await connection.execute(_TESTS, values)).scalar_one())
