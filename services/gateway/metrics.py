"""Each metric of the gateway, declared once."""

from typing import Protocol

from chassis.metrics import Meter, Watched

_meter = Meter("seawall.gateway")

DURATION_BUCKETS = [0.01 * 2**power for power in range(14)]
"""Seconds, 0.01 doubling to 81.92: the OpenTelemetry GenAI conventions' buckets."""


class Pressed(Protocol):
    """What has requests to answer."""

    requests: int
    """Under way."""

    @property
    def lag(self) -> float:
        """Seconds that it is behind its work."""
        ...


pressure = Watched[Pressed]()

requests = _meter.histogram(
    "seawall.gateway.request.duration",
    unit="s",
    description="Requests finished, by outcome and reason, from the first byte read to the last one written.",
    labels=("outcome", "reason"),
    bounds=DURATION_BUCKETS,
)
attempts = _meter.counter(
    "seawall.gateway.attempts",
    description="Calls to targets, by target, cause, outcome and reason.",
    labels=("target", "cause", "outcome", "reason"),
)
breaker_transitions = _meter.counter(
    "seawall.gateway.breaker.transitions",
    description="Changes of breakers, by target and by the state that they changed to.",
    labels=("target", "state"),
)
breakers_told = _meter.counter(
    "seawall.gateway.breaker.told",
    description="What other gateways and monitor said of targets, by target and by the state that it calls for.",
    labels=("target", "state"),
)
recalled = _meter.counter(
    "seawall.gateway.requests.recalled",
    description="Requests for which no target was asked, by the cache that answered.",
    labels=("cache",),
)
degraded = _meter.counter(
    "seawall.gateway.requests.degraded",
    description="Requests that no target of their route answered, by what was given instead.",
    labels=("instead",),
)
_meter.up_down_counter(
    "seawall.gateway.requests.in_flight",
    pressure.each(lambda pressed: pressed.requests),
    description="Requests being answered.",
)
_meter.gauge(
    "seawall.gateway.lag",
    pressure.each(lambda pressed: pressed.lag),
    unit="s",
    description="How far the process is behind its work; beyond a bound it sheds.",
)
