"""Bound metrics show what OpenTelemetry's own instruments show, whatever is recorded."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, Metric
from prometheus_client import CollectorRegistry, generate_latest

from chassis.metrics import LIMIT, OVERFLOW, Meter, Watched
from chassis.telemetry.readers import PrometheusReader, WholeHistograms

BOUNDS = [0.01, 0.1, 1.0]
LABELS = ("outcome", "error.type")

values = st.floats(min_value=0, max_value=10) | st.sampled_from(BOUNDS)
labels = st.tuples(st.sampled_from(["succeeded", "failed"]), st.none() | st.sampled_from(["", "late", 'a "b"\n']))


class MemoryReader(WholeHistograms, InMemoryMetricReader):
    """Gives what an exporter would be given."""


@dataclass
class Readings:
    """A meter of our own, and what shows of it."""

    meter: Meter
    provider: MeterProvider
    page: Callable[[], str]
    metric: Callable[[], Metric]


def readings() -> Readings:
    """What shows of bound metrics."""
    return _readings(PrometheusReader, MemoryReader)


def plain_readings() -> Readings:
    """What OpenTelemetry shows by itself."""
    return _readings(PrometheusMetricReader, InMemoryMetricReader)


def _readings(prometheus: type[PrometheusMetricReader], in_memory: type[InMemoryMetricReader]) -> Readings:
    registry, memory = CollectorRegistry(), in_memory()
    provider = MeterProvider([prometheus(registry=registry), memory], shutdown_on_exit=False)

    def metric() -> Metric:
        data = memory.get_metrics_data()
        assert data is not None
        return data.resource_metrics[0].scope_metrics[0].metrics[0]

    return Readings(Meter("seawall.test", provider), provider, lambda: generate_latest(registry).decode(), metric)


@given(st.lists(st.tuples(values, labels), min_size=1))
def test_a_histogram_shows_as_opentelemetrys_does(records: Sequence[tuple[float, tuple[str, str | None]]]) -> None:
    ours, theirs = readings(), plain_readings()
    histogram = ours.meter.histogram("one.duration", labels=LABELS, unit="s", description="How long.", bounds=BOUNDS)
    instrument = theirs.provider.get_meter("seawall.test").create_histogram(
        "one.duration", "s", "How long.", explicit_bucket_boundaries_advisory=BOUNDS
    )
    for value, of in records:
        histogram.of(*of).record(value)
        instrument.record(value, {k: v for k, v in zip(LABELS, of, strict=True) if v is not None})

    assert series(ours) == series(theirs)
    assert timeless(ours.metric()) == timeless(theirs.metric())


@given(st.lists(st.tuples(st.integers(min_value=0, max_value=9), labels), min_size=1))
def test_a_counter_shows_as_opentelemetrys_does(records: Sequence[tuple[int, tuple[str, str | None]]]) -> None:
    ours, theirs = readings(), plain_readings()
    counter = ours.meter.counter("some.calls", labels=LABELS, unit="{call}", description="How many.")
    instrument = theirs.provider.get_meter("seawall.test").create_counter("some.calls", "{call}", "How many.")
    for amount, of in records:
        counter.of(*of).add(amount)
        instrument.add(amount, {k: v for k, v in zip(LABELS, of, strict=True) if v is not None})

    assert series(ours) == series(theirs)
    assert timeless(ours.metric()) == timeless(theirs.metric())


def test_what_is_recorded_between_two_readings_is_in_the_second() -> None:
    seen = readings()
    child = seen.meter.histogram("a.time", unit="s", description="T.", bounds=BOUNDS).of()
    child.record(0.5)
    assert "a_time_seconds_count" in seen.page()
    child.record(0.05)
    assert [line.split()[-1] for line in seen.page().splitlines() if line.startswith("a_time_seconds_count")] == ["2.0"]


def test_a_label_set_has_one_child() -> None:
    counter = readings().meter.counter("a.count", labels=LABELS, description="C.")
    assert counter.of("ok", None) is counter.of("ok", None)
    assert counter.of("ok", None) is not counter.of("ok", "")


@pytest.mark.parametrize("wrong", [(), ("ok",), ("ok", "x", "y")])
def test_every_label_wants_a_value(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"zip\(\)"):
        readings().meter.counter("a.count", labels=LABELS, description="C.").of(*wrong)


def test_label_sets_beyond_the_limit_are_counted_together() -> None:
    seen = readings()
    counter = seen.meter.counter("a.count", labels=["who"], description="C.")
    for number in range(LIMIT + 3):
        counter.of(str(number)).add()
    counter.of("0").add()

    assert len(counter.children) == LIMIT + 1
    assert '{otel_metric_overflow="true"' in seen.page()
    points = {tuple(point.attributes.items()): point.value for point in timeless(seen.metric())["data_points"]}
    assert points[("otel.metric.overflow", True),] == 3
    assert points[("who", "0"),] == 2


def test_distributions_beyond_the_limit_are_one() -> None:
    seen = readings()
    histogram = seen.meter.histogram("a.time", labels=["who"], unit="s", description="T.", bounds=BOUNDS)
    for number in range(LIMIT + 3):
        histogram.of(str(number)).record(number)

    (rest,) = [point for point in seen.metric().data.data_points if point.attributes == OVERFLOW]
    assert isinstance(rest, HistogramDataPoint)
    assert (rest.count, rest.min, rest.max) == (3, LIMIT, LIMIT + 2)


def test_a_child_that_nothing_was_recorded_on_shows_no_distribution() -> None:
    seen = readings()
    histogram = seen.meter.histogram("a.time", labels=["who"], unit="s", description="T.", bounds=BOUNDS)
    histogram.of("nobody")
    histogram.of("somebody").record(1)
    assert [point.attributes for point in seen.metric().data.data_points] == [{"who": "somebody"}]


@dataclass(eq=False)
class Pond:
    """Something with a number."""

    frogs: int


def test_what_is_watched_is_read_while_it_lives() -> None:
    seen, ponds = readings(), Watched[Pond]()
    seen.meter.up_down_counter("frogs", ponds.each(lambda pond: pond.frogs), description="Frogs.")
    one, other = Pond(1), Pond(2)
    for pond in (one, one, other):
        ponds.watch(pond)
    assert 'frogs{otel_scope_name="seawall.test",otel_scope_schema_url="",otel_scope_version=""} 3.0' in seen.page()

    one.frogs = 5
    ponds.forget(other)
    assert [point.value for point in timeless(seen.metric())["data_points"]] == [5]

    del one, pond
    gc.collect()
    assert "\nfrogs" not in seen.page()


def test_a_gauge_shows_what_is_so_at_the_moment() -> None:
    seen, depth = readings(), [3.0]
    seen.meter.gauge("depth", lambda: depth, unit="m", description="Depth.")
    assert "# TYPE depth_meters gauge" in seen.page()
    depth[0] = 4.0
    assert [point.value for point in timeless(seen.metric())["data_points"]] == [4.0]


def series(seen: Readings) -> list[str]:
    """The page's lines, without what it says of the process."""
    return sorted(line for line in seen.page().splitlines() if "target" not in line)


def timeless(metric: Metric) -> dict[str, Any]:
    """All that a metric says except when, its points in an order of their own."""
    points = [replace(point, start_time_unix_nano=0, time_unix_nano=0) for point in metric.data.data_points]
    said = {"name": metric.name, "unit": metric.unit, "description": metric.description, "kind": type(metric.data)}
    return (
        said
        | vars(metric.data)
        | {"data_points": sorted(points, key=lambda point: sorted((point.attributes or {}).items()))}
    )
