"""Deliveries are sent again because a person wants it: one, those of a span of time, or a test that means nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.notify.handlers.webhook_post import Hooks, said
from services.notify.handlers.webhook_sending import Parcel, attempt, parcels, record
from services.notify.handlers.webhook_subscribing import managed
from services.notify.store import webhook_deliveries as deliveries
from services.notify.store import webhook_log as log
from services.notify.store import webhook_queue as queue
from services.notify.store.webhook_queue import Chosen, Event
from services.notify.wire.webhook_events import PING_TYPE, ping
from shared.contracts.notify import WebhookRedeliveredV1
from shared.identity import Principal
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed, Refused, Unknown

REPEATS_MAX = 10_000
TESTS_PER_MINUTE_MAX = 10


class Which(StrEnum):
    """What of a span of time is sent again."""

    FAILED = "failed"
    """What was parked or skipped."""
    MISSED = "missed"
    """That, and what was never queued: from before the subscription, or of a type that it did not ask for then."""
    ALL = "all"
    """That, and what was delivered."""


_STATES = {
    Which.FAILED: ("parked", "skipped"),
    Which.MISSED: ("parked", "skipped"),
    Which.ALL: ("parked", "skipped", "delivered"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """What somebody wants to have again."""

    since: datetime
    until: datetime
    which: Which = Which.FAILED


async def again(hooks: Hooks, webhook_id: UUID, delivery_id: UUID, *, by: Principal, now: datetime) -> None:
    """Have one delivery sent again. Raises Refused, Unknown."""
    async with hooks.database.transaction() as tx:
        webhook = await managed(tx, webhook_id, by)
        found = await log.kept(tx.connection, webhook.id, delivery_id, actor=by.actor)
        if found is None:
            raise Unknown("there is no such delivery", code="webhook_delivery_not_found")
        if found.type == PING_TYPE or found.trouble or not found.is_kept:
            raise Refused("it cannot be sent (again)", code="webhook_cannot_be_sent", facts={"reason": found.reason or "-"})
        if not await queue.again(tx.connection, delivery_id, now=now):
            raise Refused("it waits to be sent", code="webhook_delivery_waits")
        body = WebhookRedeliveredV1(webhook_id=webhook.id, office=webhook.office, deliveries=1)
        tx.emit([said(webhook, body, now=now, actor=by.actor, authority=by.authority)])


async def again_of(hooks: Hooks, webhook_id: UUID, span: Span, *, by: Principal, now: datetime) -> tuple[int, bool]:
    """Have a span of time sent again; return how many that are, and whether there may be more. Raises Malformed, Unknown."""
    if span.since >= span.until:
        remedy = "đặt until sau since · put until after since"
        mistake = {"field": "until", "reason": "không sau since · not after since", "remedy": remedy}
        raise Malformed("until: not after since", errors=[mistake])
    async with hooks.database.transaction() as tx:
        webhook = await managed(tx, webhook_id, by)
        has_missing = span.which is not Which.FAILED
        chosen = Chosen(span.since, span.until, _STATES[span.which], has_missing, webhook.event_types)
        number = await queue.again_of(tx.connection, webhook.id, webhook.office, chosen, now=now, limit=REPEATS_MAX)
        if number:
            body = WebhookRedeliveredV1(webhook_id=webhook.id, office=webhook.office, deliveries=number)
            tx.emit([said(webhook, body, now=now, actor=by.actor, authority=by.authority)])
    return number, number >= REPEATS_MAX


async def test(hooks: Hooks, webhook_id: UUID, *, by: Principal, ping_id: UUID, clock: Clock) -> UUID:
    """Send a test now, to a paused endpoint too, and record what came of it; return its delivery. Raises Refused, Unknown."""
    parcel = await _begun(hooks, webhook_id, by=by, ping_id=ping_id, now=clock.now())
    tried = await attempt(hooks, parcel, clock=clock)
    await record(hooks, [tried], now=clock.now())
    async with hooks.database.transaction() as tx:  # once is enough: what the person sees is the result
        await queue.give_up(tx.connection, parcel.delivery.id, now=clock.now())
    return parcel.delivery.id


async def _begun(hooks: Hooks, webhook_id: UUID, *, by: Principal, ping_id: UUID, now: datetime) -> Parcel:
    async with hooks.database.transaction() as tx:
        webhook = await managed(tx, webhook_id, by)
        if await log.count_tests(tx.connection, webhook.id, PING_TYPE, now=now) >= TESTS_PER_MINUTE_MAX:
            raise Refused("too many tests", code="webhook_tested_too_often", facts={"most": TESTS_PER_MINUTE_MAX})
        text = ping(ping_id=ping_id, webhook_id=webhook.id, office=webhook.office, now=now)
        event = Event(ping_id, webhook.id, webhook.office, PING_TYPE, text, None)
        await queue.put_events(tx.connection, [event], now=now)
        await queue.put_deliveries(tx.connection, [(webhook.id, ping_id)], now=now)
        key = queue.delivery_id(webhook.id, ping_id)
        claimed = await deliveries.begin(tx.connection, key, now=now, lease_ends=now + hooks.lease)
        if claimed is None:
            raise Refused("it waits to be sent", code="webhook_delivery_waits")
        (parcel,) = await parcels(tx, [claimed], [webhook.id], now=now)
    return parcel
