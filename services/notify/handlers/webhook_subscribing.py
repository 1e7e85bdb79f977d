"""An office's webhooks are added, changed, paused, resumed and ended, by its head, a leader above it or an operator.

What is not somebody's is for him as if it were not there.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from uuid import UUID

from services.notify.domain.webhook_rules import Health
from services.notify.handlers.webhook_post import Hooks, said
from services.notify.store import webhook_deliveries as deliveries
from services.notify.store import webhook_queue as queue
from services.notify.store import webhooks as store
from services.notify.store.webhooks import Webhook
from services.notify.wire import webhook_signing as signing
from shared.contracts import EventBody, event_types
from shared.contracts.notify import (
    WebhookAddedV1,
    WebhookChangedV1,
    WebhookPausedV1,
    WebhookRemovedV1,
    WebhookResumedV1,
    WebhookRotatedV1,
)
from shared.contracts.words import Role
from shared.identity import Principal
from shared.kernel.refusals import Malformed, Refused, Unknown
from shared.persistence import Transaction

HEARD = ("intake", "routing", "escalation")
"""Whose events go to agencies."""
SKIPPED, REMOVED = "skipped_at_resume", "webhook_removed"
BY_PERSON = "person"
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a webhook; None: as it is. `event_types` empty: all."""

    url: str | None = None
    description: str | None = None
    event_types: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A webhook as it stands, and how many deliveries wait for it; `secret` only where it was made this moment."""

    webhook: Webhook
    waiting: int
    skipped: int = 0
    secret: str | None = None
    former_ends_at: datetime | None = None


def known_types() -> list[str]:
    """Return the names of the events that webhooks can carry."""
    return sorted(name for name in event_types() if name.split(".")[1] in HEARD)


async def add(hooks: Hooks, wanted: Wanted, *, office: str | None, by: Principal, webhook_id: UUID, now: datetime) -> Standing:
    """Subscribe an address of an office. Raises Malformed, Refused, Unknown."""
    hooks.key()
    where = office or by.office
    if where is None:
        raise _mistake("office", "thiếu · missing", "ghi mã cơ quan, như hanoi-00070 · name an office, like hanoi-00070")
    types = _types(wanted.event_types)
    await _check_office(hooks, where, by)
    await hooks.endpoints.check(wanted.url or "")
    secret = os.urandom(signing.SECRET_BYTES)
    made = Webhook(webhook_id, where, wanted.url or "", wanted.description or "", types, "active", now, by.actor, Health())
    async with hooks.database.transaction() as tx:
        others = (await store.of_offices(tx.connection, [where])).get(where, [])
        if len(others) >= hooks.per_office_max:
            raise Refused("too many webhooks", code="webhook_too_many", facts={"office": where, "most": hooks.per_office_max})
        await store.add(tx.connection, made)
        await store.put_secret(tx.connection, made.id, hooks.seal(secret, made.id), now=now, former_ends_at=now)
        body = WebhookAddedV1(webhook_id=made.id, office=where, event_types=None if types is None else list(types))
        _say(tx, made, body, by=by, now=now)
    return Standing(made, 0, secret=signing.written(secret))


async def change(hooks: Hooks, webhook_id: UUID, wanted: Wanted, *, by: Principal, now: datetime) -> Standing:
    """Give a webhook another address, description or list of events. Raises Malformed, Unknown."""
    types = _types(wanted.event_types)
    if wanted.url is not None:
        await hooks.endpoints.check(wanted.url)
    async with hooks.database.transaction() as tx:
        before = await _mine(tx, webhook_id, by)
        after = replace(
            before,
            url=before.url if wanted.url is None else wanted.url,
            description=before.description if wanted.description is None else wanted.description,
            event_types=before.event_types if wanted.event_types is None else types,
        )
        fields = [name for name in ("url", "description", "event_types") if getattr(before, name) != getattr(after, name)]
        if fields:
            await store.change(tx.connection, after)
            listed = None if after.event_types is None else list(after.event_types)
            body = WebhookChangedV1(webhook_id=after.id, office=after.office, fields=fields, event_types=listed)
            _say(tx, after, body, by=by, now=now)
        return Standing(after, await deliveries.count_waiting(tx.connection, after.id))


async def rotate(hooks: Hooks, webhook_id: UUID, *, overlap: timedelta, by: Principal, now: datetime) -> Standing:
    """Make a new secret; the one before signs too until the overlap ends. Raises Refused, Unknown."""
    secret, ends_at = os.urandom(signing.SECRET_BYTES), now + overlap
    sealed = hooks.seal(secret, webhook_id)
    async with hooks.database.transaction() as tx:
        webhook = await _mine(tx, webhook_id, by)
        await store.put_secret(tx.connection, webhook.id, sealed, now=now, former_ends_at=ends_at)
        _say(tx, webhook, WebhookRotatedV1(webhook_id=webhook.id, office=webhook.office, former_ends_at=ends_at), by=by, now=now)
        waiting = await deliveries.count_waiting(tx.connection, webhook.id)
    return Standing(webhook, waiting, secret=signing.written(secret), former_ends_at=ends_at)


async def pause(hooks: Hooks, webhook_id: UUID, *, by: Principal, now: datetime) -> Standing:
    """Send nothing more until somebody resumes it; what happens meanwhile waits. Raises Refused, Unknown."""
    async with hooks.database.transaction() as tx:
        webhook = await _mine(tx, webhook_id, by)
        if webhook.state == "paused":
            raise Refused("it is paused already", code="webhook_paused_already")
        await store.set_state(tx.connection, webhook.id, "paused", why=BY_PERSON, now=now)
        waiting = await deliveries.count_waiting(tx.connection, webhook.id)
        body = WebhookPausedV1(webhook_id=webhook.id, office=webhook.office, why=BY_PERSON, waiting=waiting)
        _say(tx, webhook, body, by=by, now=now)
    return Standing(replace(webhook, state="paused", paused_why=BY_PERSON, paused_at=now), waiting)


async def resume(hooks: Hooks, webhook_id: UUID, *, skips: bool, by: Principal, now: datetime) -> Standing:
    """Go on, with what waited or without it. Raises Refused, Unknown."""
    async with hooks.database.transaction() as tx:
        webhook = await _mine(tx, webhook_id, by)
        if webhook.state == "active":
            raise Refused("it is at work", code="webhook_active_already")
        skipped = await queue.skip(tx.connection, webhook.id, reason=SKIPPED, now=now) if skips else 0
        await queue.restart(tx.connection, webhook.id, now=now)
        await store.set_state(tx.connection, webhook.id, "active", why=None, now=now)
        waiting = await deliveries.count_waiting(tx.connection, webhook.id)
        body = WebhookResumedV1(webhook_id=webhook.id, office=webhook.office, waiting=waiting, skipped=skipped)
        _say(tx, webhook, body, by=by, now=now)
    healthy = replace(webhook.health, failures=0, failing_since=None, held_until=None, warned_at=None)
    return Standing(replace(webhook, state="active", paused_why=None, paused_at=None, health=healthy), waiting, skipped)


async def remove(hooks: Hooks, webhook_id: UUID, *, by: Principal, now: datetime) -> Standing:
    """End a subscription: its secrets are destroyed, what waits is not sent, its log stays for its time. Raises Unknown."""
    async with hooks.database.transaction() as tx:
        webhook = await _mine(tx, webhook_id, by)
        skipped = await queue.skip(tx.connection, webhook.id, reason=REMOVED, now=now)
        await store.set_state(tx.connection, webhook.id, "removed", why=None, now=now)
        await store.drop_secrets(tx.connection, webhook.id)
        _say(tx, webhook, WebhookRemovedV1(webhook_id=webhook.id, office=webhook.office, skipped=skipped), by=by, now=now)
    return Standing(replace(webhook, state="removed"), 0, skipped)


async def managed(tx: Transaction, webhook_id: UUID, by: Principal) -> Webhook:
    """Return a webhook that somebody may manage, locked. Raises Unknown: not there and not yours look the same."""
    return await _mine(tx, webhook_id, by)


async def _mine(tx: Transaction, webhook_id: UUID, by: Principal) -> Webhook:
    found = await store.get(tx.connection, webhook_id, is_locked=True)
    if found is None or not may_manage(by, await store.offices_above(tx.connection, found.office) or (found.office,)):
        raise unknown()
    return found


def unknown() -> Unknown:
    """Return what is said of a webhook that is not there, or not yours."""
    return Unknown("there is no such webhook, or it is not yours", code="webhook_not_found")


def may_manage(by: Principal, offices: Sequence[str]) -> bool:
    """Whether somebody manages the webhooks of the first of `offices`, which the others stand above."""
    if by.has(Role.OPERATOR):
        return True
    return (by.has(Role.HEAD) and by.office in offices[:1]) or (by.has(Role.LEADER) and by.office in offices)


async def _check_office(hooks: Hooks, office: str, by: Principal) -> None:
    async with hooks.database.reading() as connection:
        offices = await store.offices_above(connection, office)
    if not offices or not may_manage(by, offices):
        raise Unknown("there is no such office, or it is not yours", code="office_not_found")


def _types(wanted: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the names of events that were asked for, None where all were. Raises Malformed naming the nearest names."""
    if not wanted:
        return None
    known = known_types()
    errors = [_unknown_type(place, name, known) for place, name in enumerate(wanted) if name not in known]
    if errors:
        raise Malformed("some events are not known", errors=errors)
    return tuple(dict.fromkeys(wanted))


def _unknown_type(place: int, name: str, known: Sequence[str]) -> dict[str, str]:
    short = {item.removeprefix("petitions."): item for item in known}
    near = get_close_matches(name.removeprefix("petitions."), short, n=_NEAREST, cutoff=0.4)
    possible = ", ".join(short[item] for item in near)
    remedy = f"có phải: {possible} · did you mean: {possible}" if near else ""
    everything = "xem GET /notify/api/webhooks/event-types · see GET /notify/api/webhooks/event-types"
    return {
        "field": f"event_types.{place}",
        "reason": "không có sự kiện này · there is no such event",
        "remedy": remedy or everything,
    }


def _mistake(field: str, reason: str, remedy: str) -> Malformed:
    return Malformed(f"{field}: {reason}", errors=[{"field": field, "reason": reason, "remedy": remedy}])


def _say(tx: Transaction, webhook: Webhook, body: EventBody, *, by: Principal, now: datetime) -> None:
    tx.emit([said(webhook, body, now=now, actor=by.actor, authority=by.authority)])
