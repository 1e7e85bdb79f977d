"""Deliveries that are due are claimed, sent and recorded; what their answers make of an endpoint is decided with the record."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.webhook_rules import (
    Again,
    Answer,
    Delivered,
    Measure,
    Parked,
    health_after,
    verdict,
)
from services.notify.gateways.webhook_sender import Said
from services.notify.handlers.webhook_pausing import pause_failing, warn_failing
from services.notify.handlers.webhook_post import Hooks
from services.notify.store import webhook_deliveries as deliveries
from services.notify.store import webhooks as store
from services.notify.store.webhook_deliveries import Claimed, Due, Ended, Exchange
from services.notify.store.webhooks import Webhook
from services.notify.wire.webhook_events import MEDIA_TYPE
from shared.identity import Sealed
from shared.kernel.clock import Clock
from shared.kernel.refusals import Malformed, Refused
from shared.persistence import Transaction
from shared.telemetry import meter

UNREADABLE_SECRET = "secret_unreadable"  # noqa: S105 - the name of a trouble
NO_BODY = "event_not_kept"
_PAUSING = (Measure.PAUSE, Measure.GONE)

ATTEMPTS = meter().create_counter(
    "caunoi.webhook.attempts", unit="1", description="Attempts to deliver an event to an agency, by what came of them"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with its endpoint's address and secrets; `parked` says why it cannot be sent."""

    delivery: Claimed
    url: str
    sealed: Sequence[Sealed]


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery whose attempt has ended. `said` None: it was not made, for the reason `trouble`."""

    delivery: Claimed
    ended_at: datetime
    url: str
    headers: Mapping[str, str]
    said: Said | None
    trouble: str | None = None


async def due(hooks: Hooks) -> list[Due]:
    """Return the endpoints for which something waits."""
    async with hooks.database.reading() as connection:
        return await deliveries.due(connection)


async def claim(hooks: Hooks, slots: Mapping[UUID, int], *, now: datetime) -> list[Parcel]:
    """Take what is due for each endpoint, at most as many as it has slots free."""
    async with hooks.database.transaction() as tx:
        claimed = await deliveries.claim(tx.connection, slots, now=now, lease_ends=now + hooks.lease)
        ids = sorted({item.webhook_id for item in claimed}, key=lambda key: key.bytes)
        return await parcels(tx, claimed, ids, now=now) if claimed else []


async def parcels(tx: Transaction, claimed: Sequence[Claimed], ids: Sequence[UUID], *, now: datetime) -> list[Parcel]:
    """Return claimed deliveries with what is needed to send them."""
    urls = await store.urls(tx.connection, ids)
    secrets = await store.secrets(tx.connection, ids, now=now)
    return [
        Parcel(item, urls[item.webhook_id], [sealed for sealed, _ in secrets.get(item.webhook_id, ())])
        for item in claimed
        if item.webhook_id in urls
    ]


async def attempt(hooks: Hooks, parcel: Parcel, *, clock: Clock) -> Tried:
    """Send a delivery once; return what came back, or why it was not sent. The clock is read before and after."""
    item, now = parcel.delivery, clock.now()
    if item.body is None:
        return Tried(item, now, parcel.url, {}, None, NO_BODY)
    body = item.body.encode()
    try:
        signed = hooks.signed(item.webhook_id, item.id, body, parcel.sealed, now=now)
    except (Malformed, Refused):
        return Tried(item, now, parcel.url, {}, None, UNREADABLE_SECRET)
    headers = {"Content-Type": MEDIA_TYPE, **signed}
    said = await hooks.endpoints.post(parcel.url, headers, body, now=now)
    return Tried(item, clock.now(), parcel.url, headers, said)


async def record(hooks: Hooks, tried: Sequence[Tried], *, now: datetime) -> None:
    """Write down how attempts ended, how their endpoints do after them, and pause or warn where it has come to that."""
    async with hooks.database.transaction() as tx:
        ids = sorted({item.delivery.webhook_id for item in tried}, key=lambda key: key.bytes)
        before = await store.lock(tx.connection, ids)
        after = {key: health_after(webhook.health, _answers(tried, key), policy=hooks.policy) for key, webhook in before.items()}
        await store.put_health(tx.connection, {key: health for key, (health, _) in after.items()})
        paused = {key for key, (_, measure) in after.items() if measure in _PAUSING and before[key].state == "active"}
        ended = [_ended(hooks, item, is_paused=item.delivery.webhook_id in paused) for item in tried]
        await deliveries.end(tx.connection, ended)
        recovered = [key for key, (_, measure) in after.items() if measure is Measure.RECOVER]
        await deliveries.hurry(tx.connection, recovered, now=now)
        for key, (health, measure) in after.items():
            if key in paused:
                await pause_failing(tx, before[key], health, measure, now=now)
            elif measure is Measure.WARN:
                await warn_failing(tx, before[key], health, pause_after=hooks.policy.pause_after, now=now)
    _count(before, ended)


def _answers(tried: Sequence[Tried], webhook_id: UUID) -> list[tuple[Answer, datetime]]:
    """Return the answers of an endpoint; what we could not send says nothing about it."""
    mine = (item for item in tried if item.delivery.webhook_id == webhook_id)
    return [(item.said.answer, item.ended_at) for item in mine if item.said is not None]


def _ended(hooks: Hooks, item: Tried, *, is_paused: bool) -> Ended:
    delivery, said = item.delivery, item.said
    if said is None:
        reason = item.trouble or ""
        if reason == UNREADABLE_SECRET:  # about us, and mended by an operator: it costs the delivery nothing
            at = item.ended_at + timedelta(minutes=5)
            return Ended(delivery, "waiting", reason, item.ended_at, None, next_try_at=at)
        return Ended(delivery, "parked", reason, item.ended_at, None, reason=reason)
    answer = said.answer
    exchange = Exchange(item.url, item.headers, said.address, said.headers, said.body, said.is_cut)
    match verdict(
        answer,
        delivery_id=delivery.id,
        attempts=delivery.attempts,
        first_tried_at=delivery.first_tried_at,
        now=item.ended_at,
        policy=hooks.policy,
    ):
        case Delivered():
            return Ended(delivery, "delivered", answer.name, item.ended_at, exchange, status=answer.status)
        case Parked(reason=reason) if not is_paused:
            return Ended(delivery, "parked", answer.name, item.ended_at, exchange, status=answer.status, reason=reason)
        case Again(at=at):
            return Ended(delivery, "waiting", answer.name, item.ended_at, exchange, status=answer.status, next_try_at=at)
    # The endpoint was paused at this very attempt: whoever resumes it decides what becomes of what waits.
    return Ended(delivery, "waiting", answer.name, item.ended_at, exchange, status=answer.status, next_try_at=item.ended_at)


def _count(known: Mapping[UUID, Webhook], ended: Sequence[Ended]) -> None:
    for outcome, number in Counter(_outcome(end) for end in ended).items():
        ATTEMPTS.add(number, {"service": "notify", "outcome": outcome})
    for end in ended:
        if end.state == "parked":
            office = known[end.delivery.webhook_id].office if end.delivery.webhook_id in known else ""
            extra = {"delivery": str(end.delivery.id), "webhook": str(end.delivery.webhook_id), "office": office}
            _log.warning("a webhook's delivery is parked", extra=extra | {"reason": end.reason})


def _outcome(end: Ended) -> str:
    return "again" if end.state == "waiting" else end.state
