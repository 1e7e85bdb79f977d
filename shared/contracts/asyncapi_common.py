"""What every AsyncAPI document of ours has in common: the bus, sign-in, headers of CloudEvents, parts of subjects."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.contracts.conversation import speaker_of
from shared.contracts.envelope import Cause, Envelope

EXAMPLE_ID = UUID("01a221d6-3862-7317-8812-4c5316fd5eee")
_EVENT_ID = UUID("01a221d6-38a1-7c02-9a35-6d1f0b6f7a10")
_CAUSE_ID = UUID("01a221d6-3862-7aa0-8f11-0b8e4f0c2d33")
_AT = datetime(2026, 11, 27, 2, 7, 0, 134583, tzinfo=UTC)


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0, binary mode: thuộc tính trong tiêu đề NATS · attributes in NATS headers",
    "required": [
        "Nats-Msg-Id",
        "ce-specversion",
        "ce-id",
        "ce-type",
        "ce-source",
        "ce-subject",
        "ce-time",
        "ce-effectiveat",
        "ce-version",
        "ce-actor",
    ],
    "properties": {
        "Nats-Msg-Id": _text("Như ce-id: lần gửi lặp bị máy chủ bỏ · as ce-id: the server drops repeats by it", format="uuid"),
        "ce-specversion": {"type": "string", "const": "1.0"},
        "ce-id": _text("Định danh của sự kiện, không bao giờ dùng lại · id of the event, never used again", format="uuid"),
        "ce-type": _text("Loại sự kiện · type of the event"),
        "ce-source": _text("Dịch vụ nói ra nó · the service that says it"),
        "ce-subject": _text(
            "Đơn, hoặc thứ khác mà sự kiện nói về · the petition, or what else it is about; numbered by it", format="uuid"
        ),
        "ce-time": _text("Ghi nhận lúc · recorded at", format="date-time"),
        "ce-effectiveat": _text("Có hiệu lực từ · when it became true in law", format="date-time"),
        "ce-version": _text(
            "Sự kiện thứ mấy của dịch vụ này về ce-subject: 1, 2, 3 … không hổng · its number among what this service says of "
            "ce-subject: 1, 2, 3 … without gaps",
            pattern="^[1-9][0-9]*$",
        ),
        "ce-actor": _text("Ai làm: service:…, person:…, petitioner, rule · who did it"),
        "ce-authority": _text(
            "Quyền đã dùng (officer@hanoi-00070); sự kiện cũ không có · the right that was used; older events have none",
            examples=["officer@hanoi-00070", "service", "petitioner"],
        ),
        "ce-correlationid": _text("Chỉ khi khác ce-subject · only where it is not ce-subject", format="uuid"),
        "ce-cause": _text(
            "Sự kiện mà nó trả lời: định danh, dịch vụ, phiên bản · the event that it answers: id, service, version",
            pattern="^[0-9a-f-]{36} [a-z]+ [1-9][0-9]*$",
        ),
        "traceparent": _text("W3C Trace Context"),
    },
}

COMMON: dict[str, Any] = {
    "info": {
        "description": (
            "Những gì các dịch vụ nói với nhau, và nói với cơ quan. Không có dữ liệu cá nhân trong sự kiện nào.\n\n"
            "What the services say to one another and to agencies. No event carries personal data."
        ),
        "x-policy": "docs/events.md",
    },
    "defaultContentType": "application/json",
    "servers": {
        "nats": {
            "host": "{host}:4222",
            "protocol": "nats",
            "description": "nats-server với JetStream · nats-server with JetStream",
            "variables": {"host": {"default": "localhost", "description": "máy chủ của thành phố · the city's host"}},
            "security": [{"$ref": "#/components/securitySchemes/service"}, {"$ref": "#/components/securitySchemes/agency"}],
        }
    },
    "components": {
        "securitySchemes": {
            "service": {"type": "userPassword", "description": "Các dịch vụ · the services themselves"},
            "agency": {
                "type": "asymmetricEncryption",
                "description": (
                    "Tệp .creds của cơ quan (JWT và khoá NKey): chỉ thấy sự kiện của mình, không thấy đơn tố cáo · an agency's "
                    ".creds file (JWT and NKey): its own events alone, nothing sealed (docs/agencies.md)"
                ),
            },
        },
        "parameters": {
            "office": {
                "description": "Mã cơ quan; _ khi chưa biết · code of the office; _ where none is known yet",
                "examples": ["hanoi-00070", "_"],
            },
            "petition_id": {"description": "Định danh của đơn · id of the petition", "examples": [str(EXAMPLE_ID)]},
            "aggregate_id": {
                "description": "Định danh của thứ mà sự kiện nói về · id of what the event is about",
                "examples": [str(EXAMPLE_ID)],
            },
        },
        "messageTraits": {
            "cloudEvent": {
                "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
                "correlationId": {
                    "location": "$message.header#/ce-correlationid",
                    "description": "Vắng mặt: như ce-subject · absent: as ce-subject",
                },
            }
        },
    },
}


def example_headers(event_type: str) -> dict[str, str]:
    """Return headers as they travel with an event: made by the envelope itself."""
    source = speaker_of(event_type)
    cause = None if source == "intake" else Cause(event_id=_CAUSE_ID, source="intake", version=1)
    return Envelope(
        id=_EVENT_ID,
        type=event_type,
        source=source,
        aggregate_id=EXAMPLE_ID,
        version=1,
        effective_at=_AT,
        recorded_at=_AT,
        actor=f"service:{source}",
        correlation_id=EXAMPLE_ID,
        cause=cause,
        office="hanoi-00070",
        is_sealed=False,
        traceparent=None,
    ).headers()
