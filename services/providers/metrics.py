"""The metrics of the providers service, each declared once."""

from chassis.metrics import Meter

_meter = Meter("seawall.providers")

DURATION = _meter.histogram(
    "gen_ai.client.operation.duration",
    unit="s",
    description="Time of a call to a vendor, to the end of its answer; `error.type` is the reason where it failed.",
    labels=("gen_ai.operation.name", "gen_ai.provider.name", "error.type"),
    bounds=[0.01 * 2**n for n in range(14)],
)
FAILURES = _meter.counter(
    "seawall.vendor.failures",
    unit="{call}",
    description="Calls to vendors that failed, by vendor and reason.",
    labels=("gen_ai.provider.name", "reason"),
)
