"""The metrics of the providers service, each declared once."""

from opentelemetry import metrics

_meter = metrics.get_meter("seawall.providers")

DURATION = _meter.create_histogram(
    "gen_ai.client.operation.duration",
    unit="s",
    description="Time of a call to a vendor, to the end of its answer; `error.type` is the reason where it failed.",
    explicit_bucket_boundaries_advisory=[0.01 * 2**n for n in range(14)],
)
FAILURES = _meter.create_counter(
    "seawall.vendor.failures", unit="{call}", description="Calls to vendors that failed, by vendor and reason."
)
