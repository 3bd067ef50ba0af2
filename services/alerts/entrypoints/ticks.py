"""What alerts does by itself, again and again."""

from chassis.ticks import every
from resilience.clock import Clock
from services.alerts import metrics
from services.alerts.application.forget import Forget
from services.alerts.application.ports import Store

COUNT_EVERY = 5.0
FORGET_EVERY = 60.0


class Ticks:
    """The clockwork, in seconds; see `every` for what becomes of a tick that fails."""

    def __init__(self, store: Store, forget: Forget, clock: Clock) -> None:
        self._store = store
        self._forget = forget
        self._clock = clock

    async def count(self) -> None:
        """Measure what waits, until cancelled."""
        await every(COUNT_EVERY, "counting what waits", self._count_once, self._clock)

    async def forget(self) -> None:
        """Forget what is too old each minute, until cancelled."""
        await every(FORGET_EVERY, "forgetting", self._forget_once, self._clock)

    async def _count_once(self) -> None:
        async with self._store.snapshot() as work:
            metrics.waiting.set(await work.deliveries.waiting())

    async def _forget_once(self) -> None:
        metrics.forgotten.add(await self._forget())
