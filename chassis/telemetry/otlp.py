"""Traces and metrics out by OTLP; imported where there is a receiver alone, for what writes them takes 5 MB."""

from typing import TypedDict

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from chassis.telemetry.readers import ExportingReader


class _How(TypedDict):
    endpoint: str
    insecure: bool
    timeout: int


def spans_to(endpoint: str) -> SpanProcessor:
    """What sends spans to an OTLP/gRPC receiver, each five seconds or as `OTEL_BSP_SCHEDULE_DELAY` says, in ms."""
    return BatchSpanProcessor(OTLPSpanExporter(**_how(endpoint)))


def metrics_to(endpoint: str) -> MetricReader:
    """What sends metrics there, each ten seconds."""
    return ExportingReader(OTLPMetricExporter(**_how(endpoint)), export_interval_millis=10_000)


def _how(endpoint: str) -> _How:
    return {"endpoint": endpoint, "insecure": not endpoint.startswith("https://"), "timeout": 5}
