"""What is heard of an office's petitions is queued for its webhooks, in the transaction that remembers that it was heard.

Never what belongs to a denunciation, never what belongs to another office.
"""

from collections.abc import Sequence
from datetime import datetime

from services.notify.store import webhook_queue as queue
from services.notify.store import webhooks as store
from services.notify.store.webhook_queue import Event
from services.notify.store.webhooks import Webhook
from services.notify.wire.webhook_events import document
from shared.contracts.envelope import NO_OFFICE
from shared.messaging import Incoming
from shared.persistence import Transaction


async def enqueue(tx: Transaction, batch: Sequence[Incoming], now: datetime) -> int:
    """Queue what offices with a subscription are to get; return how many deliveries that makes."""
    ours = [item for item in batch if not item.envelope.is_sealed and item.envelope.office != NO_OFFICE]
    if not ours:
        return 0
    subscribed = await store.of_offices(tx.connection, sorted({item.envelope.office for item in ours}))
    wanted = [item for item in ours if item.envelope.office in subscribed]
    if not wanted:
        return 0
    await queue.put_events(tx.connection, [_event(item) for item in wanted], now=now)
    pairs = [
        (webhook.id, item.envelope.id)
        for item in wanted
        for webhook in subscribed[item.envelope.office]
        if _wants(webhook, item.envelope.type)
    ]
    await queue.put_deliveries(tx.connection, pairs, now=now)
    return len(pairs)


def _wants(webhook: Webhook, event_type: str) -> bool:
    return webhook.event_types is None or event_type in webhook.event_types


def _event(item: Incoming) -> Event:
    envelope, made = item.envelope, document(item.envelope, item.raw)
    return Event(envelope.id, envelope.aggregate_id, envelope.office, envelope.type, made.text, made.trouble)
