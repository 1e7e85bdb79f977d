"""A span for each event that is handled."""

from collections.abc import Sequence
from dataclasses import replace

from opentelemetry.trace import Span

from shared.messaging.incoming import Incoming
from shared.telemetry import is_tracing, start_span, traceparent_of


def spanned(items: Sequence[Incoming], *, service: str) -> tuple[list[Incoming], list[Span]]:
    """Give each event a span below the one that caused it; what the handler says hangs below that."""
    if not is_tracing():
        return list(items), []
    spans = [start_span(i.envelope.traceparent, f"handle {i.envelope.type}", service=service) for i in items]
    traced = [
        replace(item, envelope=replace(item.envelope, traceparent=traceparent_of(span) or item.envelope.traceparent))
        for item, span in zip(items, spans, strict=True)
    ]
    return traced, spans
