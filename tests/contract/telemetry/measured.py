"""`python -m tests.contract.telemetry.measured [OTLP endpoint]`: the page of a process in which a little happened."""

import sys
from dataclasses import dataclass

from chassis.telemetry import metrics_page, telemetry
from events.requests import Cache, Cause, Outcome
from resilience.breaker import State
from resilience.errors import Reason
from services.gateway import metrics as gateway
from services.gateway.adapters.journal import gauges
from services.gateway.application.exchange import Degraded
from services.gateway.domain.pressure import Pressure
from services.providers import metrics as providers


@dataclass(eq=False)
class Waiting:
    """A journal with records in it."""

    waiting: int = 1
    waiting_bytes: int = 100
    oldest: float | None = None


def happen(pressure: Pressure, journal: Waiting) -> None:
    """Record something on every metric that is bound."""
    for seconds in (0.004, 0.01, 0.3, 100.0):
        gateway.requests.of(Outcome.SUCCEEDED, "").record(seconds)
    gateway.requests.of(Outcome.FAILED, Reason.VENDOR_TIMEOUT).record(0.5)
    for _ in range(2):
        gateway.attempts.of("alpha/small", Cause.FIRST, Outcome.SUCCEEDED, "").add()
    gateway.attempts.of('beta/l"arge', Cause.RETRY, Outcome.FAILED, Reason.VENDOR_TIMEOUT).add()
    gateway.breaker_transitions.of("alpha/small", State.OPEN).add()
    gateway.breakers_told.of("alpha/small", State.CLOSED).add()
    gateway.recalled.of(Cache.EXACT).add()
    gateway.degraded.of(Degraded.STATIC_ANSWER).add()
    providers.DURATION.of("chat", "openai", None).record(0.02)
    providers.DURATION.of("chat", "openai", "vendor_timeout").record(2.0)
    providers.FAILURES.of("openai", "vendor_timeout").add()
    gauges.appended.add(2)
    gauges.shipped.add(1)
    gauges.observe(journal)
    gateway.pressure.watch(pressure)
    pressure.requests = 2
    for _ in range(3):
        pressure.measured(0.25)


if __name__ == "__main__":
    with telemetry("measured", otlp_endpoint="".join(sys.argv[1:]), sample_ratio=0.0):
        pressure, journal = Pressure(most=10), Waiting()
        happen(pressure, journal)
        sys.stdout.buffer.write(metrics_page())
