"""An endpoint that has failed for days is paused, after a warning: its office is told by mail, the bus by an event."""

from datetime import datetime, timedelta

from services.notify.domain.telling import OFFICES_LANGUAGE, About, Audience, Notice
from services.notify.domain.webhook_rules import Health, Measure
from services.notify.handlers.webhook_post import said
from services.notify.store import notices
from services.notify.store import webhook_deliveries as deliveries
from services.notify.store import webhooks as store
from services.notify.store.notices import Waiting
from services.notify.store.webhooks import Webhook
from services.notify.wire.words import local
from shared.contracts import Cause, NewEvent
from shared.contracts.notify import WebhookFailingV1, WebhookPausedV1
from shared.kernel.ids import derived
from shared.persistence import Transaction


async def pause_failing(tx: Transaction, webhook: Webhook, health: Health, measure: Measure, *, now: datetime) -> None:
    """Pause an endpoint that has failed for days, or that says that it is gone."""
    await store.set_state(tx.connection, webhook.id, "paused", why=str(measure), now=now)
    waiting = await deliveries.count_waiting(tx.connection, webhook.id)
    body = WebhookPausedV1(
        webhook_id=webhook.id,
        office=webhook.office,
        why=str(measure),
        reason=health.last_failure,
        failing_since=health.failing_since,
        waiting=waiting,
    )
    event = said(webhook, body, now=now, event_id=derived(webhook.id, "paused", health.failing_since, now))
    facts = {"why": str(measure), "until": ""}
    await _say(tx, webhook, event, About.WEBHOOK_PAUSED, facts | _facts(webhook, health, waiting))


async def warn_failing(tx: Transaction, webhook: Webhook, health: Health, *, pause_after: timedelta, now: datetime) -> None:
    """Warn an office that its endpoint has failed for a day, and say when it will be paused."""
    since = health.failing_since or now
    waiting = await deliveries.count_waiting(tx.connection, webhook.id)
    body = WebhookFailingV1(
        webhook_id=webhook.id, office=webhook.office, reason=health.last_failure or "", failing_since=since, waiting=waiting
    )
    event = said(webhook, body, now=now, event_id=derived(webhook.id, "failing", since))
    facts = {"why": "failing", "until": local(since + pause_after)}
    await _say(tx, webhook, event, About.WEBHOOK_FAILING, facts | _facts(webhook, health, waiting))


def _facts(webhook: Webhook, health: Health, waiting: int) -> dict[str, str]:
    return {
        "code": "",
        "webhook": str(webhook.id),
        "description": webhook.description,
        "reason": health.last_failure or "",
        "since": local(health.failing_since) if health.failing_since else "",
        "waiting": str(waiting),
    }


async def _say(tx: Transaction, webhook: Webhook, event: NewEvent, about: About, facts: dict[str, str]) -> None:
    """Say it on the bus, and to the office by mail, which names the event as its cause."""
    version = await store.last_version(tx.connection, webhook.id) + 1
    tx.emit([event])
    notice = Waiting(
        id=derived(event.id, "notice"),
        petition_id=webhook.id,
        notice=Notice(about, Audience.OFFICE, webhook.office, OFFICES_LANGUAGE, facts),
        is_sealed=False,
        cause=Cause(event_id=event.id, source="notify", version=version),
        correlation_id=webhook.id,
        traceparent=None,
    )
    await notices.add(tx.connection, [(notice, event.recorded_at)], now=event.recorded_at)
