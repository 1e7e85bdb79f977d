"""An event: a CloudEvent 1.0, from a stream (binary mode) or a webhook (structured mode), with its typed body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeAlias, TypeVar
from uuid import UUID

from pydantic import ValidationError

from caunoi_sdk.events import EventBody, model_of

NO_OFFICE = "_"
Body = TypeVar("Body", bound=EventBody)
Model: TypeAlias = type[Body]


class Unreadable(ValueError):  # noqa: N818 - it is what the event is
    """What was received is no event of ours. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that an event answers: its id, who said it, and its version within that source and subject."""

    event_id: UUID
    source: str
    version: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `subject` is the petition (or what else it is about), `version` counts what `source` said of it: 1, 2, 3 …

    `time` is when it was recorded, `effective_at` when it became true. `body` is typed, None for a type that came after this
    package was made; `data` is the body as JSON. `position` is its place in the stream, None from a webhook.
    """

    id: UUID
    type: str
    source: str
    subject: UUID
    version: int
    time: datetime
    effective_at: datetime
    actor: str
    authority: str | None
    correlation_id: UUID
    cause: Cause | None
    office: str | None
    body: EventBody | None
    data: Mapping[str, Any] = field(repr=False)
    position: int | None = None

    def as_a(self, model: Model[Body]) -> Body | None:
        """Return the body where it is a `model`, else None."""
        return self.body if isinstance(self.body, model) else None

    @classmethod
    def from_message(cls, *, subject: str, headers: Mapping[str, str], body: bytes, position: int | None = None) -> Self:
        """Read a message of a stream. Raises Unreadable."""
        attributes = {name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")}
        parts = subject.rsplit(".", 2)
        if len(parts) < 3:  # noqa: PLR2004 - type, office, id
            raise Unreadable(f"the subject {subject!r} names no office and no id")
        return cls._read(attributes | {"office": parts[1]}, _json(body), position)

    @classmethod
    def from_cloudevent(cls, document: Mapping[str, Any]) -> Self:
        """Read a CloudEvent in JSON, as webhooks and exports carry it. Raises Unreadable."""
        return cls._read(document, document.get("data"), None)

    @classmethod
    def _read(cls, given: Mapping[str, Any], data: Any, position: int | None) -> Self:
        if not isinstance(data, Mapping):
            raise Unreadable("the body is no JSON object")
        body = _body(str(given.get("type")), data)
        try:
            subject = UUID(given["subject"])
            office, correlation = given.get("office"), given.get("correlationid")
            return cls(
                id=UUID(given["id"]),
                type=given["type"],
                source=given["source"],
                subject=subject,
                version=int(given["version"]),
                time=_instant(given["time"]),
                effective_at=_instant(given["effectiveat"]),
                actor=given["actor"],
                authority=given.get("authority"),
                correlation_id=UUID(correlation) if correlation else subject,
                cause=_cause(given.get("cause")),
                office=None if office in (None, NO_OFFICE) else office,
                body=body,
                data=data,
                position=position,
            )
        except KeyError as missing:
            raise Unreadable(f"the attribute {missing} is missing") from missing
        except (ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"an attribute cannot be read: {error}") from error


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unreadable(f"the body is no JSON: {error}") from error


def _body(event_type: str, data: Mapping[str, Any]) -> EventBody | None:
    model = model_of(event_type)
    if model is None:
        return None
    try:
        return model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Unreadable(f"{event_type} does not fit its schema: {where}: {first['msg']}") from error


def _instant(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    if found.tzinfo is None:
        raise ValueError(f"{written} names no time zone")
    return found


def _cause(written: str | None) -> Cause | None:
    if not written:
        return None
    event_id, source, version = written.split(" ")
    return Cause(event_id=UUID(event_id), source=source, version=int(version))
