"""Each metric of the gateway, declared once."""

from opentelemetry import metrics

_meter = metrics.get_meter("seawall.gateway")

DURATION_BUCKETS = [0.01 * 2**power for power in range(14)]
"""Seconds, 0.01 doubling to 81.92: the OpenTelemetry GenAI conventions' buckets."""

requests = _meter.create_histogram(
    "seawall.gateway.request.duration",
    unit="s",
    description="Requests finished, by outcome and reason, from the first byte read to the last one written.",
    explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
)
attempts = _meter.create_counter(
    "seawall.gateway.attempts",
    description="Calls to targets, by target, cause, outcome and reason.",
)
breaker_transitions = _meter.create_counter(
    "seawall.gateway.breaker.transitions",
    description="Changes of breakers, by target and by the state that they changed to.",
)
breakers_told = _meter.create_counter(
    "seawall.gateway.breaker.told",
    description="What other gateways and monitor said of targets, by target and by the state that it calls for.",
)
recalled = _meter.create_counter(
    "seawall.gateway.requests.recalled",
    description="Requests for which no target was asked, by the cache that answered.",
)
degraded = _meter.create_counter(
    "seawall.gateway.requests.degraded",
    description="Requests that no target of their route answered, by what was given instead.",
)
in_flight = _meter.create_up_down_counter(
    "seawall.gateway.requests.in_flight",
    description="Requests being answered.",
)
lag = _meter.create_gauge(
    "seawall.gateway.lag", unit="s", description="How far the process is behind its work; beyond a bound it sheds."
)
