"""Traces: one from the HTTP request to the mail. A span names its service, so several may share a process.

The trace context travels as a W3C `traceparent` string in the envelope of each event. While tracing is off nothing is
recorded and every function here returns at once.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import ClassVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

SERVICE = "service"
_propagator = TraceContextTextMapPropagator()
_off: AbstractContextManager[trace.Span] = nullcontext(trace.INVALID_SPAN)


class _Switch:
    """Whether spans are recorded: read on every request, so it is one attribute."""

    is_on = False


class _Attribution(SpanProcessor):
    """Gives a span its parent's service where it names none, so that inner spans need not repeat it."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        parent = trace.get_current_span(parent_context)
        if SERVICE in (span.attributes or {}) or not isinstance(parent, ReadableSpan):
            return
        service = (parent.attributes or {}).get(SERVICE)
        if service is not None:
            span.set_attribute(SERVICE, service)


class _Collector(SpanProcessor):
    """Hands ended spans to those who collect them (tests); registered once, since a provider forgets no processor."""

    collecting: ClassVar[list[InMemorySpanExporter]] = []

    def on_end(self, span: ReadableSpan) -> None:
        for memory in self.collecting:
            memory.export([span])


class _Within(AbstractContextManager[trace.Span]):
    """Runs a block in a span. An error marks it by its class: texts of errors may hold what a person wrote."""

    def __init__(self, inner: AbstractContextManager[trace.Span]) -> None:
        self._inner = inner

    def __enter__(self) -> trace.Span:
        self._span = self._inner.__enter__()
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        if kind is not None and issubclass(kind, Exception):
            self._span.set_status(trace.StatusCode.ERROR, kind.__name__)
        return self._inner.__exit__(kind, error, traceback)


def switch_on(resource: Resource) -> TracerProvider:
    """Record spans from now on; return the provider of this process, made at the first call."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(_Attribution())
        provider.add_span_processor(_Collector())
        trace.set_tracer_provider(provider)
    _Switch.is_on = True
    return provider


def switch_off() -> None:
    """Record nothing from now on."""
    _Switch.is_on = False


def is_tracing() -> bool:
    """Whether spans are recorded."""
    return _Switch.is_on


def tracer() -> trace.Tracer:
    """Return the tracer for spans inside a request or message; records nothing while tracing is off."""
    return trace.get_tracer("caunoi") if _Switch.is_on else trace.NoOpTracer()


def traceparent_of(span: trace.Span) -> str | None:
    """Return the `traceparent` of `span`, None for one that is not recorded."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_traceparent() -> str | None:
    """Return the `traceparent` of the span that runs now, None while tracing is off."""
    return traceparent_of(trace.get_current_span()) if _Switch.is_on else None


def start_span(traceparent: str | None, name: str, **attributes: AttributeValue) -> trace.Span:
    """Start a span below `traceparent` without making it the current one; the caller ends it.

    For batches: one span per message, all ended after the one transaction that handled them.
    """
    if not _Switch.is_on:
        return trace.INVALID_SPAN
    return trace.get_tracer("caunoi").start_span(name, context=_context(traceparent), attributes=attributes)


def span_from(traceparent: str | None, name: str, **attributes: AttributeValue) -> AbstractContextManager[trace.Span]:
    """Return a context manager that runs its block in a span below `traceparent` (None: below the current span)."""
    if not _Switch.is_on:
        return _off
    context = _context(traceparent) if traceparent else None
    return _Within(
        trace.get_tracer("caunoi").start_as_current_span(
            name, context=context, attributes=attributes, record_exception=False, set_status_on_exception=False
        )
    )


def _context(traceparent: str | None) -> Context:
    return _propagator.extract({"traceparent": traceparent} if traceparent else {}, context=Context())


@contextmanager
def collect_spans() -> Iterator[InMemorySpanExporter]:
    """For tests: record spans in memory inside the block, whatever the environment says."""
    was_on, memory = _Switch.is_on, InMemorySpanExporter()
    switch_on(Resource.create({"service.name": "test"}))
    _Collector.collecting.append(memory)
    try:
        yield memory
    finally:
        _Collector.collecting.remove(memory)
        _Switch.is_on = was_on
