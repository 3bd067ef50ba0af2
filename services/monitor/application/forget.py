"""Forgets what is older than it is kept, a bounded batch at a time."""

from datetime import timedelta

from chassis.retention import in_batches
from resilience.clock import Clock
from services.monitor.application.ports import Archive
from services.monitor.domain.statistics import KEPT


class Forget:
    """The ledger's retention, and that of the statistics."""

    def __init__(self, archive: Archive, clock: Clock, *, ledger_retention: timedelta) -> None:
        self._archive = archive
        self._clock = clock
        self._ledger_retention = ledger_retention

    async def __call__(self) -> int:
        """Forget; returns how many rows went."""
        async with self._archive.cleaning() as cleans:
            if not cleans:
                return 0
            now = self._clock.now()
            return (
                await in_batches(self._archive.forget_seconds, now - KEPT)
                # Kept for as long again: of a gateway's words that come again, late, the older must not stand.
                + await in_batches(self._archive.forget_breakers, now - KEPT)
                + await in_batches(self._archive.forget_requests, now - self._ledger_retention)
                + await in_batches(self._archive.forget_targets, now - self._ledger_retention)
            )
