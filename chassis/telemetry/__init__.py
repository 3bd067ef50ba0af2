"""OpenTelemetry, set up once: traces and metrics out by OTLP, metrics for Prometheus to fetch."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased
from prometheus_client import generate_latest

from chassis.telemetry.merging import merge_pages
from chassis.telemetry.readers import PrometheusReader
from chassis.telemetry.sampling import HeadSampler
from chassis.tracecontext import Head, install
from chassis.version import VERSION

__all__ = ["METRICS_CONTENT_TYPE", "merge_pages", "metrics_page", "telemetry"]

METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@contextmanager
def telemetry(service: str, *, otlp_endpoint: str, sample_ratio: float, of_several: bool = False) -> Iterator[None]:
    """Install the providers that `opentelemetry.trace` and `.metrics` hand out; flush them at the end.

    The sampling decision is the caller's where it made one, else `sample_ratio` of traces, decided at the head.
    What is sent by one of several processes on this machine has its instance's id, or it would be taken for one's.
    """
    instance = {SERVICE_INSTANCE_ID: uuid.uuid4().hex} if of_several else {}
    resource = Resource.create({SERVICE_NAME: f"seawall-{service}", SERVICE_VERSION: VERSION, **instance})
    tracer_provider = TracerProvider(sampler=ParentBased(HeadSampler(sample_ratio)), resource=resource)
    readers: list[MetricReader] = [PrometheusReader()]
    if otlp_endpoint:
        from chassis.telemetry import otlp  # noqa: PLC0415 - see there

        tracer_provider.add_span_processor(otlp.spans_to(otlp_endpoint))
        readers.append(otlp.metrics_to(otlp_endpoint))
    meter_provider = MeterProvider(metric_readers=readers, resource=resource, exemplar_filter=AlwaysOffExemplarFilter())
    trace.set_tracer_provider(tracer_provider)
    metrics.set_meter_provider(meter_provider)
    install(Head(sample_ratio))
    try:
        yield
    finally:
        tracer_provider.shutdown()
        meter_provider.shutdown(timeout_millis=5_000)


def metrics_page() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest()
