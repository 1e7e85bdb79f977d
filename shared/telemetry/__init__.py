"""Traces, metrics and logs, set up once per process by `setup`. Off costs nothing; metrics and logs are always there.

Invariant: no personal data. Spans and metrics carry ids, types, office codes and counts; logs carry no bound values.
"""

from shared.telemetry.metrics import (
    CONSUMER_PENDING,
    HTTP_DURATION,
    OUTBOX_OLDEST_AGE,
    PARKED,
    SWEEP_LATENESS,
    Gauge,
    Reading,
    meter,
    prometheus_text,
)
from shared.telemetry.setting_up import setup, shutdown
from shared.telemetry.traces import (
    collect_spans,
    current_traceparent,
    is_tracing,
    span_from,
    start_span,
    traceparent_of,
    tracer,
)

__all__ = [
    "CONSUMER_PENDING",
    "HTTP_DURATION",
    "OUTBOX_OLDEST_AGE",
    "PARKED",
    "SWEEP_LATENESS",
    "Gauge",
    "Reading",
    "collect_spans",
    "current_traceparent",
    "is_tracing",
    "meter",
    "prometheus_text",
    "setup",
    "shutdown",
    "span_from",
    "start_span",
    "traceparent_of",
    "tracer",
]
