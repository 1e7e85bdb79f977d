"""The one set-up function, in a process of its own: what a receiver of OTLP gets, and what Prometheus reads."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os
from shared.telemetry import *
setup(service="intake", otlp_endpoint=os.environ.get("ENDPOINT"), log_level="INFO")
setup(service="intake", log_level="INFO")
OUTBOX_OLDEST_AGE.watch("intake", lambda: [(12.5, {})])
OUTBOX_OLDEST_AGE.watch("routing", lambda: [(7.0, {})])
CONSUMER_PENDING.watch("intake", lambda: [(3, {"stream": "PETITIONS"})])
SWEEP_LATENESS.record(0.15, {"service": "escalation"})
HTTP_DURATION.record(0.002, {"service": "intake", "http.route": "/api/petitions"})
with span_from(None, "POST /intake/api/petitions", service="intake"):
    pass
print("tracing", is_tracing())
print(prometheus_text(os.environ["ASKED"]).decode())
shutdown()
"""


class Receiver:
    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}


@pytest.fixture
def otlp() -> Iterator[tuple[str, Receiver]]:
    """A receiver of OTLP/HTTP and its address."""
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.bodies[self.path] = receiver.bodies.get(self.path, b"") + body
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", receiver
    server.shutdown()
    server.server_close()
    thread.join()


def run(*, asked: str, endpoint: str | None = None) -> str:
    environ = os.environ | {"PYTHONPATH": str(ROOT), "ASKED": asked, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
    environ |= {"ENDPOINT": endpoint} if endpoint else {}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True).stdout


def test_without_an_endpoint_nothing_is_traced_and_metrics_can_be_read_all_the_same() -> None:
    output = run(asked="intake")
    assert "tracing False" in output
    assert 'caunoi_outbox_oldest_age_seconds{service="intake"} 12.5' in output
    assert 'caunoi_consumer_pending{service="intake",stream="PETITIONS"} 3.0' in output
    assert 'http_server_request_duration_seconds_count{http_route="/api/petitions",service="intake"} 1.0' in output


def test_a_service_shows_its_own_metrics_and_not_its_neighbours() -> None:
    assert 'service="routing"' not in run(asked="intake")
    output = run(asked="escalation")
    assert 'caunoi_sweep_lateness_seconds_bucket{le="0.2",service="escalation"} 1.0' in output
    assert 'caunoi_sweep_lateness_seconds_bucket{le="0.1",service="escalation"} 0.0' in output
    assert 'service="intake"' not in output


def test_with_an_endpoint_spans_and_metrics_arrive_there_before_the_process_ends(otlp: tuple[str, Receiver]) -> None:
    address, receiver = otlp
    assert "tracing True" in run(asked="intake", endpoint=f"{address}/")
    assert b"POST /intake/api/petitions" in receiver.bodies["/v1/traces"]
    assert b"caunoi.outbox.oldest.age" in receiver.bodies["/v1/metrics"]
