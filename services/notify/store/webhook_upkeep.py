"""What waits in all, and what is forgotten by age: in batches, oldest first."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.store.webhook_columns import statement

TOO_OLD = "too_old"
_OVERVIEW = statement(
    """
    SELECT (SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting') AS waiting,
        (SELECT min(d.created_at) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
            WHERE d.state = 'waiting' AND w.state = 'active') AS oldest_at,
        (SELECT count(*) FROM webhooks WHERE state = 'active' AND failing_since IS NOT NULL AND failures >= 5) AS failing,
        (SELECT count(*) FROM webhooks WHERE state = 'paused') AS paused
    """
)
# What has waited too long is given up, and then stays in the log for as long as anything else.
_GIVE_UP = statement(
    """
    UPDATE webhook_deliveries SET state = 'skipped', reason = :reason, settled_at = :now, next_try_at = NULL
    WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE state = 'waiting' AND created_at < :before
            AND (leased_until IS NULL OR leased_until < :now) ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ) RETURNING id
    """
)
_FORGET = statement(
    """
    DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE state <> 'waiting' AND settled_at < :before ORDER BY settled_at LIMIT :limit
        FOR UPDATE SKIP LOCKED
    ) RETURNING id
    """
)
_FORGET_EVENTS = statement(
    """
    DELETE FROM webhook_events WHERE event_id IN (
        SELECT e.event_id FROM webhook_events e WHERE e.heard_at < :before
            AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.event_id AND d.state = 'waiting')
        ORDER BY e.heard_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ) RETURNING event_id
    """
)
_FORGET_WEBHOOKS = statement(
    """
    DELETE FROM webhooks w WHERE w.state = 'removed'
        AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id)
    """
)


async def overview(connection: AsyncConnection) -> tuple[int, datetime | None, int, int]:
    """Return how much waits, the oldest of it for an endpoint at work, and how many endpoints fail or are paused."""
    row = (await connection.execute(_OVERVIEW)).one()
    return row.waiting, row.oldest_at, row.failing, row.paused


async def forget(connection: AsyncConnection, *, before: datetime, now: datetime, limit: int) -> int:
    """Forget a batch of what is from before an instant; return the most that was found of one kind: fewer than `limit`: all."""
    values = {"before": before, "now": now, "limit": limit}
    given_up = (await connection.execute(_GIVE_UP, values | {"reason": TOO_OLD})).all()
    forgotten = (await connection.execute(_FORGET, {"before": before, "limit": limit})).all()
    events = (await connection.execute(_FORGET_EVENTS, {"before": before, "limit": limit})).all()
    await connection.execute(_FORGET_WEBHOOKS)
    return max(len(given_up), len(forgotten), len(events))
