"""What happens around every request: limits, headers, one span and one measurement by the template of the route."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.routing import Route

from shared.telemetry import collect_spans
from shared.web import building, middleware
from tests.unit.web.house import LARGE_BYTES, asking, hot, service

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Histogram:
    def __init__(self) -> None:
        self.points: list[dict[str, object]] = []

    def record(self, value: float, attributes: dict[str, object]) -> None:
        assert value > 0
        self.points.append(attributes)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Histogram:
    histogram = Histogram()
    monkeypatch.setattr(middleware, "HTTP_DURATION", histogram)
    return histogram


async def chunks(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b"x" * 65536


@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "streamed"])
async def test_a_body_beyond_the_limit_of_its_door_is_refused(*, is_declared: bool) -> None:
    beyond = middleware.BODY_BYTES_MAX + 1
    content = b"x" * beyond if is_declared else chunks(beyond // 65536 + 1)
    answer = await asking(service()).post("/api/hot/1", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "http_413")


@pytest.mark.parametrize("path", ["/api/hot/1", "/api/files/1"])
async def test_a_body_up_to_the_limit_of_its_door_is_taken(path: str) -> None:
    limit = LARGE_BYTES if "files" in path else middleware.BODY_BYTES_MAX
    answer = await asking(service()).post(path, content=b"x" * limit)
    assert (answer.status_code, answer.text) == (200, str(limit))


async def test_a_large_body_for_a_door_of_fastapi_is_refused_as_well() -> None:
    content = b'{"text":"' + b"x" * middleware.BODY_BYTES_MAX + b'"}'
    answer = await asking(service()).post("/api/things", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_answers_may_not_be_sniffed_kept_or_framed_unless_the_door_says_otherwise() -> None:
    http = asking(service())
    plain, own = await http.get("/health"), await http.post("/api/hot/1")
    assert plain.headers["x-content-type-options"] == "nosniff"
    assert plain.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert plain.headers["referrer-policy"] == "no-referrer"
    assert plain.headers["cache-control"] == "no-store"
    assert own.headers["cache-control"] == "max-age=1"


async def test_requests_are_measured_by_template_never_by_path(measured: Histogram) -> None:
    http = asking(service())
    for request in (
        httpx.Request("GET", "http://city/test/api/errors/refused"),
        httpx.Request("POST", "http://city/test/api/hot/HN8K-2FQ7-XM3P"),
        httpx.Request("GET", "http://city/test/HN8K-2FQ7-XM3P"),
        httpx.Request("GET", "http://city/test/api/errors/bug"),
        httpx.Request("BREW", "http://city/test/health"),
    ):
        await http.send(request)
    found = [(p["http.request.method"], p["http.route"], p["http.response.status_code"]) for p in measured.points]
    assert found == [
        ("GET", "/api/errors/{kind}", 409),
        ("POST", "/api/hot/{key}", 200),
        ("GET", "/*", 404),
        ("GET", "/api/errors/{kind}", 500),
        ("_OTHER", "/health", 405),
    ]
    assert {point["service"] for point in measured.points} == {"test"}


async def test_a_request_is_one_span_below_the_callers_named_by_its_template() -> None:
    with collect_spans() as spans:
        headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        await asking(service()).post("/api/hot/HN8K-2FQ7-XM3P", headers=headers)
    (span,) = spans.get_finished_spans()
    assert span.name == "POST /test/api/hot/{key}"
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert dict(span.attributes or {}) == {"service": "test", "http.response.status_code": 200}


async def test_the_id_of_a_bug_is_that_of_its_trace() -> None:
    with collect_spans() as spans:
        answer = await asking(service()).get("/api/errors/bug")
    (span,) = spans.get_finished_spans()
    assert span.context is not None
    assert answer.json()["trace"] == f"{span.context.trace_id:032x}"
    assert not span.status.is_ok


async def test_a_traceparent_that_cannot_be_read_begins_a_new_trace() -> None:
    with collect_spans() as spans:
        answer = await asking(service()).get("/health", headers=[(b"traceparent", b"\xff nonsense")])
    assert (answer.status_code, len(spans.get_finished_spans())) == (200, 1)


async def test_plain_routes_that_cannot_be_told_apart_are_refused_at_boot() -> None:
    with pytest.raises(ValueError, match="endpoint of its own"):
        building._templates([Route("/one", hot), Route("/two", hot)])
