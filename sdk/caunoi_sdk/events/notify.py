# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What notify says: which notice went out, by which template, and which could not; what becomes of agencies' webhooks."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from caunoi_sdk.events.base import EventBody


class NoticeSentV1(EventBody):
    """A notice was handed to the mail server, gateway or push service, which took it."""

    TYPE: ClassVar[str] = "petitions.notify.notice.sent.v1"

    notice_id: UUID
    about: str = Field(description="lodged, routed, answered, reminder, breach, escalation, digest, morning, …")
    audience: str = Field(description="petitioner, office, or person (of an office)")
    channel: str = Field(description="email, sms, zalo or push")
    template: str = Field(description="template name and version, for example lodged.petitioner.vi@1")
    message_id: str = Field(description="of mail its Message-ID, else the key by which the gateway knows the message again")
    attempts: int
    is_possible_repeat: bool = Field(default=False, description="an earlier attempt broke off with an unknown end")


class NoticeFailedV1(EventBody):
    """A notice could not be delivered and will not be tried again."""

    TYPE: ClassVar[str] = "petitions.notify.notice.failed.v1"

    notice_id: UUID
    about: str
    audience: str
    channel: str
    reason: str
    attempts: int


class AgencyRegisteredV1(EventBody):
    """An office's own system may take part: nats-server has an account for it. The aggregate is ``derived("agency", office)``."""

    TYPE: ClassVar[str] = "petitions.notify.agency.registered.v1"

    office: str
    account: str = Field(description="public name of its account of nats-server")


class CredentialsIssuedV1(EventBody):
    """An agency's client was given credentials. The secret half never left whoever made it. The aggregate is the agency."""

    TYPE: ClassVar[str] = "petitions.notify.credentials.issued.v1"

    office: str
    credentials_id: UUID
    public_key: str
    label: str | None = Field(default=None, description="what they are for, as the operator wrote it")


class CredentialsRevokedV1(EventBody):
    """Credentials of an agency's client are good no more. The aggregate is the agency."""

    TYPE: ClassVar[str] = "petitions.notify.credentials.revoked.v1"

    office: str
    credentials_id: UUID
    public_key: str
    reason: str = Field(description="revoked: an operator ended them; replaced: newer ones took their place")


class WebhookAddedV1(EventBody):
    """Somebody subscribed an address of an office to events of its petitions. The address itself does not travel."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.added.v1"

    webhook_id: UUID
    office: str
    event_types: list[str] | None = Field(default=None, description="names of events; null: all")


class WebhookChangedV1(EventBody):
    """A subscription got another address, description or list of events."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.changed.v1"

    webhook_id: UUID
    office: str
    fields: list[str] = Field(description="what was changed: url, description, event_types")
    event_types: list[str] | None = Field(default=None, description="names of events from now on; null: all")


class WebhookRotatedV1(EventBody):
    """A subscription got a new secret."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.rotated.v1"

    webhook_id: UUID
    office: str
    former_ends_at: AwareDatetime = Field(description="until then the secret before signs too")


class WebhookFailingV1(EventBody):
    """An endpoint has failed for a day; if nobody mends it, it will be paused."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.failing.v1"

    webhook_id: UUID
    office: str
    reason: str = Field(description="what came of the last attempt, for example http_503 or timed_out")
    failing_since: AwareDatetime
    waiting: int = Field(ge=0, description="deliveries that wait")


class WebhookPausedV1(EventBody):
    """Nothing is sent to an endpoint until a person resumes it; what happens meanwhile waits."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.paused.v1"

    webhook_id: UUID
    office: str
    why: str = Field(description="failing: days of failure; gone: it answered 410; person: somebody paused it")
    reason: str | None = Field(default=None, description="what came of the last attempt, for example http_503 or timed_out")
    failing_since: AwareDatetime | None = None
    waiting: int = Field(ge=0, description="deliveries that wait")


class WebhookResumedV1(EventBody):
    """A person let a paused endpoint go on."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.resumed.v1"

    webhook_id: UUID
    office: str
    waiting: int = Field(ge=0, description="deliveries that go now")
    skipped: int = Field(ge=0, description="deliveries that waited and will not be sent")


class WebhookRemovedV1(EventBody):
    """A subscription was ended; what waited is not sent."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.removed.v1"

    webhook_id: UUID
    office: str
    skipped: int = Field(ge=0, description="deliveries that waited and will not be sent")


class WebhookRedeliveredV1(EventBody):
    """A person had deliveries sent again."""

    TYPE: ClassVar[str] = "petitions.notify.webhook.redelivered.v1"

    webhook_id: UUID
    office: str
    deliveries: int = Field(ge=1)


class NoticeDeliveredV1(EventBody):
    """A gateway reported that a notice reached a telephone. Mail servers report only what they could not deliver."""

    TYPE: ClassVar[str] = "petitions.notify.notice.delivered.v1"

    notice_id: UUID
    about: str
    audience: str
    channel: str
    attempts: int


class NoticeBouncedV1(EventBody):
    """A notice that had been taken came back. It goes another way, or fails where there is none."""

    TYPE: ClassVar[str] = "petitions.notify.notice.bounced.v1"

    notice_id: UUID
    about: str
    audience: str
    channel: str
    attempts: int
    status: str = Field(description="of mail an enhanced status code (RFC 3463), else the gateway's word")
    is_hard: bool = Field(description="the address does not work, and is not used again")
