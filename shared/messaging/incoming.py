"""A message as a handler sees it: an event with its envelope, already known to be new and in order."""

from dataclasses import dataclass
from typing import Any

from nats.aio.msg import Msg

from shared.contracts import Cause, Envelope, EventBody, parse


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event from a stream. `body` is None for types that the consumer does not handle or does not parse."""

    envelope: Envelope
    body: Any
    raw: bytes
    stream: str
    stream_seq: int
    deliveries: int = 1

    def as_cause(self) -> Cause:
        """Name this event as the cause of another."""
        return Cause(event_id=self.envelope.id, source=self.envelope.source, version=self.envelope.version)


def read(message: Msg, *, handled: dict[str, type[EventBody]] | None) -> Incoming:
    """Read a message; the body is parsed only for `handled` types. Raises Malformed."""
    envelope = Envelope.from_headers(message.headers or {})
    body = parse(envelope.type, message.data) if handled is not None and envelope.type in handled else None
    place = message.metadata
    return Incoming(
        envelope=envelope,
        body=body,
        raw=message.data,
        stream=place.stream,
        stream_seq=place.sequence.stream,
        deliveries=place.num_delivered,
    )
