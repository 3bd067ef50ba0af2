"""What the gateway does by itself, again and again."""

from chassis.ticks import every
from resilience.clock import Clock
from services.gateway.domain.pressure import Pressure

MEASURE_EVERY = 0.1


class Ticks:
    """The clockwork: how late each tick comes says how far behind its work the process is."""

    def __init__(self, pressure: Pressure, clock: Clock) -> None:
        self._pressure = pressure
        self._clock = clock
        self._due = clock.monotonic()

    async def measure(self) -> None:
        """Measure ten times a second, until cancelled."""
        self._due = self._clock.monotonic()
        await every(MEASURE_EVERY, "measuring", self._measure_once, self._clock)

    async def _measure_once(self) -> None:
        now = self._clock.monotonic()
        self._pressure.measured(max(0.0, now - self._due))
        self._due = now + MEASURE_EVERY
