"""Deliveries: an event for an endpoint, claimed, tried, put off, ended.

Invariants: of one petition and endpoint only the oldest waiting delivery is claimed, whoever claims; a claimed one is nobody
else's before its lease ends (one that ends later than any could is from a clock that was wrong); an attempt is written before it
is made.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.webhook_rules import Health
from services.notify.store.webhook_columns import columns, statement, unnested


@dataclass(frozen=True, slots=True)
class Due:
    """An endpoint at work that has something waiting, how it does, and when its next delivery is due."""

    webhook_id: UUID
    health: Health
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours for the length of the lease, its attempt written down; `body` None: it cannot be sent."""

    id: UUID
    webhook_id: UUID
    aggregate_id: UUID
    position: int
    number: int
    attempts: int
    first_tried_at: datetime
    body: str | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came back, as far as it is kept. `address` is the machine that was spoken to."""

    url: str
    request_headers: Mapping[str, str]
    address: str | None = None
    response_headers: Mapping[str, str] | None = None
    response_body: str | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended, and what it makes of its delivery."""

    delivery: Claimed
    state: str
    outcome: str
    ended_at: datetime
    exchange: Exchange | None
    status: int | None = None
    reason: str | None = None
    next_try_at: datetime | None = None


_DUE = statement(
    """
    SELECT w.id, w.failures, w.is_slow, w.held_until, d.next_try_at FROM webhooks w CROSS JOIN LATERAL (
        SELECT next_try_at FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting'
        ORDER BY next_try_at, position LIMIT 1
    ) d WHERE w.state = 'active'
    """
)
_CLAIM = statement(
    """
    WITH picked AS (
        SELECT p.id FROM unnest(CAST(:ids AS uuid[]), CAST(:slots AS int[])) AS f (webhook_id, slots)
        JOIN webhooks w ON w.id = f.webhook_id AND w.state = 'active' AND (w.held_until IS NULL OR w.held_until <= :now)
        CROSS JOIN LATERAL (
            SELECT d.id FROM webhook_deliveries d
            WHERE d.webhook_id = f.webhook_id AND d.state = 'waiting' AND d.next_try_at <= :now
                AND (d.leased_until IS NULL OR d.leased_until <= :now OR d.leased_until > :lease_ends)
                AND NOT EXISTS (
                    SELECT FROM webhook_deliveries e WHERE e.webhook_id = d.webhook_id AND e.aggregate_id = d.aggregate_id
                        AND e.state = 'waiting' AND e.position < d.position
                )
            ORDER BY d.next_try_at, d.position LIMIT f.slots FOR UPDATE SKIP LOCKED
        ) p
    ), taken AS (
        UPDATE webhook_deliveries d SET attempts = attempts + 1, leased_until = :lease_ends,
            first_tried_at = coalesce(first_tried_at, :now)
        FROM picked p WHERE d.id = p.id
        RETURNING d.id, d.webhook_id, d.aggregate_id, d.event_id, d.position, d.attempts, d.attempts_before, d.first_tried_at
    ), begun AS (
        INSERT INTO webhook_attempts (delivery_id, number, started_at) SELECT id, attempts, :now FROM taken
    )
    SELECT t.*, e.body FROM taken t LEFT JOIN webhook_events e ON e.event_id = t.event_id
    """
)
_BEGIN = statement(
    """
    WITH taken AS (
        UPDATE webhook_deliveries d SET attempts = attempts + 1, leased_until = :lease_ends,
            first_tried_at = coalesce(first_tried_at, :now)
        WHERE d.id = :id AND d.state = 'waiting'
        RETURNING d.id, d.webhook_id, d.aggregate_id, d.event_id, d.position, d.attempts, d.attempts_before, d.first_tried_at
    ), begun AS (
        INSERT INTO webhook_attempts (delivery_id, number, started_at) SELECT id, attempts, :now FROM taken
    )
    SELECT t.*, e.body FROM taken t LEFT JOIN webhook_events e ON e.event_id = t.event_id
    """
)
_ENDED = (
    ("id", "uuid"),
    ("number", "int"),
    ("state", "text"),
    ("outcome", "text"),
    ("status", "int"),
    ("reason", "text"),
    ("ended_at", "timestamptz"),
    ("next_try_at", "timestamptz"),
    ("url", "text"),
    ("address", "text"),
    ("request_headers", "text"),
    ("response_headers", "text"),
    ("response_body", "text"),
    ("is_cut", "bool"),
)
_END = statement(
    f"""
    WITH e AS (SELECT * FROM {unnested("e", _ENDED)}), a AS (
        UPDATE webhook_attempts a SET ended_at = e.ended_at, outcome = e.outcome, status = e.status, url = e.url,
            address = e.address, request_headers = CAST(e.request_headers AS jsonb),
            response_headers = CAST(e.response_headers AS jsonb), response_body = e.response_body, is_cut = e.is_cut
        FROM e WHERE a.delivery_id = e.id AND a.number = e.number
    )
    UPDATE webhook_deliveries d SET state = e.state, reason = e.reason, next_try_at = e.next_try_at, leased_until = NULL,
        settled_at = CASE WHEN e.state = 'waiting' THEN NULL ELSE e.ended_at END
    FROM e WHERE d.id = e.id AND d.attempts = e.number AND d.state = 'waiting' RETURNING d.id
    """
)
_BEHIND = (("webhook_id", "uuid"), ("aggregate_id", "uuid"), ("position", "bigint"), ("again_at", "timestamptz"))
# What waits behind a delivery that was put off is not looked at again before that one is; when it went, they go.
_FOLLOW = statement(
    f"""
    UPDATE webhook_deliveries d SET next_try_at = b.again_at FROM {unnested("b", _BEHIND)}
    WHERE d.webhook_id = b.webhook_id AND d.aggregate_id = b.aggregate_id AND d.state = 'waiting' AND d.position > b.position
        AND d.leased_until IS NULL AND d.first_tried_at IS NULL
    """
)
_HURRY_ALL = statement(
    """
    WITH held AS (UPDATE webhooks SET held_until = NULL WHERE held_until > :now)
    UPDATE webhook_deliveries SET next_try_at = :now WHERE state = 'waiting' AND next_try_at > :now AND leased_until IS NULL
    """
)
_HURRY = statement(
    """
    UPDATE webhook_deliveries SET next_try_at = :now
    WHERE webhook_id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting' AND next_try_at > :now AND leased_until IS NULL
    """
)


