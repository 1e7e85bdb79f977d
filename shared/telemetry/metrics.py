"""Metrics through OpenTelemetry's API, read in Prometheus' text format. Every point names its service.

The number to watch first is lateness: how long after its legal instant a fact was noticed.
"""

from collections.abc import Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

Reading = tuple[float, Mapping[str, str]]
"""A measured value and its labels; `service` is added."""

_SECONDS_FINE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_SECONDS_COARSE = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0, 3600.0, 86400.0)

registry = CollectorRegistry()
"""What `/metrics` reads; `setup` connects the meter provider to it."""


def meter() -> Meter:
    """Return the meter for a service's own instruments. Give each point the attribute `service`."""
    return get_meter("caunoi")


class Gauge:
    """A value that is read when somebody looks: one instrument, one reader per service (a later one replaces it)."""

    def __init__(self, name: str, *, unit: str, description: str) -> None:
        self._readers: dict[str, Callable[[], Iterable[Reading]]] = {}
        meter().create_observable_gauge(name, [self._observe], unit=unit, description=description)

    def watch(self, service: str, read: Callable[[], Iterable[Reading]]) -> None:
        """Read `service`'s value from `read`: quick, in memory, without IO."""
        self._readers[service] = read

    def unwatch(self, service: str) -> None:
        """Forget `service`."""
        self._readers.pop(service, None)

    def _observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        for service, read in list(self._readers.items()):
            for value, labels in read():
                yield Observation(value, {"service": service, **labels})


HTTP_DURATION = meter().create_histogram(
    "http.server.request.duration",
    unit="s",
    description="Time from the request's head to the end of the answer",
    explicit_bucket_boundaries_advisory=_SECONDS_FINE,
)
SWEEP_LATENESS = meter().create_histogram(
    "caunoi.sweep.lateness",
    unit="s",
    description="recorded_at minus effective_at of what time caused",
    explicit_bucket_boundaries_advisory=_SECONDS_COARSE,
)
OUTBOX_OLDEST_AGE = Gauge(
    "caunoi.outbox.oldest.age", unit="s", description="Age of the oldest event that is not yet published; 0 if none"
)
CONSUMER_PENDING = Gauge(
    "caunoi.consumer.pending", unit="{message}", description="Messages that a durable consumer has not yet acknowledged"
)
PARKED = Gauge("caunoi.parked", unit="{message}", description="Messages that wait for a person")


class _OfService:
    """The shared registry as one service sees it: its own points, and those of the whole process."""

    def __init__(self, service: str) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        for family in registry.collect():
            family.samples = [s for s in family.samples if s.labels.get("service", self._service) == self._service]
            if family.samples:
                yield family


def prometheus_text(service: str) -> bytes:
    """Return the metrics of `service` in Prometheus' text format (version 0.0.4)."""
    return generate_latest(_OfService(service))
