"""What gateways tell of their breakers is kept: of each gateway and target the latest, however often it is told."""

from collections.abc import Sequence

from events.breakers import BreakerChanged
from resilience.clock import Clock
from services.monitor.application.ports import Breakers
from services.monitor.domain.breaker import heard


class RecordBreakers:
    """Changes may come twice and out of order: a later one of the same gateway stands."""

    def __init__(self, breakers: Breakers, clock: Clock) -> None:
        self._breakers = breakers
        self._clock = clock

    async def __call__(self, changes: Sequence[BreakerChanged]) -> None:
        """Keep what `changes` tell."""
        now = self._clock.now()
        await self._breakers.keep([heard(change, now) for change in changes])
