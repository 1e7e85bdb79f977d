"""One trace from the HTTP request to the mail: all five services in this process, real servers, every span collected."""

from collections.abc import Iterable
from uuid import uuid4

import httpx
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import collect_spans
from shared.testing import wait_until
from tests.system.conftest import OpenCity

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"
PERSONAL = ("Nguyễn Thị Bưởi", "buoi@example.vn", "0912345678", "Nắp cống trước số 12")
SETTLED_SECONDS_MAX = 40.0
PETITION = {
    "kind": "field_report",
    "text": "Nắp cống trước số 12 phố Hàng Bài bị vỡ, rất nguy hiểm cho người đi đường vào buổi tối.",
    "commune": "00070",
    "place": "12 Hàng Bài",
    "petitioner": {"name": PERSONAL[0], "email": PERSONAL[1], "phone": PERSONAL[2]},
}


class Tree:
    """Finished spans of one trace as paths of ``service: name`` from the request downwards."""

    def __init__(self, spans: Iterable[ReadableSpan]) -> None:
        self._spans = {span.context.span_id: span for span in spans if span.context and f"{span.context.trace_id:032x}" == TRACE}

    def paths(self) -> set[tuple[str, ...]]:
        return {self._path(span) for span in self._spans.values()}

    def roots(self) -> list[str]:
        return [_label(s) for s in self._spans.values() if s.parent is None or s.parent.span_id not in self._spans]

    def _path(self, span: ReadableSpan) -> tuple[str, ...]:
        above = self._spans.get(span.parent.span_id) if span.parent else None
        return (*(self._path(above) if above else ()), _label(span))


def _label(span: ReadableSpan) -> str:
    name = span.name.replace("handle petitions.", "").removesuffix(".v1")
    return f"{(span.attributes or {})['service']!s}: {name}"


async def lodged_and_told(city: OpenCity, spans: InMemorySpanExporter) -> str:
    """Lodge a petition; wait until the mails about it are sent and audit has heard of them. Return its code."""
    async with httpx.AsyncClient(base_url=city.url) as http:
        answer = await http.post(
            "/intake/api/petitions", json=PETITION, headers={"traceparent": CALLER, "Idempotency-Key": str(uuid4())}
        )
    assert answer.status_code == 201, answer.text

    def is_told() -> bool:
        names = [label for path in Tree(spans.get_finished_spans()).paths() for label in path]
        return "audit: notify.notice.sent" in names and any("mail routed" in name for name in names)

    await wait_until(is_told, SETTLED_SECONDS_MAX)
    return str(answer.json()["code"])


async def test_one_trace_runs_from_the_request_to_the_mail(city: OpenCity) -> None:
    with collect_spans() as spans:
        await lodged_and_told(city, spans)
    tree = Tree(spans.get_finished_spans())
    request = "intake: POST /intake/api/petitions"
    routed = (request, "routing: intake.petition.lodged")
    expected = {
        (request,),
        routed,
        (request, "notify: intake.petition.lodged"),
        (request, "notify: intake.petition.lodged", "notify: mail lodged.petitioner.vi@2"),
        (request, "audit: intake.petition.lodged"),
        (*routed, "escalation: routing.petition.routed"),
        (*routed, "notify: routing.petition.routed"),
        (*routed, "escalation: routing.petition.routed", "audit: escalation.deadline.set"),
        (*routed, "audit: routing.petition.routed"),
    }
    assert expected <= tree.paths(), "\n".join(map(" > ".join, sorted(tree.paths())))
    assert tree.roots() == [request]
    assert any(path[:3] == (*routed, "notify: routing.petition.routed") and "mail routed" in path[-1] for path in tree.paths())


async def test_no_span_holds_anything_personal_nor_the_code(city: OpenCity) -> None:
    with collect_spans() as spans:
        code = await lodged_and_told(city, spans)
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "mail lodged.petitioner.vi" in told
    assert not [secret for secret in (*PERSONAL, code) if secret in told]
