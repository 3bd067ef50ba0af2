"""Readers of metrics that know the histograms of `chassis.metrics`."""

from dataclasses import replace
from typing import Any

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)

from chassis.metrics import Distribution, histogram_of


class WholeHistograms(MetricReader):
    """A part of a reader: where a counter stands for one of our histograms, it puts in the distribution."""

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> None:
        super()._receive_metrics(_whole(metrics_data), timeout_millis, **kwargs)  # type: ignore[safe-super]  # a reader follows


class PrometheusReader(WholeHistograms, PrometheusMetricReader):
    """Shows the metrics on Prometheus' page."""


class ExportingReader(WholeHistograms, PeriodicExportingMetricReader):
    """Sends the metrics out, again and again."""


def _whole(data: MetricsData) -> MetricsData:
    return MetricsData(
        [
            replace(
                resource,
                scope_metrics=[
                    replace(scope, metrics=[_with_distributions(scope.scope.name, metric) for metric in scope.metrics])
                    for scope in resource.scope_metrics
                ],
            )
            for resource in data.resource_metrics
        ]
    )


def _with_distributions(scope: str, metric: Metric) -> Metric:
    histogram = histogram_of(scope, metric.name)
    if histogram is None:
        return metric
    now = metric.data.data_points[0].time_unix_nano
    points = [_point(child, histogram.bounds, now) for child in histogram.children if any(child.buckets)]
    return replace(metric, data=Histogram(points, AggregationTemporality.CUMULATIVE))


def _point(child: Distribution, bounds: tuple[float, ...], now: int) -> HistogramDataPoint:
    # Counted from the copy: the event loop may record while a reader's thread is here.
    buckets = tuple(child.buckets)
    return HistogramDataPoint(
        attributes=child.labels,
        start_time_unix_nano=child.began,
        time_unix_nano=now,
        count=sum(buckets),
        sum=child.total,
        bucket_counts=buckets,
        explicit_bounds=bounds,
        min=child.least,
        max=child.greatest,
    )
