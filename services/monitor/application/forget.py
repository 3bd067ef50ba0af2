"""Forgets what is older than it is kept, a bounded batch at a time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from resilience.clock import Clock
from services.monitor.application.ports import Archive
from services.monitor.domain.statistics import KEPT

MOST_BATCHES = 100
"""Batches of one kind in one go: the next tick goes on, and a long backlog does not hold the leadership for ever."""


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
                await _in_batches(self._archive.forget_seconds, now - KEPT)
                + await _in_batches(self._archive.forget_requests, now - self._ledger_retention)
                + await _in_batches(self._archive.forget_targets, now - self._ledger_retention)
            )


async def _in_batches(forget: Callable[[datetime], Awaitable[int]], before: datetime) -> int:
    total = 0
    for _ in range(MOST_BATCHES):
        gone = await forget(before)
        total += gone
        if gone == 0:
            break
    return total
