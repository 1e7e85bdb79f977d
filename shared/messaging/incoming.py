"""A message as a handler sees it: an event with its envelope, already known to be new and in order."""

from dataclasses import dataclass
from typing import Any

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

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands: stream and sequence number."""
        return self.stream, self.stream_seq

    def as_cause(self) -> Cause:
        """Name this event as the cause of another."""
        return Cause(event_id=self.envelope.id, source=self.envelope.source, version=self.envelope.version)


def read(
    envelope: Envelope,
    raw: bytes,
    *,
    handled: dict[str, type[EventBody]] | None,
    place: tuple[str, int],
    deliveries: int = 1,
) -> Incoming:
    """Read a message; the body is parsed only for `handled` types. Raises Malformed."""
    body = parse(envelope.type, raw) if handled is not None and envelope.type in handled else None
    return Incoming(envelope=envelope, body=body, raw=raw, stream=place[0], stream_seq=place[1], deliveries=deliveries)
