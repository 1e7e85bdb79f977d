# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""What notify says: which notice went out, by which template, and which could not."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from caunoi_sdk.events.base import EventBody


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
