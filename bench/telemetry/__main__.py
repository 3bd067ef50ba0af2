"""`python -m bench.telemetry`: CPU of what one request records, by the SDK and by ours, in microseconds.

Both are measured in the same rounds, one after the other; printed are medians over the rounds, less an empty call.
"""

import statistics
import time
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry

from chassis.metrics import Meter
from chassis.telemetry.readers import PrometheusReader
from chassis.tracecontext import Head
from events.requests import Cause, Outcome
from services.gateway.domain.pressure import Pressure
from services.gateway.metrics import DURATION_BUCKETS

ROUNDS = 7
RECORDS = 20_000
UNSAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
LABELS = ("target", "cause", "outcome", "reason")

Record = Callable[[], object]


def pairs() -> dict[str, tuple[Record, Record]]:
    """What is measured: the SDK's way first, then ours."""
    provider = MeterProvider([PrometheusReader(registry=CollectorRegistry())], shutdown_on_exit=False)
    sdk, ours = provider.get_meter("sdk"), Meter("ours", provider)
    in_flight, pressure = sdk.create_up_down_counter("in_flight"), Pressure(most=1)
    counter, counted = sdk.create_counter("attempts"), ours.counter("attempts", labels=LABELS, description="Attempts.")
    histogram = sdk.create_histogram("duration", "s", explicit_bucket_boundaries_advisory=DURATION_BUCKETS)
    distribution = ours.histogram(
        "duration", labels=LABELS[2:], unit="s", description="Durations.", bounds=DURATION_BUCKETS
    )
    tracer = TracerProvider(sampler=ParentBased(TraceIdRatioBased(0)), shutdown_on_exit=False).get_tracer("sdk")
    head, propagator = Head(0), TraceContextTextMapPropagator()

    def come_and_go() -> None:
        in_flight.add(1)
        in_flight.add(-1)

    def come_and_go_ours() -> None:
        pressure.requests += 1
        pressure.requests -= 1

    def count() -> None:
        of = {"target": "a/b", "cause": Cause.FIRST.value, "outcome": Outcome.SUCCEEDED.value, "reason": ""}
        counter.add(1, of)

    def below_caller() -> None:
        parent = propagator.extract({"traceparent": UNSAMPLED})
        tracer.start_span("chat", parent, trace.SpanKind.SERVER).end()

    return {
        "a request comes and goes": (come_and_go, come_and_go_ours),
        "an attempt is counted": (count, lambda: counted.of("a/b", Cause.FIRST, Outcome.SUCCEEDED, "").add()),
        "a duration is recorded": (
            lambda: histogram.record(0.3, {"outcome": Outcome.SUCCEEDED.value, "reason": ""}),
            lambda: distribution.of(Outcome.SUCCEEDED, "").record(0.3),
        ),
        "nobody traces": (
            lambda: tracer.start_span("chat", None, trace.SpanKind.SERVER).end(),
            lambda: head.start_server_span(tracer, "chat", None).end(),
        ),
        "a caller does not sample": (
            below_caller,
            lambda: head.start_server_span(tracer, "chat", UNSAMPLED).end(),
        ),
    }


def cpu_of(record: Record) -> float:
    """Microseconds that a call takes."""
    began = time.process_time()
    for _ in range(RECORDS):
        record()
    return (time.process_time() - began) / RECORDS * 1e6


def main() -> None:
    """Measure in turn, and print."""
    measured = pairs()
    empty = [cpu_of(lambda: None) for _ in range(ROUNDS)]
    rounds = [{name: [cpu_of(way) for way in ways] for name, ways in measured.items()} for _ in range(ROUNDS)]
    print(f"{'us of CPU':26} {'SDK':>6} {'ours':>6}")
    for name in measured:
        sdk, ours = (statistics.median(one[name][way] for one in rounds) - statistics.median(empty) for way in (0, 1))
        print(f"{name:26} {sdk:6.2f} {ours:6.2f}")


if __name__ == "__main__":
    main()
