"""What webhooks need: the database, the network, the key of secrets, and what a city has set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.webhook_rules import Policy
from services.notify.gateways.webhook_network import SystemResolver
from services.notify.gateways.webhook_sender import Endpoints, HttpEndpoints
from services.notify.gateways.webhook_settings import WebhookSettings
from services.notify.store.webhooks import Webhook
from services.notify.wire import webhook_signing as signing
from shared.contracts import EventBody, NewEvent
from shared.identity import EnvelopeCipher, Sealed
from shared.kernel.ids import uuid7
from shared.kernel.refusals import Refused
from shared.persistence import Database

OURSELVES = "service:notify"
SIGNATURES_MAX = 3
"""Who changes the secret again and again before the others have ended: these many count."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What webhooks need. `cipher` None: nobody has given a key, so there are none."""

    database: Database
    endpoints: Endpoints
    cipher: EnvelopeCipher | None
    policy: Policy
    lease: timedelta
    per_office_max: int
    keep: timedelta

    def key(self) -> EnvelopeCipher:
        """Return the key of secrets. Raises Refused where the city has none."""
        if self.cipher is None:
            raise Refused("NOTIFY_WEBHOOKS__KEY_FILE names no key", code="webhooks_not_set_up")
        return self.cipher

    def seal(self, secret: bytes, webhook_id: UUID) -> Sealed:
        """Encrypt a secret."""
        return self.key().seal(secret, context=webhook_id.bytes)

    def signed(
        self, webhook_id: UUID, delivery_id: UUID, body: bytes, sealed: Sequence[Sealed], *, now: datetime
    ) -> dict[str, str]:
        """Return the headers that sign a body. Raises Malformed where the key is not the one it was sealed with."""
        secrets = [self.key().open(item, context=webhook_id.bytes) for item in sealed[:SIGNATURES_MAX]]
        return signing.headers(str(delivery_id), timestamp=int(now.timestamp()), body=body, secrets=secrets)


def hooks_of(settings: WebhookSettings, database: Database) -> Hooks:
    """Return what webhooks need, as a city has set it. Raises Malformed where the key file holds no key."""
    endpoints = HttpEndpoints(
        settings.rules(),
        SystemResolver(),
        connections=settings.connections,
        timeout_seconds=settings.timeout_seconds,
        authorities=settings.authorities_file,
    )
    return Hooks(
        database=database,
        endpoints=endpoints,
        cipher=EnvelopeCipher.from_file(settings.key_file) if settings.key_file else None,
        policy=settings.policy(),
        lease=timedelta(seconds=max(settings.lease_seconds, 2 * settings.timeout_seconds)),
        per_office_max=settings.per_office_max,
        keep=timedelta(days=settings.keep_days),
    )


def said(
    webhook: Webhook,
    body: EventBody,
    *,
    now: datetime,
    actor: str = OURSELVES,
    authority: str | None = None,
    event_id: UUID | None = None,
) -> NewEvent:
    """Return what is said of a subscription."""
    return NewEvent(
        id=event_id or uuid7(now),
        aggregate_id=webhook.id,
        body=body,
        effective_at=now,
        recorded_at=now,
        actor=actor,
        authority=authority,
        correlation_id=webhook.id,
        office=webhook.office,
    )
