"""Forgets what is over and older than it is kept, a bounded batch at a time."""

from datetime import timedelta

from chassis.retention import in_batches
from resilience.clock import Clock
from services.alerts.application.ports import Archive


class Forget:
    """The retention of alerts, of the delivery log and of what is known of events."""

    def __init__(self, archive: Archive, clock: Clock, *, retention: timedelta) -> None:
        self._archive = archive
        self._clock = clock
        self._retention = retention

    async def __call__(self) -> int:
        """Forget; returns how many rows went."""
        async with self._archive.cleaning() as cleans:
            if not cleans:
                return 0
            before = self._clock.now() - self._retention
            return (
                await in_batches(self._archive.forget_alerts, before)
                + await in_batches(self._archive.forget_deliveries, before)
                + await self._archive.forget_events(before)
            )
