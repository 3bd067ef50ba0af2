"""The breakers of gateways: which guard takes a target out of traffic, as each gateway told it last.

What a gateway tells is what its own calls met, never an echo of monitor: where a verdict or another gateway opens a
breaker, the transition is shared, and those are not published. What the probes that follow meet is, for it is its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from events.breakers import BreakerChanged, BreakerState
from services.monitor.domain.statistics import TargetName

COUNTS_FOR = timedelta(seconds=60)
"""How long a word counts after the time that it was for: a gateway may die with its breaker open."""


@dataclass(frozen=True)
class GatewayBreaker:
    """What one gateway told last of its breaker of one target."""

    name: TargetName
    gateway: str
    state: BreakerState
    explanation: str
    """One sentence, without its full stop."""
    told: datetime
    """Since when, by the gateway's clock: the order of what it tells."""
    since: datetime
    """Likewise, but not later than it was heard."""
    until: datetime | None
    """When an open one lets the first probe through."""

    @property
    def counts_until(self) -> datetime:
        """When it has said too little for too long."""
        return (self.until or self.since) + COUNTS_FOR


def heard(change: BreakerChanged, now: datetime) -> GatewayBreaker:
    """What `change` says, heard `now`. A gateway whose clock is ahead means now: it would count for too long."""
    since = min(change.since, now)
    return GatewayBreaker(
        TargetName(change.organization, change.target),
        change.gateway,
        change.state,
        change.explanation,
        told=change.since,
        since=since,
        until=since + (change.until - change.since) if change.until else None,
    )
