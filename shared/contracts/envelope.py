"""The envelope: a CloudEvent 1.0 in binary mode. Attributes travel in NATS headers, the body is JSON.

Order and repetition are told apart by a version vector: each service numbers what it says about one aggregate (a petition,
an office) 1, 2, 3, and names the event that caused it. See docs/adr/0003-version-vectors.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.kernel.refusals import Malformed

SPEC_VERSION = "1.0"
NO_OFFICE = "_"
SUBJECT_ROOT = "petitions"
SEALED_ROOT = "sealed"
PERSON = "person"
"""What the actor of an event begins with where somebody who is signed in did it."""

_registry: dict[str, type["EventBody"]] = {}


class EventBody(BaseModel):
    """Base of every event body. A subclass names its TYPE, ``petitions.<service>.<noun>.<verb>.v<N>``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.TYPE:
            _registry[cls.TYPE] = cls


def event_types() -> dict[str, type[EventBody]]:
    """Return every known event type with its model."""
    return dict(_registry)


def parse(event_type: str, body: bytes | str) -> EventBody:
    """Read `body` as `event_type`. Raises Malformed where the type is unknown or the body does not fit it."""
    model = _registry.get(event_type)
    if model is None:
        raise Malformed(f"no contract for {event_type}", code="unknown_event_type")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        places = [
            {"field": ".".join(map(str, item["loc"])), "reason": item["msg"], "remedy": "send what the schema says"}
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise Malformed(f"{event_type} does not fit its schema", code="schema_mismatch", errors=places) from error


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that an event answers: its id, who said it, and its version within that source and aggregate."""

    event_id: UUID
    source: str
    version: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event's attributes as they travel. Instants are aware UTC.

    `authority` is the right that was used: a role and the office in which it was held (``officer@hanoi-00070``), ``service``,
    ``petitioner``; None in events that were said before it was recorded.
    """

    id: UUID
    type: str
    source: str
    aggregate_id: UUID
    version: int
    effective_at: datetime
    recorded_at: datetime
    actor: str
    correlation_id: UUID
    cause: Cause | None
    office: str
    is_sealed: bool
    traceparent: str | None
    authority: str | None = None

    @property
    def subject(self) -> str:
        """The NATS subject: ``petitions.<service>.<noun>.<verb>.v<N>.<office>.<aggregate id>``, or below ``sealed``."""
        return subject_for(self.type, office=self.office, aggregate_id=self.aggregate_id, is_sealed=self.is_sealed)

    def headers(self) -> dict[str, str]:
        """Return the NATS headers, `Nats-Msg-Id` among them. Few and short: every consumer pays for each of them.

        Office and secrecy stand in the subject; the correlation id is left out where it is the aggregate's.
        """
        values = {
            "Nats-Msg-Id": str(self.id),
            "ce-specversion": SPEC_VERSION,
            "ce-id": str(self.id),
            "ce-type": self.type,
            "ce-source": self.source,
            "ce-subject": str(self.aggregate_id),
            "ce-time": self.recorded_at.isoformat(),
            "ce-effectiveat": self.effective_at.isoformat(),
            "ce-version": str(self.version),
            "ce-actor": self.actor,
        }
        if self.correlation_id != self.aggregate_id:
            values["ce-correlationid"] = str(self.correlation_id)
        if self.cause is not None:
            values["ce-cause"] = f"{self.cause.event_id} {self.cause.source} {self.cause.version}"
        if self.authority is not None:
            values["ce-authority"] = self.authority
        if self.traceparent:
            values["traceparent"] = self.traceparent
        return values

    @classmethod
    def from_headers(cls, headers: dict[str, str], *, subject: str) -> Self:
        """Read an envelope. Raises Malformed naming the header that is missing or wrong."""
        try:
            cause = headers.get("ce-cause")
            aggregate_id = UUID(headers["ce-subject"])
            correlation_id = headers.get("ce-correlationid")
            return cls(
                id=UUID(headers["ce-id"]),
                type=headers["ce-type"],
                source=headers["ce-source"],
                aggregate_id=aggregate_id,
                version=int(headers["ce-version"]),
                effective_at=datetime.fromisoformat(headers["ce-effectiveat"]),
                recorded_at=datetime.fromisoformat(headers["ce-time"]),
                actor=headers["ce-actor"],
                correlation_id=UUID(correlation_id) if correlation_id else aggregate_id,
                cause=_cause(cause) if cause else None,
                office=subject.rsplit(".", 2)[1],
                is_sealed=subject.startswith(f"{SEALED_ROOT}."),
                traceparent=headers.get("traceparent"),
                authority=headers.get("ce-authority"),
            )
        except KeyError as missing:
            raise Malformed(f"header {missing} is missing", code="bad_envelope") from missing
        except (ValueError, IndexError) as error:
            raise Malformed(f"a header or the subject cannot be read: {error}", code="bad_envelope") from error


def _cause(value: str) -> Cause:
    event_id, source, version = value.split(" ")
    return Cause(event_id=UUID(event_id), source=source, version=int(version))


def subject_for(event_type: str, *, office: str, aggregate_id: UUID, is_sealed: bool) -> str:
    """Return the subject of an event; `office` is ``_`` where none is known yet."""
    tail = event_type.removeprefix(f"{SUBJECT_ROOT}.")
    return f"{SEALED_ROOT if is_sealed else SUBJECT_ROOT}.{tail}.{office}.{aggregate_id}"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that a handler decided on, before it is numbered and written (shared.persistence does both).

    `authority` is given where a person acts: the role and the office under which he does (Principal.authority).
    """

    id: UUID
    aggregate_id: UUID
    body: EventBody
    effective_at: datetime
    recorded_at: datetime
    actor: str
    correlation_id: UUID
    cause: Cause | None = None
    office: str = NO_OFFICE
    is_sealed: bool = False
    traceparent: str | None = None
    authority: str | None = None

    @property
    def right(self) -> str | None:
        """The right that was used: as given; of those who need no role what they are (``service``, ``petitioner``)."""
        who, _, _ = self.actor.partition(":")
        return self.authority or (None if who == PERSON else who)
