"""Shows how targets do."""

from collections.abc import Sequence
from datetime import timedelta

from resilience.clock import Clock
from services.monitor.application.ports import HealthReader
from services.monitor.domain.health import TargetHealth

LATELY = timedelta(hours=24)
"""A target without traffic for longer is not shown."""


class ReadHealth:
    """Reads verdicts and figures."""

    def __init__(self, health: HealthReader, clock: Clock) -> None:
        self._health = health
        self._clock = clock

    async def page(self, organization: str, *, after: str, size: int) -> tuple[Sequence[TargetHealth], str]:
        """`size` targets behind target `after`, and behind which the next page begins; empty behind the last."""
        now = self._clock.now()
        found = await self._health.health(organization, now=now, seen_after=now - LATELY, after=after, limit=size + 1)
        shown = found[:size]
        return shown, shown[-1].standing.name.target if len(found) > size else ""
