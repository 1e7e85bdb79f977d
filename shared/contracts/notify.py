"""What notify says: which notice went out, by which template, and which could not."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import EventBody


class NoticeSentV1(EventBody):
    """A notice was handed to the mail server, which took it."""

    TYPE: ClassVar[str] = "petitions.notify.notice.sent.v1"

    notice_id: UUID
    about: str = Field(description="lodged, routed, answered, reminder, breach, escalation")
    audience: str = Field(description="petitioner or office")
    channel: str
    template: str = Field(description="template name and version, for example lodged.petitioner.vi@1")
    message_id: str
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
