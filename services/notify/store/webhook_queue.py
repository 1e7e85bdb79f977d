"""What comes into the queue of deliveries: events as they are heard, tests, and what somebody wants to have again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.store.webhook_columns import columns, statement, unnested
from shared.kernel.ids import derived


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is sent, or why it cannot be."""

    event_id: UUID
    aggregate_id: UUID
    office: str
    type: str
    body: str | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants to have again of a span of time: deliveries in these states, and what was never queued for him."""

    since: datetime
    until: datetime
    states: tuple[str, ...]
    has_missing: bool
    event_types: tuple[str, ...] | None


_EVENTS = (
    ("event_id", "uuid"),
    ("aggregate_id", "uuid"),
    ("office", "text"),
    ("type", "text"),
    ("body", "text"),
    ("trouble", "text"),
)
_PUT_EVENTS = statement(
    f"""
    INSERT INTO webhook_events (event_id, aggregate_id, office, type, body, trouble, heard_at)
    SELECT e.event_id, e.aggregate_id, e.office, e.type, e.body, e.trouble, :now FROM {unnested("e", _EVENTS)}
    ON CONFLICT DO NOTHING
    """
)
_DELIVERIES = (("id", "uuid"), ("webhook_id", "uuid"), ("event_id", "uuid"))
_PUT_DELIVERIES = statement(
    f"""
    INSERT INTO webhook_deliveries (id, webhook_id, event_id, aggregate_id, type, position, state, reason, next_try_at,
        created_at, settled_at)
    SELECT d.id, d.webhook_id, d.event_id, e.aggregate_id, e.type, e.position,
        CASE WHEN e.trouble IS NULL THEN 'waiting' ELSE 'parked' END, e.trouble, CASE WHEN e.trouble IS NULL THEN :now END, :now,
        CASE WHEN e.trouble IS NOT NULL THEN :now END
    FROM {unnested("d", _DELIVERIES)} JOIN webhook_events e USING (event_id) ORDER BY e.position
    ON CONFLICT DO NOTHING
    """
)
# Events from before the subscription, or that it did not ask for then; those that were never queued for it.
_MISSING = statement(
    """
    SELECT e.event_id FROM webhook_events e
    WHERE e.office = :office AND e.heard_at >= :since AND e.heard_at < :until AND e.trouble IS NULL AND e.aggregate_id <> :id
        AND (CAST(:types AS text[]) IS NULL OR e.type = ANY(CAST(:types AS text[])))
        AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = :id AND d.event_id = e.event_id)
    ORDER BY e.position LIMIT :limit
    """
)
_AGAIN = """
    UPDATE webhook_deliveries d SET state = 'waiting', reason = NULL, attempts_before = attempts, first_tried_at = NULL,
        next_try_at = :now, leased_until = NULL, settled_at = NULL
    WHERE d.id IN ({chosen}) AND d.state <> 'waiting' RETURNING d.id
"""
_CHOSEN = """
    SELECT d.id FROM webhook_deliveries d JOIN webhook_events e USING (event_id)
    WHERE d.webhook_id = :id AND e.heard_at >= :since AND e.heard_at < :until AND e.trouble IS NULL
        AND d.aggregate_id <> :id AND (CAST(:types AS text[]) IS NULL OR e.type = ANY(CAST(:types AS text[])))
        AND d.state = ANY(CAST(:states AS text[])) ORDER BY d.position LIMIT :limit FOR UPDATE OF d
"""
_SKIP = statement(
    """
    UPDATE webhook_deliveries SET state = 'skipped', reason = :reason, settled_at = :now, next_try_at = NULL
    WHERE webhook_id = :id AND state = 'waiting' RETURNING id
    """
)
_RESTART = statement(
    """
    UPDATE webhook_deliveries SET attempts_before = attempts, first_tried_at = NULL, next_try_at = :now
    WHERE webhook_id = :id AND state = 'waiting' AND (leased_until IS NULL OR leased_until <= :now)
    """
)


def delivery_id(webhook_id: UUID, event_id: UUID) -> UUID:
    """Return the id of the delivery of an event to an endpoint, its `webhook-id`: the same for every attempt, for ever."""
    return derived(webhook_id, "delivery", event_id)


async def put_events(connection: AsyncConnection, events: Sequence[Event], *, now: datetime) -> None:
    """Keep events as they are sent; one that is there stays as it is."""
    if events:
        rows = [{name: getattr(item, name) for name, _ in _EVENTS} for item in events]
        await connection.execute(_PUT_EVENTS, columns(_EVENTS, rows) | {"now": now})


async def put_deliveries(connection: AsyncConnection, pairs: Iterable[tuple[UUID, UUID]], *, now: datetime) -> None:
    """Queue events (second) for subscriptions (first); one that cannot be sent is parked at once."""
    rows = [{"id": delivery_id(webhook, event), "webhook_id": webhook, "event_id": event} for webhook, event in pairs]
    if rows:
        await connection.execute(_PUT_DELIVERIES, columns(_DELIVERIES, rows) | {"now": now})


async def again(connection: AsyncConnection, delivery: UUID, *, now: datetime) -> bool:
    """Have one delivery sent again, with its whole schedule; return whether it did not wait already."""
    query = statement(_AGAIN.format(chosen="SELECT CAST(:id AS uuid)"))
    return (await connection.execute(query, {"id": delivery, "now": now})).one_or_none() is not None


async def again_of(
    connection: AsyncConnection, webhook_id: UUID, office: str, chosen: Chosen, *, now: datetime, limit: int
) -> int:
    """Have what was chosen sent again, oldest first, at most `limit`; return how many."""
    values = {
        "id": webhook_id,
        "since": chosen.since,
        "until": chosen.until,
        "types": None if chosen.event_types is None else list(chosen.event_types),
        "limit": limit,
    }
    query = statement(_AGAIN.format(chosen=_CHOSEN))
    number = len((await connection.execute(query, values | {"states": list(chosen.states), "now": now})).all())
    if not chosen.has_missing or number >= limit:
        return number
    missing = list((await connection.execute(_MISSING, values | {"office": office, "limit": limit - number})).scalars())
    await put_deliveries(connection, [(webhook_id, event) for event in missing], now=now)
    return number + len(missing)


async def skip(connection: AsyncConnection, webhook_id: UUID, *, reason: str, now: datetime) -> int:
    """Give up what waits; return how many."""
    return len((await connection.execute(_SKIP, {"id": webhook_id, "reason": reason, "now": now})).all())


async def give_up(connection: AsyncConnection, delivery: UUID, *, now: datetime) -> None:
    """Park a test that did not succeed: it is made once."""
    query = statement(
        """
        UPDATE webhook_deliveries SET state = 'parked', reason = 'test', settled_at = :now, next_try_at = NULL,
            leased_until = NULL
        WHERE id = :id AND state = 'waiting'
        """
    )
    await connection.execute(query, {"id": delivery, "now": now})


async def restart(connection: AsyncConnection, webhook_id: UUID, *, now: datetime) -> None:
    """Let what waits go now, with its whole schedule before it."""
    await connection.execute(_RESTART, {"id": webhook_id, "now": now})
