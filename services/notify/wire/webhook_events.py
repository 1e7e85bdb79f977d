"""Events as agencies get them: the CloudEvent of the stream in structured JSON mode (CloudEvents 1.0, JSON format), one document.

Every attribute of the stream's headers is there under its own name, so that what is added to the envelope comes along.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.notify.domain.webhook_rules import BODY_BYTES_MAX
from shared.contracts import Envelope

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
PING_TYPE = "caunoi.webhook.pinged.v1"
"""No event of the bus: it is made for the endpoint that is tested, and means nothing."""
TOO_LARGE, UNREADABLE = "too_large", "unreadable"
_ATTRIBUTE = "ce-"
_PLAIN = ("traceparent",)


@dataclass(frozen=True, slots=True)
class Document:
    """An event as it is sent, or why it cannot be."""

    text: str | None
    trouble: str | None = None


def document(envelope: Envelope, raw: bytes) -> Document:
    """Return the document of an event, or why there is none: its body is no JSON, or it is too large."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Document(None, UNREADABLE)
    written = orjson.dumps(_attributes(envelope) | {"data": data})
    if len(written) > BODY_BYTES_MAX:
        return Document(None, TOO_LARGE)
    return Document(written.decode())


def _attributes(envelope: Envelope) -> dict[str, Any]:
    headers = envelope.headers()
    named = {name.removeprefix(_ATTRIBUTE): value for name, value in headers.items() if name.startswith(_ATTRIBUTE)}
    plain = {name: headers[name] for name in _PLAIN if name in headers}
    own = {
        "datacontenttype": "application/json",
        "version": envelope.version,
        "correlationid": str(envelope.correlation_id),
        "office": envelope.office,
    }
    return named | plain | own


def ping(*, ping_id: UUID, webhook_id: UUID, office: str, now: datetime) -> str:
    """Return the document of a test."""
    written = {
        "specversion": "1.0",
        "id": str(ping_id),
        "type": PING_TYPE,
        "source": "notify",
        "subject": str(webhook_id),
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "office": office,
        "data": {"webhook_id": str(webhook_id)},
    }
    return orjson.dumps(written).decode()