async def due(connection: AsyncConnection) -> list[Due]:
    """Return the endpoints at work for which something waits."""
    return [
        Due(row.id, Health(failures=row.failures, is_slow=row.is_slow, held_until=row.held_until), row.next_try_at)
        for row in await connection.execute(_DUE)
    ]


async def claim(connection: AsyncConnection, slots: Mapping[UUID, int], *, now: datetime, lease_ends: datetime) -> list[Claimed]:
    """Take what is due for each endpoint, at most as many as it has slots free, and write down that their attempts begin."""
    values = {"ids": list(slots), "slots": list(slots.values()), "now": now, "lease_ends": lease_ends}
    rows = await connection.execute(_CLAIM, values)
    return sorted((_claimed(row) for row in rows), key=lambda item: item.position)


async def begin(connection: AsyncConnection, delivery_id: UUID, *, now: datetime, lease_ends: datetime) -> Claimed | None:
    """Take one delivery, whatever its endpoint's state, and write down that its attempt begins."""
    row = (await connection.execute(_BEGIN, {"id": delivery_id, "now": now, "lease_ends": lease_ends})).one_or_none()
    return _claimed(row) if row else None


async def end(connection: AsyncConnection, ended: Sequence[Ended]) -> set[UUID]:
    """Write down how attempts ended; return the deliveries that were still ours."""
    values = columns(_ENDED, [_row(item) for item in ended])
    mine = set((await connection.execute(_END, values)).scalars())
    behind = [_behind(item) for item in ended if item.delivery.id in mine and _moves_those_behind(item)]
    if behind:
        await connection.execute(_FOLLOW, columns(_BEHIND, behind))
    return mine


async def hurry(connection: AsyncConnection, webhooks: Sequence[UUID], *, now: datetime) -> None:
    """Let everything that waits for a later attempt go now: the endpoint answers again."""
    if webhooks:
        await connection.execute(_HURRY, {"ids": list(webhooks), "now": now})


async def hurry_all(connection: AsyncConnection, *, now: datetime) -> None:
    """Let everything that waits go now: a clock that was set back would keep it waiting by the hours of the other clock."""
    await connection.execute(_HURRY_ALL, {"now": now})


async def count_waiting(connection: AsyncConnection, webhook_id: UUID) -> int:
    """Return how many deliveries wait for an endpoint."""
    query = statement("SELECT count(*) FROM webhook_deliveries WHERE webhook_id = :id AND state = 'waiting'")
    return int((await connection.execute(query, {"id": webhook_id})).scalar_one())


def _moves_those_behind(item: Ended) -> bool:
    return item.state == "waiting" or item.delivery.attempts > 1


def _behind(item: Ended) -> dict[str, object]:
    delivery = item.delivery
    return {
        "webhook_id": delivery.webhook_id,
        "aggregate_id": delivery.aggregate_id,
        "position": delivery.position,
        "again_at": item.next_try_at or item.ended_at,
    }


def _row(item: Ended) -> dict[str, object]:
    exchange = item.exchange
    answered = exchange.response_headers if exchange else None
    return {
        "id": item.delivery.id,
        "number": item.delivery.number,
        "state": item.state,
        "outcome": item.outcome,
        "status": item.status,
        "reason": item.reason,
        "ended_at": item.ended_at,
        "next_try_at": item.next_try_at,
        "url": exchange.url if exchange else None,
        "address": exchange.address if exchange else None,
        "request_headers": json.dumps(dict(exchange.request_headers)) if exchange else None,
        "response_headers": json.dumps(dict(answered)) if answered is not None else None,
        "response_body": exchange.response_body if exchange else None,
        "is_cut": bool(exchange and exchange.is_cut),
    }


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        id=UUID(int=row.id.int),
        webhook_id=UUID(int=row.webhook_id.int),
        aggregate_id=UUID(int=row.aggregate_id.int),
        position=row.position,
        number=row.attempts,
        attempts=row.attempts - row.attempts_before,
        first_tried_at=row.first_tried_at,
        body=row.body,
    )
