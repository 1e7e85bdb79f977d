"""The one set-up function of traces, metrics and logs."""

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from shared.telemetry import logs, traces
from shared.telemetry.metrics import registry


def setup(*, service: str, otlp_endpoint: str | None = None, log_level: str = "INFO", json_logs: bool = True) -> None:
    """Set up this process once, under the name `service` (``caunoi`` where all five share it).

    Metrics can be read at `/metrics` in any case. With `otlp_endpoint` (the base URL of an OTLP/HTTP receiver, from
    OTEL_EXPORTER_OTLP_ENDPOINT) traces and metrics are sent there as well; without it no span is recorded.
    A second call changes the logs only.
    """
    if json_logs:
        logs.install(service, level=log_level)
    if isinstance(metrics.get_meter_provider(), MeterProvider):
        return
    resource = Resource.create({"service.name": service, "service.namespace": "caunoi"})
    readers: list[MetricReader] = [PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=registry)]
    if otlp_endpoint:
        base = otlp_endpoint.rstrip("/")
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{base}/v1/metrics")))
        exporter = OTLPSpanExporter(endpoint=f"{base}/v1/traces")
        traces.switch_on(resource).add_span_processor(BatchSpanProcessor(exporter))
    metrics.set_meter_provider(MeterProvider(readers, resource=resource, shutdown_on_exit=False))


def shutdown() -> None:
    """Send what is still held back and stop recording. Called once, when the process ends."""
    traces.switch_off()
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()
    readers = metrics.get_meter_provider()
    if isinstance(readers, MeterProvider):
        readers.shutdown()
