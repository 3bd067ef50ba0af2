"""Several workers' pages become one."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chassis.metrics import Meter
from chassis.telemetry import merge_pages
from chassis.telemetry.readers import PrometheusReader


def worker(
    *,
    instance: str = "one",
    late: float = 0.0,
    in_flight: int = 0,
    durations: Mapping[tuple[str, str | None], list[float]] | None = None,
) -> bytes:
    """The page of one that has seen this."""
    registry = CollectorRegistry()
    resource = Resource({"service.name": "seawall-gateway", "service.instance.id": instance})
    provider = MeterProvider([PrometheusReader(registry=registry)], resource, shutdown_on_exit=False)
    meter = Meter("seawall.test", provider)
    histogram = meter.histogram(
        "call.duration", labels=("kind", "error.type"), unit="s", description='T. "x" \\ y', bounds=[0.1, 1.0]
    )
    counter = meter.counter("calls", labels=("kind", "error.type"), description="Calls.")
    for of, seconds in (durations or {}).items():
        for value in seconds:
            histogram.of(*of).record(value)
            counter.of(*of).add()
    meter.up_down_counter("in_flight", lambda: [in_flight], description="Requests.")
    meter.gauge("lag", lambda: [late], unit="s", description="Late.")
    return generate_latest(registry)


def read(page: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    """Series by name and then by those of their labels' values that are not of the scope."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for metric in text_string_to_metric_families(page.decode()):
        for sample in metric.samples:
            values = tuple(f"{k}={v}" for k, v in sorted(sample.labels.items()) if not k.startswith("otel_") and v)
            found.setdefault(sample.name, {})[values] = sample.value
    return found


BUSY = {("chat", None): [0.05, 0.5], ("chat", "late"): [3.0]}


def test_one_page_stays_as_it_is() -> None:
    page = worker(late=0.25, in_flight=2, durations=BUSY)
    assert merge_pages([page]) == page


def test_no_page_is_an_empty_one() -> None:
    assert merge_pages([]) == b""


def test_counters_histograms_and_what_is_under_way_are_added_up() -> None:
    merged = read(merge_pages([worker(in_flight=2, durations=BUSY), worker(in_flight=3, durations=BUSY)]))

    assert merged["in_flight"] == {(): 5}
    assert merged["calls_total"] == {("kind=chat",): 4, ("error_type=late", "kind=chat"): 2}
    assert merged["call_duration_seconds_count"] == merged["calls_total"]
    assert merged["call_duration_seconds_sum"] == {
        ("kind=chat",): pytest.approx(1.1),
        ("error_type=late", "kind=chat"): 6,
    }
    assert [merged["call_duration_seconds_bucket"]["kind=chat", f"le={le}"] for le in ("0.1", "1.0", "+Inf")] == [
        2,
        4,
        4,
    ]


def test_the_latest_worker_tells_how_late_they_are() -> None:
    assert read(merge_pages([worker(late=0.1), worker(late=2.5), worker(late=0.2)]))["lag_seconds"] == {(): 2.5}


def test_a_label_that_one_worker_has_not_seen_is_empty_there() -> None:
    page = merge_pages([worker(durations={("chat", None): [0.05]}), worker(durations=BUSY)])

    assert read(page)["calls_total"] == {("kind=chat",): 3, ("error_type=late", "kind=chat"): 1}
    assert [line.count("error_type=") for line in page.decode().splitlines() if line.startswith("call")] == [1] * 12


def test_what_only_one_worker_has_is_there() -> None:
    assert read(merge_pages([worker(), worker(durations=BUSY)]))["calls_total"][("kind=chat",)] == 2


def test_of_the_processes_that_is_told_in_which_they_agree() -> None:
    page = merge_pages([worker(instance="one"), worker(instance="other")])
    assert [line for line in page.decode().splitlines() if line.startswith("target_info")] == [
        'target_info{service_name="seawall-gateway"} 1.0'
    ]


def test_prometheus_own_instruments_are_merged_too() -> None:
    registry = CollectorRegistry()
    Counter("made", "Made.", ["of"], registry=registry).labels("a\n\\b").inc(2)
    Gauge("process_start_time_seconds", "Began.", registry=registry).set(1_700_000_000)
    Gauge("process_resident_memory_bytes", "Memory.", registry=registry).set(1024)
    Gauge("process_max_fds", "Limit.", registry=registry).set(64)
    Histogram("took", "Took.", buckets=[1], registry=registry).observe(0.5)
    Info("python", "Version.", registry=registry).info({"version": "3.11"})
    page = generate_latest(registry)
    merged = read(merge_pages([page, page]))

    assert merged["made_total"] == {("of=a\n\\b",): 4}
    assert merged["process_start_time_seconds"] == {(): 1_700_000_000}
    assert merged["process_resident_memory_bytes"] == {(): 2048}
    assert merged["process_max_fds"] == {(): 64}
    assert merged["took_bucket"] == {("le=1.0",): 2, ("le=+Inf",): 2}
    assert merged["python_info"] == {("version=3.11",): 1}


@given(st.lists(st.lists(st.floats(0, 5), max_size=4), min_size=1, max_size=3))
def test_workers_together_show_what_one_would_that_did_it_all(shares: list[list[float]]) -> None:
    alone = worker(durations={("chat", None): [value for share in shares for value in share]})
    together = merge_pages([worker(durations={("chat", None): share}) for share in shares])

    def rounded(page: bytes) -> dict[str, dict[tuple[str, ...], float]]:
        return {name: {of: round(value, 6) for of, value in series.items()} for name, series in read(page).items()}

    assert rounded(together) == rounded(alone)


def test_a_malformed_page_is_refused() -> None:
    with pytest.raises(ValueError, match="float"):
        merge_pages([b"what is this?\n"])
