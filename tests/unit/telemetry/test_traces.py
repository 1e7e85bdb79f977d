"""Traces: one from a door through messages to the end; nothing at all while tracing is off."""

import pytest
from opentelemetry import trace

from shared.telemetry import collect_spans, current_traceparent, is_tracing, span_from, start_span, traceparent_of, tracer

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_while_tracing_is_off_nothing_is_recorded_and_nothing_travels() -> None:
    assert not is_tracing()
    with span_from(TRACEPARENT, "door", service="intake") as span:
        assert current_traceparent() is None
        assert not span.is_recording()
    assert traceparent_of(start_span(TRACEPARENT, "handle")) is None
    with tracer().start_as_current_span("inner") as inner:
        assert not inner.is_recording()


def test_a_span_hangs_below_the_one_that_its_message_names() -> None:
    with collect_spans() as spans:
        with span_from(None, "POST", service="intake"):
            carried = current_traceparent()
        handled = start_span(carried, "handle", service="routing")
        with span_from(traceparent_of(handled), "mail", service="notify"):
            pass
        handled.end()
    door, mail, handle = spans.get_finished_spans()
    assert len({span.context.trace_id for span in (door, handle, mail) if span.context}) == 1
    assert handle.parent is not None
    assert mail.parent is not None
    assert door.context is not None
    assert handle.context is not None
    assert (handle.parent.span_id, mail.parent.span_id) == (door.context.span_id, handle.context.span_id)


def test_an_inner_span_belongs_to_the_service_of_the_outer_one() -> None:
    with collect_spans() as spans, span_from(TRACEPARENT, "outer", service="intake"), tracer().start_as_current_span("inner"):
        pass
    assert [(span.name, (span.attributes or {})["service"]) for span in spans.get_finished_spans()] == [
        ("inner", "intake"),
        ("outer", "intake"),
    ]


def test_a_started_span_is_not_the_current_one() -> None:
    with collect_spans():
        span = start_span(None, "handle")
        assert trace.get_current_span() is not span
        span.end()


def test_a_traceparent_that_cannot_be_read_begins_a_new_trace() -> None:
    with collect_spans() as spans, span_from("nonsense", "door"):
        pass
    (span,) = spans.get_finished_spans()
    assert span.parent is None


def test_an_error_inside_a_span_is_told_without_its_words() -> None:
    with collect_spans() as spans, pytest.raises(ValueError, match="0912345678"), span_from(None, "door"):
        raise ValueError("Nguyễn Văn A, 0912345678")
    (span,) = spans.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, "ValueError")
    assert span.events == ()
    assert "0912345678" not in span.to_json()


def test_after_collecting_tracing_is_off_again() -> None:
    with collect_spans() as spans:
        pass
    with span_from(None, "door"):
        pass
    assert not is_tracing()
    assert spans.get_finished_spans() == ()
