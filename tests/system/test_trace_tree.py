"""One trace from the HTTP request to the mail: all five services in this process, real servers, every span collected."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deploy.bus import jetstream
from deploy.house import durables, room
from deploy.local.environment import Places, environment, make_secrets
from deploy.local.hosting import house, listening, running, serve
from deploy.local.mail import Sink
from deploy.names import LOOPBACK, SERVICES
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.topology import provision
from shared.telemetry import collect_spans
from shared.testing import wait_until

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


@dataclass(frozen=True, slots=True)
class City:
    """All five services behind one port, and the mails that they sent."""

    url: str
    sink: Sink


@pytest.fixture
async def city(
    city_database: Callable[[], Awaitable[Mapping[str, str]]], bus: BusSettings, tmp_path: Path
) -> AsyncIterator[City]:
    clock = SystemClock()
    sink = Sink(tmp_path / "mail", clock)
    make_secrets(tmp_path)
    async with jetstream(bus) as js:
        for stream in await js.streams_info():  # those of the test before
            await js.delete_stream(stream.config.name or "")
        await provision(js, durables())
    with contextlib.closing(listening(LOOPBACK, 0)) as listener:
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        places = Places(url, 0, bus.url, await sink.start(LOOPBACK, 0))
        environ = environment(tmp_path, places, given={}) | _addresses(await city_database(), bus)
        services = [room(name).build(environ, clock=clock) for name in SERVICES]
        async with running(services):
            serving = asyncio.create_task(serve(house({service.name: service.app for service in services}), listener))
            yield City(url, sink)
            serving.cancel()
            await asyncio.wait({serving})
    await sink.stop()


def _addresses(urls: Mapping[str, str], bus: BusSettings) -> dict[str, str]:
    """Return where this test's databases and bus are, in place of those that `make run` would have."""
    found = {"CAUNOI_BUS__USER": bus.user or "", "CAUNOI_BUS__PASSWORD": bus.password or "", "CAUNOI_BUS__PASSWORD_FILE": ""}
    for service, url in urls.items():
        found |= {f"{service.upper()}_DATABASE__URL": url, f"{service.upper()}_DATABASE__PASSWORD_FILE": ""}
    return found


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


async def lodged_and_told(city: City, spans: InMemorySpanExporter) -> str:
    """Lodge a petition; wait until the mails about it are sent and audit has heard of them. Return its code."""
    async with httpx.AsyncClient(base_url=city.url) as http:
        for name in SERVICES:
            await wait_until(partial(_is_ready, http, name), what=f"{name} is ready")
        answer = await http.post(
            "/intake/api/petitions", json=PETITION, headers={"traceparent": CALLER, "Idempotency-Key": str(uuid4())}
        )
    assert answer.status_code == 201, answer.text

    def is_told() -> bool:
        names = [label for path in Tree(spans.get_finished_spans()).paths() for label in path]
        return "audit: notify.notice.sent" in names and any("mail routed" in name for name in names)

    await wait_until(is_told, SETTLED_SECONDS_MAX)
    return str(answer.json()["code"])


async def _is_ready(http: httpx.AsyncClient, name: str) -> bool:
    return (await http.get(f"/{name}/ready")).is_success


async def test_one_trace_runs_from_the_request_to_the_mail(city: City) -> None:
    with collect_spans() as spans:
        await lodged_and_told(city, spans)
    tree = Tree(spans.get_finished_spans())
    request = "intake: POST /intake/api/petitions"
    routed = (request, "routing: intake.petition.lodged")
    expected = {
        (request,),
        routed,
        (request, "notify: intake.petition.lodged"),
        (request, "notify: intake.petition.lodged", "notify: mail lodged.petitioner.vi@1"),
        (request, "audit: intake.petition.lodged"),
        (*routed, "escalation: routing.petition.routed"),
        (*routed, "notify: routing.petition.routed"),
        (*routed, "escalation: routing.petition.routed", "audit: escalation.deadline.set"),
        (*routed, "audit: routing.petition.routed"),
    }
    assert expected <= tree.paths(), "\n".join(map(" > ".join, sorted(tree.paths())))
    assert tree.roots() == [request]
    assert any(path[:3] == (*routed, "notify: routing.petition.routed") and "mail routed" in path[-1] for path in tree.paths())


async def test_no_span_holds_anything_personal_nor_the_code(city: City) -> None:
    with collect_spans() as spans:
        code = await lodged_and_told(city, spans)
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "mail lodged.petitioner.vi" in told
    assert not [secret for secret in (*PERSONAL, code) if secret in told]
